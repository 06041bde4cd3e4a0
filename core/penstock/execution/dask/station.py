"""One worker: the hosts of all instances that use it, its slots, and what it says of itself.

It knows nothing of Dask: who carries its words is a `Line`. An attempt is started here only after the fence
said that its start is this worker's, and soon after: an answer that was long on its way is not used.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from penstock import process
from penstock.attempts.files import dump_fields, read, write_whole
from penstock.errors import PenstockError, UsageError
from penstock.execution.dask.messages import (
    Asks,
    Call,
    Declined,
    Event,
    Facts,
    Moved,
    Needs,
    Part,
    Quit,
    back,
)
from penstock.execution.host.asks import NobodyAnswersError
from penstock.execution.host.bundles import BadBundleError, Bundles
from penstock.execution.host.calls import answer
from penstock.execution.host.host import WorkerHost
from penstock.execution.remote.protocol import (
    DEFAULT_QUEUE,
    Answer,
    Done,
    Drain,
    Hello,
    Manifest,
    Order,
    Seen,
    Undrain,
)
from penstock.ids import check_id
from penstock.process_memory import memory_of
from penstock.settings import Settings, least_free
from penstock.version import __version__

CLAIM_SECONDS = 5.0
"""Seconds after which the fence's answer is too old to start by it: the engine may have waited for us."""
FETCH_SECONDS = 60.0
"""Seconds that the code of an attempt may take to arrive."""
ASK_SECONDS = 10.0
"""Seconds that a task's question may take."""
LOOK_SECONDS = 1.0
"""Seconds between looks at memory, load and disk."""
WEIGH_SECONDS = 10.0
SWEEP_SECONDS = 3600.0
KEEP_DAYS = 30
"""Days after which what no engine has asked for is deleted here."""
_DRAINING = "draining"
_QUITTING = "is being stopped"
_INSTANCES = "instances"


class Line(Protocol):
    """Carries a worker's words to the scheduler and to the clients of an instance."""

    @property
    def address(self) -> str:
        """Where Dask reaches this worker; empty without a scheduler."""
        ...

    async def claim(self, attempt_id: str, who: str) -> str | None:
        """Claim a start, and return whose it is (None: nobody's); raise OSError if the fence is silent."""
        ...

    def say(self, instance: str, event: Event) -> None:
        """Tell the clients of *instance* something. It may be lost."""
        ...


@dataclass(frozen=True, slots=True)
class Offers:
    """What a worker is: its name, its slots, the queues that it serves, and how much it has of what."""

    name: str
    slots: int
    queues: tuple[str, ...] = (DEFAULT_QUEUE,)
    resources: Mapping[str, float] = field(default_factory=dict)


class Station:
    """The worker with the folder of *settings* as its root; *environment* is its part of what tasks get.

    Call `start` first and `close` last, all from one event loop.
    """

    def __init__(
        self, settings: Settings, offers: Offers, environment: Mapping[str, str], line: Line
    ) -> None:
        self.identity = ""
        self.changed = asyncio.Event()
        """Set when there is something new in `facts`."""
        self._freed = asyncio.Event()
        self._root = settings.home
        self._settings = settings
        self._offers = offers
        self._environment = environment
        self._line = line
        self._bundles = Bundles(self._root / "bundles")
        self._hosts: dict[str, WorkerHost] = {}
        self._opening = asyncio.Lock()
        self._reserved: set[str] = set()
        self._fetching: dict[str, asyncio.Future[None]] = {}
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._numbers = itertools.count(1)
        self._facts = itertools.count(1)
        self._since = time.time()
        self._machine: tuple[int | None, float, str | None] = (None, 0.0, None)
        self._looked_at = -LOOK_SECONDS
        self._weighed: tuple[float, int | None] = (-WEIGH_SECONDS, None)
        self._quitting = False
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The worker's name."""
        return self._offers.name

    async def start(self) -> None:
        """Find out who this is and what runs here. Raises OSError."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.identity = identity_of(self._root)
        folder = self._root / _INSTANCES
        for place in sorted(folder.iterdir()) if folder.is_dir() else ():
            await self._host(place.name)
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    async def close(self) -> None:
        """Close all connections; what runs goes on."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for host in self._hosts.values():
            await host.close()
        self._hosts.clear()

    # --- attempts ---------------------------------------------------------------------------------

    async def run(self, instance: str, order: Order) -> None:
        """Start what is ordered, if it may, and wait for its end. Everything else is for `observe` to say."""
        attempt_id = order.spec.attempt_id
        host = await self._host(instance)
        if attempt_id in host.live:
            await host.ended(attempt_id)
            return
        while (reason := self._closed()) is None and len(self._holds()) >= self._offers.slots:
            self._freed.clear()
            await self._freed.wait()
        if reason is not None:
            self._line.say(instance, Declined(self._offers.name, attempt_id, reason))
            return
        self._reserved.add(attempt_id)
        self.changed.set()
        try:
            await self._start(instance, host, order)
        finally:
            self._reserved.discard(attempt_id)
            self._say_changed()
        await host.ended(attempt_id)

    async def _start(self, instance: str, host: WorkerHost, order: Order) -> None:
        attempt_id = order.spec.attempt_id
        refusal = None
        try:
            if order.bundle is not None:
                await self._fetch(instance, order.bundle)
        except BadBundleError as error:
            refusal = str(error)
        except TimeoutError:
            late = f"its code did not arrive within {FETCH_SECONDS:g} s"
            self._line.say(instance, Declined(self._offers.name, attempt_id, late))
            return
        asked = process.steady()
        # Each claim has a name of its own: a second one for the same attempt is refused, also here.
        who = f"{self.identity}/{os.urandom(4).hex()}"
        try:
            winner = await self._line.claim(attempt_id, who)
        except OSError:
            return
        if winner != who:
            return
        try:
            if process.steady() - asked > CLAIM_SECONDS:
                host.revoke(attempt_id)
                host.tell([attempt_id])
            elif refusal is not None:
                host.refuse(attempt_id, refusal)
            else:
                host.submit(order)
        except (OSError, PenstockError) as error:
            with suppress(OSError):
                host.refuse(attempt_id, f"worker {self._offers.name} cannot start it: {error}")

    async def _fetch(self, instance: str, digest: str) -> None:
        """Have the bundle *digest* here. Raises `BadBundleError`, or TimeoutError when it does not come."""
        if self._bundles.place(digest) is not None:
            return
        arriving = self._fetching.get(digest)
        if arriving is None:
            arriving = self._fetching[digest] = asyncio.get_running_loop().create_future()
            arriving.add_done_callback(lambda _: self._fetching.pop(digest, None))
            self._line.say(instance, Needs(self._offers.name, digest))
        try:
            await asyncio.wait_for(asyncio.shield(arriving), FETCH_SECONDS)
        except TimeoutError:
            if not arriving.done():
                arriving.cancel()
            raise

    def _take(self, part: Part) -> None:
        arriving = self._fetching.get(part.hash)
        try:
            if part.missing:
                raise BadBundleError(f"the engine does not have the code {part.hash[:12]} any more")
            self._bundles.add(part.hash, part.offset, part.data)
            if not part.last:
                return
            self._bundles.finish(part.hash)
        except (BadBundleError, OSError) as error:
            found = error if isinstance(error, BadBundleError) else BadBundleError(f"its code: {error}")
            if arriving is not None and not arriving.done():
                arriving.set_exception(found)
            raise found from None
        if arriving is not None and not arriving.done():
            arriving.set_result(None)

    # --- calls ------------------------------------------------------------------------------------

    async def handle(self, call: Call) -> bytes:
        """Return the answer to a call, as it travels; an error goes along in words."""
        try:
            match call.request:
                case Drain() | Undrain():
                    self._drain(isinstance(call.request, Drain))
                case Answer(ask=number, line=line):
                    future = self._asked.get(number)
                    if future is not None and not future.done():
                        future.set_result(line)
                case Part():
                    self._take(call.request)
                case Quit(reason=reason):
                    self._stop_all(reason)
                case request:
                    return back(await answer(await self._host(call.instance, request), request))
            return back(Done())
        except (PenstockError, OSError) as error:
            return back(None, str(error))

    async def _host(self, instance: str, request: Any = None) -> WorkerHost:
        found = self._hosts.get(instance)
        if found is not None:
            return found
        async with self._opening:
            if instance not in self._hosts:
                host = self._made(instance)
                await host.start()
                self._hosts[instance] = host
        if isinstance(request, Hello):
            self.changed.set()
        return self._hosts[instance]

    def _made(self, instance: str) -> WorkerHost:
        if len(check_id(instance, "instance")) > 64:
            raise UsageError("the name of an instance has at most 64 characters")
        settings = replace(self._settings, home=self._root / _INSTANCES / instance)

        async def forward(attempt: str | None, line: str) -> str:
            return await self._ask(instance, attempt, line)

        def moved(seen: dict[str, Seen], left: dict[str, Manifest]) -> None:
            self._say_changed()
            self._line.say(instance, Moved(self.facts(), seen, left))

        return WorkerHost(
            settings,
            self._offers.name,
            bundles=self._bundles,
            environment=self._environment,
            forward=forward,
            moved=moved,
        )

    async def _ask(self, instance: str, attempt: str | None, line: str) -> str:
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            self._line.say(instance, Asks(self._offers.name, number, attempt, line))
            return await asyncio.wait_for(future, ASK_SECONDS)
        except TimeoutError:
            raise NobodyAnswersError from None
        finally:
            del self._asked[number]

    # --- itself -----------------------------------------------------------------------------------

    def facts(self) -> Facts:
        """Return what it is now."""
        since = _draining_since(self._root)
        self._look_around()
        taken: dict[str, float] = {}
        for host in self._hosts.values():
            for name, amount in host.needs.items():
                taken[name] = taken.get(name, 0.0) + amount
        return Facts(
            name=self._offers.name,
            identity=self.identity,
            host=os.uname().nodename,
            address=self._line.address,
            slots=self._offers.slots,
            holds=tuple(sorted(self._holds())),
            draining=since is not None,
            draining_since=since,
            queues=self._offers.queues,
            resources=dict(self._offers.resources),
            taken=taken,
            version=__version__,
            pid=os.getpid(),
            rss=self._machine[0],
            load=self._machine[1],
            since=self._since,
            note=_QUITTING if self._quitting else self._machine[2],
            number=next(self._facts),
        )

    def _say_changed(self) -> None:
        """Report soon, and let those look again that wait for a slot."""
        self.changed.set()
        self._freed.set()

    def _look_around(self) -> None:
        """Measure memory, load and disk, once a second: facts are told at each start and end."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._machine = (self._memory(now), os.getloadavg()[0], self._full_disk())

    def _memory(self, now: float) -> int | None:
        """Return the memory of this process. To measure it takes milliseconds, so it is done seldom."""
        if now - self._weighed[0] >= WEIGH_SECONDS:
            self._weighed = (now, memory_of(os.getpid()).rss)
        return self._weighed[1]

    def _holds(self) -> set[str]:
        return self._reserved.union(*(host.live for host in self._hosts.values()))

    def _closed(self) -> str | None:
        if self._quitting:
            return _QUITTING
        return "is draining" if _draining_since(self._root) is not None else self._full_disk()

    def _full_disk(self) -> str | None:
        usage = shutil.disk_usage(self._root)
        if usage.free >= least_free(usage.total):
            return None
        return (
            f"has {usage.free >> 20} MiB left on its disk, and takes nothing new below "
            f"{least_free(usage.total) >> 20} MiB"
        )

    def _drain(self, begin: bool) -> None:
        path = self._root / _DRAINING
        if not begin:
            path.unlink(missing_ok=True)
        elif not path.exists():
            write_whole(self._root, _DRAINING, dump_fields({"since": time.time()}))
        self._say_changed()

    def _stop_all(self, reason: str) -> None:
        self._quitting = True  # else the places that get free would be taken at once
        self._say_changed()
        for host in self._hosts.values():
            for attempt_id in sorted(host.live):
                host.stop(attempt_id, "kill", reason)

    async def _sweep(self) -> None:
        while True:
            before = time.time() - KEEP_DAYS * 86400
            for host in self._hosts.values():
                host.sweep(before)
            used: set[str] = set().union(*(host.bundles_in_use() for host in self._hosts.values()))
            self._bundles.forget(used, before=before)
            await asyncio.sleep(SWEEP_SECONDS)


def identity_of(root: Path) -> str:
    """Return what tells this root from any other, for good; it is made at the first call."""
    path = root / "identity"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        write_whole(root, path.name, os.urandom(8).hex().encode())
        return path.read_text().strip()


def _draining_since(root: Path) -> float | None:
    try:
        since = read(f"{root}/{_DRAINING}").get("since")
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return 0.0
    return float(since) if isinstance(since, int | float) else 0.0

"""One worker: the hosts of all instances that use it, its slots, and what it says of itself.

It knows nothing of Dask: who carries its words is a `Line`. An attempt is started here only after the fence
said that its start is this worker's (`penstock.execution.dask.starts`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import msgspec

from penstock.attempts.files import dump_fields, read, write_whole
from penstock.errors import PenstockError, UsageError
from penstock.execution.dask.burst import Burst
from penstock.execution.dask.machine import Machine
from penstock.execution.dask.messages import (
    Asks,
    Call,
    Declined,
    Event,
    Facts,
    Moved,
    Needs,
    NotOurs,
    Part,
    Quit,
    Take,
    Took,
    back,
)
from penstock.execution.dask.starts import Given, Room, Starts
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
    Observe,
    Observed,
    Revoke,
    Seen,
    Stop,
    Undrain,
)
from penstock.ids import check_id
from penstock.settings import Settings
from penstock.version import __version__

FETCH_SECONDS = 60.0
"""Seconds that the code of an attempt may take to arrive."""
ASK_SECONDS = 10.0
"""Seconds that a task's question may take."""
NEWS_SECONDS = 0.01
"""Seconds between two messages at least about what moved: what moves meanwhile goes along."""
SWEEP_SECONDS = 3600.0
KEEP_DAYS = 30
"""Days after which what no engine has asked for is deleted here."""
_DRAINING = "draining"
_QUITTING = "is being stopped"
_INSTANCES = "instances"
WAITS = Seen(kind="accepted")
"""What an attempt is that was given to this worker and has not begun: any other may still start it."""


class Line(Protocol):
    """Carries a worker's words to the scheduler and to the clients of an instance."""

    @property
    def address(self) -> str:
        """Where Dask reaches this worker; empty without a scheduler."""
        ...

    async def claim(self, starts: dict[str, str]) -> Mapping[str, str | None]:
        """Claim starts, each under a name; return whose they are. Raise OSError if the fence is silent."""
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
        self._root = settings.home
        self._settings = settings
        self._offers = offers
        self._environment = environment
        self._line = line
        self._bundles = Bundles(self._root / "bundles")
        self._hosts: dict[str, WorkerHost] = {}
        self._opening = asyncio.Lock()
        self._starts = Starts(self._room, line.claim, self._fetch, self._begin, self._decline, self._not_ours)
        self._news: dict[str, tuple[dict[str, Seen], dict[str, Manifest]]] = {}
        self._telling = Burst(NEWS_SECONDS, self._tell)
        self._fetching: dict[str, asyncio.Future[None]] = {}
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._numbers = itertools.count(1)
        self._facts = itertools.count(1)
        self._since = time.time()
        self._machine = Machine(self._root)
        self._quitting = False
        self._working: list[asyncio.Task[None]] = []

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
        loop = asyncio.get_running_loop()
        self._working = [loop.create_task(self._sweep()), loop.create_task(self._starts.run())]

    async def close(self) -> None:
        """Close all connections; what runs goes on."""
        for task in self._working:
            task.cancel()
        for host in self._hosts.values():
            await host.close()
        self._hosts.clear()

    # --- attempts ---------------------------------------------------------------------------------

    async def _take_in(self, instance: str, request: Take) -> Took:
        """Take orders in; they start when there is room. What becomes of them, `observe` says."""
        reason = self._closed()
        if reason is not None:
            return Took(declined={order.spec.attempt_id: reason for order in request.orders})
        host = await self._host(instance)
        for order in request.orders:
            if order.spec.attempt_id not in host.live:
                # Each claim has a name of its own: another one for the same attempt is refused, also here.
                who = f"{self.identity}/{os.urandom(4).hex()}"
                fetching = order.bundle is not None and self._bundles.place(order.bundle) is None
                self._starts.take(Given(instance, order, who, fetching=fetching))
        return Took()

    def _begin(self, given: Given) -> None:
        """Start an attempt whose start is this worker's."""
        host, attempt_id = self._hosts[given.instance], given.order.spec.attempt_id
        try:
            if given.refusal is not None:
                host.refuse(attempt_id, given.refusal)
            else:
                host.submit(given.order)
        except (OSError, PenstockError) as error:
            with suppress(OSError):
                host.refuse(attempt_id, f"worker {self.name} cannot start it: {error}")
        self._say_changed()

    def _decline(self, given: Given, reason: str) -> None:
        self._line.say(given.instance, Declined(self.name, given.order.spec.attempt_id, reason))

    def _not_ours(self, instance: str, ids: list[str]) -> None:
        self._line.say(instance, NotOurs(self.name, ids))

    async def _fetch(self, instance: str, digest: str) -> None:
        """Have the bundle *digest* here. Raises `BadBundleError`, or TimeoutError when it does not come."""
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
            raise TimeoutError(f"its code did not arrive within {FETCH_SECONDS:g} s") from None

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
                case Take() as request:
                    return back(await self._take_in(call.instance, request))
                case request:
                    return back(await self._of_host(await self._host(call.instance, request), request))
            return back(Done())
        except (PenstockError, OSError) as error:
            return back(None, str(error))

    async def _of_host(self, host: WorkerHost, request: Any) -> msgspec.Struct:
        """Return a host's answer, with what is known here of attempts that have not begun."""
        starts = self._starts
        match request:
            case Revoke(attempt=attempt_id):
                starts.drop(attempt_id)
            case Stop(attempt=attempt_id) if starts.has(attempt_id):
                starts.drop(attempt_id)
                host.revoke(attempt_id)
                host.tell([attempt_id])
                return Done()
        found = await answer(host, request)
        starts.look()  # the host may have noticed an end by it
        if isinstance(request, Observe) and isinstance(found, Observed):
            waiting = [
                each for each, seen in found.seen.items() if seen.kind == "absent" and starts.has(each)
            ]
            return Observed(seen={**found.seen, **dict.fromkeys(waiting, WAITS)})
        return found

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
            known, whole = self._news.setdefault(instance, ({}, {}))
            known.update(seen)
            whole.update(left)
            self._telling.ask()
            self._say_changed()

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

    def _tell(self) -> None:
        """Say what moved, and what this worker is by now."""
        news, self._news = self._news, {}
        for instance, (seen, left) in news.items():
            self._line.say(instance, Moved(self.facts(), seen, left))

    # --- itself -----------------------------------------------------------------------------------

    def facts(self) -> Facts:
        """Return what it is now."""
        since = _draining_since(self._root)
        machine = self._machine.look()
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
            taken=self._taken(),
            version=__version__,
            pid=os.getpid(),
            rss=machine.rss,
            load=machine.load,
            since=self._since,
            note=_QUITTING if self._quitting else machine.full,
            number=next(self._facts),
        )

    def _say_changed(self) -> None:
        """Report soon, and let those look again that wait for a slot."""
        self.changed.set()
        self._starts.look()

    def _holds(self) -> set[str]:
        return set(self._starts.reserved).union(*(host.live for host in self._hosts.values()))

    def _taken(self) -> dict[str, float]:
        """Return how much of each resource is taken."""
        taken: dict[str, float] = {}
        for needs in (*self._starts.reserved.values(), *(host.needs for host in self._hosts.values())):
            for name, amount in needs.items():
                taken[name] = taken.get(name, 0.0) + amount
        return taken

    def _room(self) -> Room:
        taken = self._taken()
        left = {name: total - taken.get(name, 0.0) for name, total in self._offers.resources.items()}
        return Room(self._offers.slots - len(self._holds()), left, self._closed())

    def _closed(self) -> str | None:
        if self._quitting:
            return _QUITTING
        return "is draining" if _draining_since(self._root) is not None else self._machine.look().full

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

"""What one machine does for one engine elsewhere: runs its attempts and says how they are.

The truth is the attempt directory with its supervisor, on this machine's own disk. So this may be killed and
started again at any time: what runs is found. It knows neither the network nor who calls it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from penstock.attempts import files
from penstock.attempts.files import attempt_folder
from penstock.errors import RefusedError
from penstock.execution.executor import Accepted, Claimed, Observation, StopMode, Unreachable
from penstock.execution.host import remains
from penstock.execution.host.asks import Asks, Forward
from penstock.execution.host.bundles import Bundles
from penstock.execution.host.seen import seen_of
from penstock.execution.local import directory
from penstock.execution.local.environment import environment_message
from penstock.execution.local.executor import LocalExecutor
from penstock.execution.remote.orders import Places, filled
from penstock.execution.remote.protocol import PIECE, Hello, Manifest, Order, Piece, Seen, Use
from penstock.ids import check_attempt_id
from penstock.settings import Settings

LOOK_SECONDS = 5.0
"""Seconds between looks at all that runs: hints may be lost."""
_LIVE = (Accepted, Claimed, Unreachable)
_OFTEN, _SELDOM = 0.5, 15.0
"""Bounds, in seconds, of how often a lease is renewed."""
_PARTS = 20
"""A lease is renewed about so often in its time."""


class WorkerHost:
    """The attempts of one engine, below the home of *settings*, on the worker called *name*.

    *bundles* holds the code, *environment* is the worker's own part of what tasks get. *forward* carries a
    task's question to the engine; *moved* is called with what attempts are now that may have changed, and
    with what those left that have ended, if it is little. Call `start` first and `close` last, all from one
    event loop.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        *,
        bundles: Bundles,
        environment: Mapping[str, str],
        forward: Forward,
        moved: Callable[[dict[str, Seen], dict[str, Manifest]], None],
    ) -> None:
        self.live: set[str] = set()
        """The attempts that have not ended, as far as is known."""
        self._settings = settings
        self._name = name
        self._bundles = bundles
        self._environment = {**environment, "PENSTOCK_HOME": str(settings.home)}
        self._moved = moved
        self._executor = LocalExecutor(settings)
        self._asks = Asks(settings.socket, forward)
        self._needs: dict[str, dict[str, float]] = {}
        self._leases: dict[str, float] = {}
        self._renewed: dict[str, float] = {}
        self._resolved: dict[str, dict[str, str]] = {}
        self._resumed: dict[str, str | None] = {}
        """The attempt that each goes on from, of those that were started since this began."""
        self._places = Places(
            python=sys.executable,
            root=str(settings.attempts),
            home=str(settings.home),
            socket=str(settings.socket),
            dags=None,
        )
        self._given: Hello | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen for supervisors and tasks, and find what runs here already. Raises OSError."""
        for folder in (self._settings.home, self._settings.attempts, self._settings.run_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._executor.start(self.tell)
        self._places = replace(self._places, socket=str(self._settings.socket))  # it may be settled only now
        await self._asks.start()
        for each in list(self._executor.kept()):
            seen = self._executor.observe([each])[each]
            if isinstance(seen, Accepted):  # written by one that died before a supervisor heard of it
                seen = self._executor.revoke(each)
            if isinstance(seen, _LIVE):
                self._adopt(each)
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def close(self) -> None:
        """Close all connections. What runs goes on, as long as its lease lasts."""
        if self._watching is not None:
            self._watching.cancel()
        self._asks.close()
        await self._executor.close()

    def entrust(self, hello: Hello) -> None:
        """Take the environment that the engine gives its tasks; kept in memory only."""
        self._given = hello
        self._tell_environment()

    @property
    def needs(self) -> dict[str, float]:
        """How much of each resource the attempts take that run here."""
        total: dict[str, float] = {}
        for needs in self._needs.values():
            for name, amount in needs.items():
                total[name] = total.get(name, 0.0) + amount
        return total

    # --- what the engine orders ------------------------------------------------------------------

    def submit(self, order: Order) -> None:
        """Launch what is ordered. An id is never executed twice here, however often it is submitted.

        Its start must be this machine's alone, and its bundle here. Raises OSError when the disk is full,
        `RefusedError` if the bundle is not here.
        """
        attempt_id = check_attempt_id(order.spec.attempt_id)
        dags = None if order.bundle is None else self._bundles.place(order.bundle)
        if order.bundle is not None and dags is None:
            raise RefusedError(f"bundle {order.bundle[:12]} is not on this worker")
        places = self._places if dags is None else replace(self._places, dags=str(dags))
        spec = filled(order.spec, places, self._environment)
        lease = order.lease if order.on_partition == "kill" else None
        env = {**spec.env, "PENSTOCK_HOME": places.home} if spec.passed else spec.env
        self._resumed[attempt_id] = None if order.resumes is None else order.resumes.attempt
        if order.resumes is not None:
            self._lay_down(order.resumes.attempt, order.resumes.files)
        if order.secrets:
            self._resolved[attempt_id] = dict(order.secrets)
            self._tell_environment()
        self._adopt(attempt_id, order.resources, lease)
        self._executor.submit([replace(spec, lease=lease, env=env)])

    def refuse(self, attempt_id: str, reason: str) -> None:
        """Record that an attempt cannot be carried out (exit code 126), so that it is never started."""
        directory.refuse(self._settings.attempts, check_attempt_id(attempt_id), reason)
        self.tell([attempt_id])

    def observe(self, ids: Collection[str]) -> dict[str, Seen]:
        """Return what each is here, and renew their leases."""
        found = self._look(ids)
        self._renew([each for each, seen in found.items() if isinstance(seen, _LIVE)])
        return {each: seen_of(seen, self._name) for each, seen in found.items()}

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Order a stop; one that no supervisor has yet never starts."""
        self._executor.stop(attempt_id, mode, reason)

    def revoke(self, attempt_id: str) -> Seen:
        """Make sure that it never starts here, and return what it is: ``revoked``, or what came first."""
        folder = Path(attempt_folder(self._settings.attempts, check_attempt_id(attempt_id)))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # so that a late start finds it taken back
        seen = self._executor.revoke(attempt_id)
        self._settle({attempt_id: seen})
        return seen_of(seen, self._name)

    def abandon(self, attempt_id: str) -> Seen:
        """Kill what is left of an attempt whose directory is gone."""
        return seen_of(self._executor.abandon(attempt_id), self._name)

    async def sample(self, ids: Sequence[str]) -> dict[str, Use]:
        """Return what each of *ids* uses now; those that do not run are left out."""
        return {each: Use(**asdict(use)) for each, use in (await self._executor.sample(ids)).items()}

    def log(self, attempt_id: str, offset: int, limit: int) -> Piece:
        """Return at most *limit* bytes of a log from *offset*; a negative one counts from its end."""
        piece = self._executor.read_log(attempt_id, offset, min(limit, PIECE))
        return Piece(data=piece.data, offset=piece.offset, size=piece.size, written_us=piece.written_us)

    async def pull(self, attempt_id: str) -> Manifest:
        """Return what it left, once it has ended or is lost; raise `RefusedError` before."""
        seen = self._look([attempt_id])[attempt_id]
        if isinstance(seen, _LIVE):
            raise RefusedError(f"attempt {attempt_id} has not ended")
        return await asyncio.to_thread(remains.manifest, self._folder(attempt_id))

    def read(self, attempt_id: str, name: str, offset: int, limit: int) -> Piece:
        """Return a part of a file of what `pull` named. Raises OSError or `UsageError`."""
        return remains.read(self._folder(attempt_id), name, offset, limit)

    def forget(self, ids: Iterable[str]) -> None:
        """Delete what is kept of attempts that have ended; those that run are left alone."""
        for each in ids:
            if each in self.live and isinstance(self._look([each])[each], _LIVE):
                continue
            if each in self._resumed:
                resumed = self._resumed.pop(each)
            else:  # a worker before this one started it
                resumed = remains.resumed_by(self._folder(each))
            self._executor.forget(each)
            if resumed is not None:
                self._executor.forget(resumed)

    def sweep(self, before: float) -> None:
        """Delete what nobody has asked for since *before* (seconds since 1970): its engine is gone."""
        self.forget([each for each in self._executor.kept(untouched_since=before) if each not in self.live])

    def bundles_in_use(self) -> set[str]:
        """Return the names of the bundles that live attempts run from."""
        places = (remains.code_of(self._folder(each)) for each in self.live)
        return {os.path.basename(place) for place in places if place}  # noqa: PTH119

    # --- what happens here -----------------------------------------------------------------------

    def _adopt(
        self, attempt_id: str, needs: Mapping[str, float] | None = None, lease: float | None = None
    ) -> None:
        self.live.add(attempt_id)
        if needs:
            self._needs[attempt_id] = dict(needs)
        if lease is not None:
            self._leases[attempt_id] = lease

    def tell(self, ids: Collection[str]) -> None:
        """Say what each of *ids* is now, as if it had just changed."""
        seen = {each: seen_of(what, self._name) for each, what in self._look(ids).items()}
        ended = [each for each, what in seen.items() if what.kind in ("exited", "lost") and not what.revoked]
        left = {each: remains.little(self._folder(each)) for each in ended}
        self._moved(seen, {each: found for each, found in left.items() if found is not None})

    def _look(self, ids: Collection[str]) -> dict[str, Observation]:
        found = self._executor.observe(list(ids))
        self._settle(found)
        return found

    def _settle(self, found: Mapping[str, Observation]) -> None:
        """Free the places of those that have ended."""
        for each, seen in found.items():
            if isinstance(seen, _LIVE) or each not in self.live:
                continue
            self.live.discard(each)
            for kept in (self._needs, self._leases, self._renewed):
                kept.pop(each, None)
            if self._resolved.pop(each, None):
                self._tell_environment()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(OSError):
                await self._executor.mend()
                before = set(self.live)
                self._look(before)
                if ended := before - self.live:
                    self.tell(sorted(ended))

    def _renew(self, ids: Sequence[str]) -> None:
        now = time.monotonic()
        due = [each for each in ids if now >= self._renewed.get(each, -1.0) + self._every(each)]
        if due:
            self._executor.renew(due)
            self._renewed.update((each, now) for each in due if each in self.live)

    def _every(self, attempt_id: str) -> float:
        lease = self._leases.get(attempt_id)
        return _OFTEN if lease is None else min(max(lease / _PARTS, _OFTEN), _SELDOM)

    def _lay_down(self, attempt_id: str, texts: Mapping[str, str]) -> None:
        """Write the files of the attempt that another one goes on from."""
        folder = self._folder(check_attempt_id(attempt_id))
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        for name, text in texts.items():
            if name not in (*remains.TRAVELS, files.FIRED):
                raise RefusedError(f"{name!r} is not a file that an attempt goes on from")
            files.write_whole(folder, name, text.encode())

    def _tell_environment(self) -> None:
        message = environment_message(self._settings, os.environ)
        if self._given is not None:
            given = self._given
            message["environ"] |= given.environment
            message["passed"] = [*message["passed"], *given.environment]
            message["shown"] = [*message["shown"], *given.shown]
            message["hidden"] = [*message["hidden"], *given.hidden]
        message["resolved"] = {
            name: value for some in self._resolved.values() for name, value in some.items()
        }
        self._executor.entrust(message)

    def _folder(self, attempt_id: str) -> str:
        return self._executor.folder(attempt_id)

"""Several named executors as one: the one of this machine, and those on other hosts that the home has.

Whose an attempt is, its directory in the home says; what this engine submitted it remembers while it lives.
With no other executor, everything goes straight to the local one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from penstock.attempts.log_extent import Extent
from penstock.attempts.protocol import AttemptSpec
from penstock.errors import UnknownError
from penstock.execution.executor import (
    OPEN,
    Absent,
    Exited,
    Hint,
    LogPiece,
    Lost,
    Observation,
    Room,
    StopMode,
    Unreachable,
    Usage,
    Worker,
)
from penstock.execution.local import directory
from penstock.execution.local.archive import LocalArchive
from penstock.execution.local.executor import LocalExecutor
from penstock.execution.remote.config import RemoteConfig, configured, remote_config
from penstock.executor_settings import CLUSTER, LOCAL, absent
from penstock.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:  # an engine without other executors does not pay for them
    from penstock.execution.remote.executor import RemoteExecutor

    Make = Callable[[Settings, RemoteConfig], RemoteExecutor]


class Executors(LocalArchive):
    """Implements `Executor` over the named ones. *make* makes one on other hosts."""

    def __init__(self, settings: Settings, make: Make | None = None) -> None:
        super().__init__(settings.attempts)
        self._settings = settings
        self._make = make or _remote
        self._local = LocalExecutor(settings)
        self._far: dict[str, RemoteExecutor] = {}
        self._owner: dict[str, str] = {}
        """The executor of each attempt of others that this engine has seen alive."""
        self._near: set[str] = set()
        """Attempts of this machine that were looked up, or submitted, and have not ended."""
        self._hint: Hint | None = None
        self._had_cluster = (settings.home / CLUSTER).is_dir()
        """Whether a cluster was ever started in this home."""

    async def start(self, hint: Hint) -> None:
        """Start all executors."""
        self._hint = hint
        await self._local.start(hint)
        await self._start_new()

    async def close(self) -> None:
        """Close all connections. Never stops an attempt."""
        self._hint = None
        await asyncio.gather(self._local.close(), *(each.close() for each in self._far.values()))

    async def mend(self) -> bool:
        """Repair what is local; start an executor that the home has by now, and end one that has gone."""
        await self._start_new()
        wanted = configured(self._settings)
        for name in [name for name, each in self._far.items() if name not in wanted and not each.busy]:
            await self._far.pop(name).close()
        return await self._local.mend()

    async def _start_new(self) -> None:
        if self._hint is None:
            return
        for name in configured(self._settings):
            if name not in self._far:
                config = remote_config(self._settings, name)
                if config is not None:
                    self._far[name] = self._make(self._settings, config)
                    await self._far[name].start(self._hint)

    # --- who it is --------------------------------------------------------------------------------

    def _of(self, attempt_id: str) -> LocalExecutor | RemoteExecutor | _Gone:
        """Return the executor of an attempt."""
        if not self._may_be_far:
            return self._local
        name = self._owner.get(attempt_id)
        if name is None and attempt_id not in self._near:
            name = self._owner_on_disk(attempt_id)
            if name is None:
                self._near.add(attempt_id)
            else:
                self._owner[attempt_id] = name
        if name is None:
            return self._local
        return self._far.get(name) or _Gone(self._settings, name)

    @property
    def _may_be_far(self) -> bool:
        """Whether there may be attempts elsewhere: else no directory is looked into."""
        return bool(self._far or self._owner or self._settings.executors) or self._had_cluster

    def _owner_on_disk(self, attempt_id: str) -> str | None:
        from penstock.execution.remote.copies import place_of

        place = place_of(self.folder(attempt_id))
        return None if place is None else place[0]

    def _let_go(self, attempt_id: str) -> None:
        self._owner.pop(attempt_id, None)
        self._near.discard(attempt_id)

    # --- what the engine says -----------------------------------------------------------------------

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Give each launch to its executor. See `Executor.submit`."""
        near = [spec for spec in specs if not spec.placement]
        if self._may_be_far:
            self._near.update(spec.attempt_id for spec in near)
        self._local.submit(near)
        for spec in specs:
            if not spec.placement:
                continue
            name = str(spec.placement.get("executor"))
            found = self._far.get(name)
            if found is None:
                directory.refuse(self._root, spec.attempt_id, absent(name))
                if self._hint is not None:
                    asyncio.get_running_loop().call_soon(self._hint, [spec.attempt_id])
            else:
                self._owner[spec.attempt_id] = name
                found.submit([spec])

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Return the facts about each attempt, by its executor."""
        if not self._may_be_far:
            return self._local.observe(ids)
        by: dict[LocalExecutor | RemoteExecutor | _Gone, list[str]] = {}
        for each in ids:
            by.setdefault(self._of(each), []).append(each)
        found: dict[str, Observation] = {}
        for executor, some in by.items():
            found |= executor.observe(some)
        for each, seen in found.items():
            if isinstance(seen, Exited | Lost | Absent):
                self._let_go(each)
        return found

    async def sample(self, ids: Sequence[str]) -> dict[str, Usage]:
        """Ask all executors at the same time."""
        if not self._far:
            return await self._local.sample(ids)
        parts = await asyncio.gather(
            self._local.sample([each for each in ids if each not in self._owner]),
            *(
                far.sample([each for each in ids if self._owner.get(each) == name])
                for name, far in self._far.items()
            ),
        )
        return {each: usage for part in parts for each, usage in part.items()}

    def revoke(self, attempt_id: str) -> Observation:
        """Take a launch back. See `Executor.revoke`."""
        return self._of(attempt_id).revoke(attempt_id)

    def abandon(self, attempt_id: str) -> Observation:
        """End what is left of an attempt. See `Executor.abandon`."""
        return self._of(attempt_id).abandon(attempt_id)

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Order a stop. See `Executor.stop`."""
        self._of(attempt_id).stop(attempt_id, mode, reason)

    def forget(self, attempt_id: str) -> None:
        """Delete everything kept of an attempt."""
        self._of(attempt_id).forget(attempt_id)
        self._let_go(attempt_id)

    def run_triggers(self, attempt_id: str, wanted: Sequence[str]) -> None:
        """Tell the triggerer, which runs on this machine."""
        self._local.run_triggers(attempt_id, wanted)

    def fired(self, ids: Sequence[str]) -> list[str]:
        """Return whose trigger has fired: all of them wait on this machine."""
        return self._local.fired(ids)

    async def drain(self, worker: str, *, back: bool = False) -> None:
        """Drain the worker of that name, of whichever executor. See `Executor.drain`."""
        await self._start_new()
        for far in self._far.values():
            if any(row.name == worker for row in far.workers()):
                await far.drain(worker, back=back)
                return
        names = [row.name for far in self._far.values() for row in far.workers() if row.name]
        known = f"; there are {', '.join(names)}" if names else "; there is none"
        raise UnknownError(f"worker {worker!r} does not exist{known}")

    # --- what is asked about it -----------------------------------------------------------------------

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogPiece:
        """Return a part of a log; one that grows elsewhere is fetched from then on."""
        self._look(attempt_id)
        return super().read_log(attempt_id, offset, limit)

    def log_extent(self, attempt_id: str, *, grows: bool, most: int, since: int = 0) -> Extent:
        """Return how far a log goes; one that grows elsewhere is fetched from then on."""
        if grows:
            self._look(attempt_id)
        return super().log_extent(attempt_id, grows=grows, most=most, since=since)

    def _look(self, attempt_id: str) -> None:
        name = self._owner.get(attempt_id)
        far = self._far.get(name) if name is not None else None
        if far is not None:
            far.looked_at(attempt_id)

    async def freshen(self, attempt_id: str) -> None:
        """Bring the copy of a log up to date. See `Executor.freshen`."""
        name = self._owner.get(attempt_id)
        far = self._far.get(name) if name is not None else None
        if far is not None:
            await far.freshen(attempt_id)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems of all executors, for operators."""
        return (*self._local.warnings, *(text for far in self._far.values() for text in far.warnings))

    def workers(self) -> tuple[Worker, ...]:
        """Return the supervisors of this machine, and the workers of the others."""
        return (*self._local.workers(), *(row for far in self._far.values() for row in far.workers()))

    def room(self, executor: str, queue: str | None, resources: Mapping[str, float]) -> Room:
        """Return whether an executor takes launches. See `Executor.room`."""
        if executor == LOCAL:
            return OPEN
        far = self._far.get(executor)
        return far.room(executor, queue, resources) if far is not None else Room(absent(executor))


class _Gone:
    """Stands for an executor that is not set up any more: it may come back, so nothing is decided."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._archive = LocalExecutor(settings)
        self._name = name

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Return the ends that are known here; of all others nothing is known."""
        gone = Unreachable(time.time(), f"executor {self._name}, which is not set up here")
        found = self._archive.observe(ids)
        return {
            each: seen if isinstance(seen, Exited | Lost | Absent) else gone for each, seen in found.items()
        }

    def revoke(self, attempt_id: str) -> Observation:
        """Return what is known."""
        return self.observe([attempt_id])[attempt_id]

    def abandon(self, attempt_id: str) -> Observation:
        """Return that nobody can be asked."""
        return Unreachable(time.time(), f"executor {self._name} ({attempt_id})")

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Nobody can be told."""

    def forget(self, attempt_id: str) -> None:
        """Remove what is here."""
        self._archive.forget(attempt_id)


def _remote(settings: Settings, config: RemoteConfig) -> RemoteExecutor:
    from penstock.execution.remote.executor import RemoteExecutor

    return RemoteExecutor(settings, config)

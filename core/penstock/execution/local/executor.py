"""The executor of one machine: attempt directories, and supervisors that outlive the engine."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from penstock import process
from penstock.attempts import files, log_tail
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.errors import UnknownError
from penstock.execution.executor import (
    OPEN,
    Absent,
    Accepted,
    Claimed,
    Hint,
    Lost,
    Observation,
    Room,
    StopMode,
    Unreachable,
    Usage,
    Worker,
)
from penstock.execution.local import directory, leftovers, observe
from penstock.execution.local.archive import LocalArchive
from penstock.execution.local.directory import Facts, Stage
from penstock.execution.local.sampler import Sampler
from penstock.execution.local.supervisors import Supervisors
from penstock.failpoint import reach
from penstock.ids import check_attempt_id
from penstock.settings import Settings

_encode = msgspec.json.Encoder().encode
_GONE = "its directory was removed or emptied while it ran"


class LocalExecutor(LocalArchive):
    """Implements `Executor` with processes of this machine.

    Call `start` first, `close` last; in between, make every call from the loop that called `start`.
    What only reads or writes files (`observe`, `revoke`, logs) works without `start` too. A launch
    takes about a millisecond in a supervisor, and a quarter of that here.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.attempts)
        self._settings = settings
        self._supervisors: Supervisors | None = None
        self._swept: set[str] = set()
        self._pids: dict[str, int] = {}
        """The first process of each attempt that was claimed when it was last observed."""
        self._sampler = Sampler()
        self._opened: tuple[int, int] | None = None
        """The identity of the root of the directories at the start."""

    async def start(self, hint: Hint) -> None:
        """Listen for supervisors and keep one warm. Raises OSError if the socket cannot be created."""
        prepare_root(self._root)
        self._opened = leftovers.identity_of(self._root)
        self._supervisors = Supervisors(self._settings, hint)
        await self._supervisors.start()

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Write the directories, then request the launches. See `Executor.submit`."""
        ready: list[str] = []
        refused: list[str] = []
        try:
            for spec in specs:
                body = _encoded(spec)
                check_attempt_id(spec.attempt_id)
                if len(body) > files.MAX_RECORD_BYTES:
                    refused.append(spec.attempt_id)
                    reason = f"arguments, environment and context make {len(body)} bytes: too large"
                    directory.refuse(self._root, spec.attempt_id, reason)
                else:
                    directory.create(self._root, spec.attempt_id, body)
                    ready.append(spec.attempt_id)
        finally:
            if self._supervisors is not None:
                if ready:
                    self._supervisors.launch(ready)
                    reach("after_spawn_request")
                if refused:
                    self._supervisors.hint_soon(refused)

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Read the facts from the directories. Processes of a lost attempt are killed before this returns.

        An attempt with a process that cannot be killed is not lost yet. If its supervisor is alive, but has
        the lock of the same directory in another home, the attempt belongs to that home: it is left alone,
        and not repeated. Without the root of all directories nothing is known of any.
        """
        if self._is_elsewhere():
            return {each: Unreachable(time.time()) for each in ids}
        found = {each: (folder := self.folder(each), directory.probe(folder)) for each in ids}
        lost = {each: facts for each, (_, facts) in found.items() if facts.stage is Stage.LOST}
        for each in lost:
            with suppress(OSError):  # its supervisor had no time to append the end of the output
                log_tail.join(self.folder(each))
        others = self._elsewhere(lost)
        alive = self._clean_up_after({each: facts for each, facts in lost.items() if each not in others})
        if self._supervisors is not None:
            for each, (_, facts) in found.items():
                if facts.stage not in (Stage.ACCEPTED, Stage.CLAIMED):
                    self._supervisors.release(each)
        seen = {
            each: others.get(each)
            or alive.get(each)
            or self._with_note(each, observe.observation(folder, facts))
            for each, (folder, facts) in found.items()
        }
        for each, what in seen.items():
            if isinstance(what, Claimed) and what.pid is not None:
                self._pids[each] = what.pid
            else:
                self._pids.pop(each, None)
        return seen

    async def sample(self, ids: Sequence[str]) -> dict[str, Usage]:
        """Look at the processes of *ids*, in a thread. See `Executor.sample`."""
        pids = {each: pid for each in ids if (pid := self._pids.get(each)) is not None}
        return await asyncio.to_thread(self._sampler.sample, pids)

    def _with_note(self, attempt_id: str, seen: Observation) -> Observation:
        """Add what the supervisor could not write to the directory."""
        if self._supervisors is None or not isinstance(seen, Claimed):
            return seen
        why = self._supervisors.waits_for(attempt_id)
        if why is None:
            return seen
        return replace(seen, note=f"the result of attempt {attempt_id} waits for room on the disk: {why}")

    def abandon(self, attempt_id: str) -> Observation:
        """Find its processes by their mark, and kill them. See `Executor.abandon`."""
        if self._is_elsewhere():
            return Unreachable(time.time())
        found = leftovers.end_marked([attempt_id], str(self._settings.home))
        if attempt_id not in found:
            return Absent()
        return Lost(f"{_GONE}; its processes were killed") if found[attempt_id] else Unreachable(time.time())

    def revoke(self, attempt_id: str) -> Observation:
        """Link our own claim; the first link wins. See `Executor.revoke`."""
        folder = self.folder(attempt_id)
        try:
            if directory.revoke(folder) and os.path.exists(f"{folder}/{files.PHASE}"):  # noqa: PTH110
                # There was a claim, and somebody removed it.
                seen = self.abandon(attempt_id)
                return Lost(_GONE) if isinstance(seen, Absent) else seen
        except FileNotFoundError:
            return Absent()
        except OSError as error:
            if error.errno not in files.DISK_ERRORS:
                raise
            return Accepted()  # the disk is full: it is asked again
        return self.observe([attempt_id])[attempt_id]

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Write the order into the directory and tell supervisors; an attempt that has ended ignores it.

        An attempt that is not claimed yet obeys it instead of starting.
        """
        order = files.dump_fields({"mode": mode, "reason": reason})
        try:
            files.write_whole(self.folder(attempt_id), files.STOP, order)
        except FileNotFoundError:
            return
        if self._supervisors is not None:
            self._supervisors.stop(attempt_id)

    def renew(self, ids: Collection[str]) -> None:
        """Renew the leases of attempts whose order has one."""
        if self._supervisors is not None:
            self._supervisors.renew(ids)

    def entrust(self, message: dict[str, Any]) -> None:
        """Give supervisors another environment than this process's; see `environment_message`."""
        if self._supervisors is not None:
            self._supervisors.entrust(message)

    def forget(self, attempt_id: str) -> None:
        """Remove the attempt's directory. The caller makes sure that it has ended."""
        directory.remove(self.folder(attempt_id))
        self._swept.discard(attempt_id)
        self._pids.pop(attempt_id, None)

    def run_triggers(self, attempt_id: str, wanted: Sequence[str]) -> None:
        """Write it into the triggerer's directory, where it looks. See `Executor.run_triggers`."""
        files.write_whole(self.folder(attempt_id), files.WANTED, files.dump_fields({"ids": list(wanted)}))

    def fired(self, ids: Sequence[str]) -> list[str]:
        """Look for what a triggerer wrote; without the deferral nothing can be written any more."""
        if self._is_elsewhere():
            return []
        return [
            each
            for each in ids
            if os.path.exists(f"{self.folder(each)}/{files.FIRED}")  # noqa: PTH110
            or not os.path.exists(f"{self.folder(each)}/{files.DEFERRAL}")  # noqa: PTH110
        ]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems with the supervisors, for operators."""
        return self._supervisors.silence.warnings if self._supervisors is not None else ()

    def workers(self) -> tuple[Worker, ...]:
        """Return the supervisors."""
        return self._supervisors.workers() if self._supervisors is not None else ()

    def room(self, executor: str, queue: str | None, resources: Mapping[str, float]) -> Room:  # noqa: ARG002
        """Return that there is room: the engine's own limits are this machine's."""
        return OPEN

    async def drain(self, worker: str, *, back: bool = False) -> None:  # noqa: ARG002
        """Refuse: supervisors have no names."""
        raise UnknownError(f"worker {worker!r} does not exist")

    async def freshen(self, attempt_id: str) -> None:
        """Return at once: logs are here."""

    async def mend(self) -> bool:
        """Listen again if the supervisors' socket was removed or replaced; return whether it was."""
        return self._supervisors is not None and await self._supervisors.mend()

    async def close(self) -> None:
        """Close all connections; attempts go on, and the next engine finds their results."""
        if self._supervisors is not None:
            await self._supervisors.close()
            self._supervisors = None

    def _is_elsewhere(self) -> bool:
        """Whether the root of all directories is gone, or not the same as at the start."""
        return self._opened is not None and leftovers.identity_of(self._root) != self._opened

    def _elsewhere(self, lost: Mapping[str, Facts]) -> dict[str, Observation]:
        """Return the observations of attempts that have a supervisor at work in another home."""
        found: dict[str, Observation] = {}
        for each, facts in lost.items():
            root = leftovers.answers_elsewhere(facts.claim, str(self._root))
            if root is not None:
                home = Path(root).parent
                found[each] = Lost(f"it belongs to {home}, of which this home is a copy", elsewhere=True)
        return found

    def _clean_up_after(self, lost: Mapping[str, Facts]) -> dict[str, Observation]:
        """Kill what lost attempts left behind, if on this boot; return those with live processes."""
        fresh = {
            each: facts
            for each, facts in lost.items()
            if each not in self._swept and facts.claim.get("boot_id") == process.boot_id()
        }
        if not fresh:
            return {}
        leftovers.end_sessions(fresh.values())
        found = leftovers.end_marked(fresh, str(self._settings.home))
        alive = {each: Unreachable(time.time()) for each, gone in found.items() if not gone}
        self._swept.update(each for each in fresh if each not in alive)
        return dict(alive)


def _encoded(spec: AttemptSpec) -> bytes:
    """Return the order as `dump` does; that of a command (words, finite numbers) the quick way."""
    if not spec.context and math.isfinite(spec.grace) and math.isfinite(spec.time_limit or 0.0):
        with suppress(ValueError):  # bytes that are not UTF-8
            return b'{"v":%d,' % files.VERSION + _encode(spec)[1:] + b"\n"
    return dump(spec)


def prepare_root(root: Path) -> None:
    """Make the root of the attempt directories, and remove what interrupted engines left in it."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if process.LINUX:
        directory.spread(root)
    for unfinished in root.glob(".*-*"):  # a shard that an engine did not finish
        for path in (*unfinished.iterdir(), unfinished):  # what it tried there is empty too
            with suppress(OSError):
                path.rmdir()
    for path in _claims(root):
        try:
            claim = files.load(path.read_bytes())
        except (OSError, ValueError):
            claim = {}
        if not process.is_alive(int(claim.get("pid", 0)), claim.get("start_ticks"), claim.get("boot_id")):
            path.unlink(missing_ok=True)


def _claims(root: Path) -> Iterable[Path]:
    folder = root / ".claims"
    return list(folder.iterdir()) if folder.is_dir() else []

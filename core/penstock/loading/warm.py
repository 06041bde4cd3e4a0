"""Warm parents of load children: an interpreter that has imported the authoring modules, forked per file.

The parent is our child and has one conversation at a time: it forks, reports the child's pid, waits
for the order to collect, kills what the file left behind (its orphans become the parent's children),
and reports how the child ended. See `penstock.loading.forked` for its side.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from penstock import forking, process
from penstock.loading.child_process import MARK, LoadChild, Spawner, command

START_SECONDS = 20.0
"""Seconds that a fork may take, including the parent's own start."""
COLLECT_SECONDS = 10.0
"""Seconds that a killed child may take to end."""
NO_CHILD = "-" * 16
"""Used in place of a conversation's mark."""
_ROOM = " " * 400


class WarmParents:
    """One parent for each simultaneous conversation of one piece of work; `close` ends them.

    May be used from several threads. If forking is impossible, children are spawned.
    """

    def __init__(self) -> None:
        self._idle: list[_Parent] = []
        self._all: list[_Parent] = []
        self._lock = threading.Lock()
        self.cold = not process.LINUX
        """Whether children are spawned, because forking is impossible."""
        self.used = 0
        """How many were forked."""
        self._spawner = Spawner()

    def start(
        self, file: Path, channel: int, trace: int, output: int, environment: Mapping[str, str]
    ) -> LoadChild:
        """Start a child; see `penstock.loading.child_process.Starter`."""
        if not self.cold and _has_own_path(environment):
            try:
                parent = self._borrow({name: text for name, text in environment.items() if name != MARK})
                child = parent.fork(file, (channel, trace, output), environment)
                self.used += 1
                return child
            except OSError:
                self.cold = True  # the rest of the work goes on without parents
        return self._spawner.start(file, channel, trace, output, environment)

    def close(self) -> None:
        """End the parents, and the processes that they still hold."""
        with self._lock:
            parents, self._all, self._idle = self._all, [], []
        for parent in parents:
            parent.close()

    def _borrow(self, environment: dict[str, str]) -> _Parent:
        with self._lock:
            for parent in self._idle:
                if parent.environment == environment:
                    self._idle.remove(parent)
                    return parent
            parent = _Parent(environment, self._give_back)
            self._all.append(parent)
            return parent

    def _give_back(self, parent: _Parent) -> None:
        with self._lock:
            if parent in self._all:
                self._idle.append(parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _has_own_path(environment: Mapping[str, str]) -> bool:
    """Whether modules are found in the same places from any folder."""
    return all(part.startswith("/") for part in environment.get("PYTHONPATH", "").split(":") if part)


class _Parent:
    """One parent. Raises OSError if it cannot be started, or does not answer."""

    def __init__(self, environment: dict[str, str], give_back: Callable[[_Parent], None]) -> None:
        self.environment = environment
        self._give_back = give_back
        ours, theirs = forking.channel()
        try:
            self._process = subprocess.Popen(
                [*command(), "--forge", str(theirs.fileno()), _ROOM],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={**environment, MARK: NO_CHILD},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours

    def fork(self, file: Path, descriptors: Sequence[int], environment: Mapping[str, str]) -> LoadChild:
        """Make it fork a child that loads *file*."""
        order = {"argv": [*command(), str(file)], "env": dict(environment), "cwd": str(file.parent)}
        try:
            forking.ask(self._channel, json.dumps(order).encode(), descriptors)
            pid = self._hear(START_SECONDS)
        except OSError:
            self.close()
            raise
        return _Forked(self, pid, environment[MARK])

    def collect(self) -> int:
        """Make it collect the killed child, and return wait(2)'s status. Then it is free for the next."""
        try:
            self._channel.send(b"collect")
            status = self._hear(COLLECT_SECONDS)
        except OSError:
            self.close()
            raise
        self._give_back(self)
        return status

    def close(self) -> None:
        """End it. It kills what it still holds; if it does not end, it is killed itself."""
        self._channel.close()
        try:
            self._process.wait(COLLECT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _hear(self, seconds: float) -> int:
        self._channel.settimeout(seconds)
        answer = self._channel.recv(32)
        if not answer:
            raise ConnectionResetError("the warm parent ended")
        return int(answer)


class _Forked:
    def __init__(self, parent: _Parent, pid: int, mark: str) -> None:
        self._parent = parent
        self._mark = mark
        self.pid = pid

    def has_ended(self) -> bool:
        record = process.stat(self.pid)
        return record is None or record.ended

    def collect(self) -> int:
        try:
            return os.waitstatus_to_exitcode(self._parent.collect())
        except OSError:  # the parent was killed: look for left-over processes ourselves
            process.kill_marked(MARK, [self._mark])
            return -signal.SIGKILL

"""Processes beside the warm parent that have executed a DAG file, to fork that file's tasks from.

A file with hundreds of tasks takes longer to execute than most of them run. From the second request for a
version on, a fork of the warm parent executes it, and when nothing can be different the next time
(`penstock.authoring.repeatable`) and nothing but the DAGs is there afterwards, later tasks of that version
are forked from it. Until it is ready, and whenever it is not, tasks are forked from the warm parent, which
has nothing of an author's.
"""

from __future__ import annotations

import json
import os
import socket
import sys

from penstock import forking
from penstock.task_process import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

MOST = 8
"""Versions that are kept at a time."""
_REMEMBERED = 64
_READY = b"ready"


class KeptFiles:
    """The warm parent's side: who has executed what."""

    def __init__(self) -> None:
        self._asked: dict[bytes, int] = {}
        self._keepers: dict[bytes, _Keeper] = {}
        self._refused: set[bytes] = set()

    def hand_over(self, message: bytes, descriptors: list[int]) -> bool:
        """Let who has executed the version named by *message* fork the task; return whether it will."""
        keeper = self._keepers.pop(message, None)
        if keeper is None:
            return False
        self._keepers[message] = keeper  # the last one is who was used last
        if keeper.hand_over(message, descriptors):
            return True
        if keeper.has_ended:
            self._forget(message)
            self._refused.add(message)
        return False

    def is_due(self, message: bytes) -> bool:
        """Count a request for that version; return whether it is time to keep it."""
        if message in self._keepers or message in self._refused or not message.startswith(b"{"):
            return False
        times = self._asked.pop(message, 0) + 1
        self._asked[message] = times
        if len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]
        return times > 1 and self._has_room()

    def start(self, message: bytes) -> socket.socket | None:
        """Fork who will execute that version. Return None, and in the new process where it is asked.

        That process ends here if the version cannot be kept.
        """
        ours, theirs = forking.channel()
        try:
            pid = os.fork()
        except OSError:  # short of processes: another time
            ours.close()
            theirs.close()
            return None
        if pid:
            theirs.close()
            ours.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
            self._keepers[message] = _Keeper(pid, ours)
            return None
        try:
            ours.close()
            for other in self._keepers.values():
                other.channel.close()
            if not _execute(json.loads(message)):
                os._exit(0)
            theirs.send(_READY)
        except BaseException:  # noqa: BLE001 - the author's file may raise anything: each task says what
            os._exit(0)
        return theirs

    def _has_room(self) -> bool:
        """Whether one more may be kept, perhaps in place of the one that was used least lately."""
        if len(self._keepers) < MOST:
            return True
        oldest = next((each for each, keeper in self._keepers.items() if keeper.is_ready), None)
        if oldest is not None:
            self._forget(oldest)
        return oldest is not None

    def _forget(self, message: bytes) -> None:
        keeper = self._keepers.pop(message)
        keeper.channel.close()
        os.waitpid(keeper.pid, 0)


class _Keeper:
    """One that executes a version, or has."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self.is_ready = False
        self.has_ended = False

    def hand_over(self, message: bytes, descriptors: list[int]) -> bool:
        """Ask for a task if it is ready; return whether it was asked."""
        try:
            if not self.is_ready:
                self.is_ready = self.channel.recv(len(_READY)) == _READY
                self.has_ended = not self.is_ready
            if self.is_ready:
                forking.ask(self.channel, message, descriptors)
                return True
        except BlockingIOError:
            pass  # it is still at it, or has enough to do
        except OSError:
            self.has_ended = True
        return False


def _execute(facts: dict[str, str]) -> bool:
    """Execute the version for all its tasks; return whether it did, and left nothing but its DAGs."""
    from penstock.authoring.repeatable import why_not_repeatable

    before = forking.descriptors()
    with _Output() as output:
        dags = load.keep(facts, lambda source: why_not_repeatable(source) is None)
    if dags is None or output.size or forking.descriptors() != before:
        return False
    forking.stay_warm_with(dags, facts["file"])
    return not forking.has_threads()


class _Output:
    """``with _Output() as output:`` notices whether the block writes to the standard outputs."""

    size = 0

    def __enter__(self) -> Self:
        self._file = os.memfd_create("output")
        self._before = [os.dup(1), os.dup(2)]
        self._turn([self._file, self._file])
        return self

    def __exit__(self, *error: object) -> None:
        self._turn(self._before)
        self.size = os.fstat(self._file).st_size
        for each in (self._file, *self._before):
            os.close(each)

    def _turn(self, to: list[int]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, other in enumerate(to, start=1):
            os.dup2(other, descriptor)

"""A supervisor's warm parent of Python tasks: started when first needed, asked for a fork per task.

Every fork is asked for over a channel of its own, and only that channel shows the outcome: a pid means that
there is a process, our child, which waits to be told to go; the end means that there is none, so the task
must be spawned. So the parent may die at any moment, and no task is lost or run twice.
"""

from __future__ import annotations

import json
import os
import socket
import time

from penstock import forking, process
from penstock.attempts.files import FORK_FLAG, MARK
from penstock.stray_signals import ALL
from penstock.supervisor.spawn import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from penstock.supervisor.poller import Poller

FORK_SECONDS = 10.0
"""Seconds that a fork may take; after that its parent is killed and the task is spawned."""
TASK_CHILD = "penstock.task_process.main"
UNASSIGNED = "-" * 21
"""Used in place of an attempt's id by a warm parent, and by its forks until they have an attempt."""

_PAUSE = 60.0
"""Seconds without a warm parent after one that ended before it forked anything."""
_OOM_SCORE = 200
_SIGKILL = 9
_VERSION = ("file", "source", "dags_folder", "dialect")
_OWN_TO_AN_ATTEMPT = ("PENSTOCK_CTX_", "AIRFLOW_CTX_")


class WarmParent:
    """At most one warm parent. It is replaced when interpreter, environment or folder differ."""

    def __init__(self, poller: Poller) -> None:
        self.pid = 0
        """The pid of the warm parent while there is one: our child, which belongs to no attempt."""
        self._poller = poller
        self._parent: socket.socket | None = None
        self._surroundings: Any = None
        self._has_forked = False
        self._not_before = 0.0

    def fork(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: str,
        *,
        umask: int | None,
        plain: Mapping[str, str],
        outputs: tuple[int, int],
        channel: int,
        file: Mapping[str, Any],
        answer: Callable[[int], None],
    ) -> Fork:
        """Ask for the process of a Python task; *answer* gets its pid, or 0 if there is none.

        *plain* is *env* before secrets: the warm parent gets the part that is the same for all tasks.
        *channel* is for the task to talk to us; its number in *env* becomes the one that it has there. *file*
        says what the task is loaded from: tasks of one version may come from one that has loaded it. Raises
        OSError or `CannotStartError` if it cannot be asked: spawn the task then.
        """
        order = json.dumps({"argv": list(argv), "env": dict(env), "cwd": cwd}).encode()
        if len(order) > forking.MAX_MESSAGE:
            raise OSError("too much to send")
        parent = self._warm(argv, {name: plain[name] for name in plain if _is_common(name)}, cwd, umask)
        ours, theirs = forking.channel()
        try:
            ours.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
            ours.send(order)
            forking.ask(parent, _version(file), [theirs.fileno(), *outputs, channel])
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Fork(ours, self._poller, lambda pid: self._answered(pid, answer))

    def retire(self) -> None:
        """Let the warm parent end when it has done what it was asked for."""
        if self._parent is not None:
            self._poller.unwatch(self._parent.fileno())
            self._parent.close()
            self._parent = None
        self.pid = 0

    def give_up(self) -> None:
        """Kill the warm parent, because it does not answer."""
        if self._parent is not None:
            if _is_ours(self.pid):
                os.kill(self.pid, _SIGKILL)
            self._ended()

    def _answered(self, pid: int, answer: Callable[[int], None]) -> None:
        self._has_forked = self._has_forked or pid > 0
        answer(pid)

    def _warm(self, argv: Sequence[str], env: dict[str, str], cwd: str, umask: int | None) -> socket.socket:
        surroundings = (tuple(argv[:-1]), env, cwd, umask)
        if self._parent is not None and surroundings != self._surroundings:
            self.retire()
        if self._parent is None:
            if time.monotonic() < self._not_before:
                raise OSError("the last one failed to start")
            self._parent = self._start(argv, env, cwd, umask)
            self._surroundings = surroundings
            self._has_forked = False
        return self._parent

    def _start(self, argv: Sequence[str], env: dict[str, str], cwd: str, umask: int | None) -> socket.socket:
        ours, theirs = forking.channel()
        ours.setblocking(False)  # noqa: FBT003 - the standard library's own name for it
        try:
            os.set_inheritable(theirs.fileno(), True)  # noqa: FBT003
            room = " " * len(os.fsencode(argv[-1]))  # where its forks show their own argument
            words = [*argv[:-1], FORK_FLAG, str(theirs.fileno()), room]
            # Its forks unblock signals once they have a task; until then a stray one must not end it.
            self.pid = spawn(words, {**env, MARK: UNASSIGNED}, cwd, 2, umask=umask, blocked=ALL)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        process.set_oom_score(self.pid, _OOM_SCORE)  # ours would be inherited, and losing it is harmless
        self._poller.watch(ours.fileno(), self._ended)
        return ours

    def _ended(self) -> None:
        """Record that the warm parent is gone: it never sends anything."""
        if not self._has_forked:
            self._not_before = time.monotonic() + _PAUSE
        self.retire()


class Fork:
    """A process that was asked for. Call `go` or `abandon` once."""

    def __init__(self, channel: socket.socket, poller: Poller, answer: Callable[[int], None]) -> None:
        self._channel = channel
        self._poller = poller
        self._answer = answer
        poller.watch(channel.fileno(), self._hear)

    def go(self) -> None:
        """Let the process run its task."""
        try:
            self._channel.send(b"go")
        except OSError:
            pass  # it has just been killed, and will be reaped so
        self._channel.close()

    def abandon(self) -> None:
        """Give the process up: if it still comes, it ends at once. Harmless after `go` or `abandon`."""
        if self._channel.fileno() >= 0:
            self._poller.unwatch(self._channel.fileno())
            self._channel.close()

    def _hear(self) -> None:
        try:
            pid = int(self._channel.recv(32) or b"0")
        except BlockingIOError:
            return
        except (OSError, ValueError):
            pid = 0
        self._poller.unwatch(self._channel.fileno())
        if not _is_ours(pid):  # there is none, or it was killed and reaped before we knew it
            pid = 0
            self._channel.close()
        self._answer(pid)


def can_fork(argv: Sequence[str]) -> bool:
    """Whether *argv* is a Python task of ours, on a system where a fork can become our child."""
    return process.LINUX and len(argv) == 5 and tuple(argv[1:4]) == ("-P", "-m", TASK_CHILD)


def _is_ours(pid: int) -> bool:
    """Whether *pid* is a child of ours that was not collected yet."""
    record = process.stat(pid) if pid else None
    return record is not None and record.ppid == os.getpid()


def _version(file: Mapping[str, Any]) -> bytes:
    """Return the words that are the same for all tasks of one version of a DAG file."""
    return json.dumps({name: file.get(name) for name in _VERSION}).encode()


def _is_common(name: str) -> bool:
    """Whether a variable is the same for all tasks."""
    return name != MARK and not name.startswith(_OWN_TO_AN_ATTEMPT)

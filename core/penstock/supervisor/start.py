"""Starts the process of a claimed order: secrets, the task's channel to us, a fork or a spawn.

Until there is a process, none of the author's code has run, and a failure gives the launch back or says
why the command cannot be started.
"""

from __future__ import annotations

import os
import time
from enum import Enum

from penstock.attempts import files
from penstock.failpoint import reach
from penstock.supervisor import secrets
from penstock.supervisor.child import Child
from penstock.supervisor.sigterm import NEVER
from penstock.supervisor.spawn import BUSY, NOT_RUNNABLE, CannotStartError, spawn
from penstock.supervisor.talk import Talk
from penstock.supervisor.warm_parent import FORK_SECONDS, can_fork

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from penstock.supervisor.directory import AttemptFiles
    from penstock.supervisor.ending import Ending
    from penstock.supervisor.environment import EngineEnvironment
    from penstock.supervisor.output import Output
    from penstock.supervisor.poller import Poller
    from penstock.supervisor.provision import Provision
    from penstock.supervisor.warm_parent import Fork, WarmParent

    class Life(Protocol):
        """The attempt that a start belongs to."""

        def begins(self) -> None:
            """Record that the command begins now."""
            ...

        def runs(self, child: Child, now: float) -> None:
            """Take over *child*, which has just been started."""
            ...

        def feed(self, chunk: bytes) -> None:
            """Take what the command prints."""
            ...

        def forked(self, pid: int) -> None:
            """Pass *pid* on to `Start.forked`, so that an error there ends only this attempt."""
            ...

        def finish(self, ended: dict[str, Any], note: str | None = None) -> None:
            """Record how it ended, with *note* as the last line of its log."""
            ...


BUSY_SECONDS = 5.0
"""Seconds to wait until the machine has room for one more process."""
_BUSY_PAUSE = 0.1


class Step(Enum):
    """The steps of a start."""

    WAITING = "waiting"
    """It waits for its turn, or for room on the machine."""
    RESOLVING = "resolving"
    """The command of a secret runs: ``resolver``."""
    FORKING = "forking"
    """The warm parent was asked for a process."""
    STARTED = "started"


class Start:
    """The start of one attempt by *order*; *life* is told the outcome.

    ``retry_at`` is when to `retry`, in seconds of the monotonic clock. *provision* is the command's
    environment, *left* is called with files that a task could not write itself, *moved* with other attempts
    that have news; *umask* is the task's.
    """

    def __init__(
        self,
        life: Life,
        order: dict[str, Any],
        provision: Provision,
        *,
        files: AttemptFiles,
        output: Output,
        ending: Ending,
        left: Callable[[str, str], None],
        moved: Callable[[Sequence[str]], None],
        poller: Poller,
        warm_parent: WarmParent,
        environment: EngineEnvironment,
        umask: int,
    ) -> None:
        self.step = Step.WAITING
        self.resolver: Child | None = None
        self.talk: Talk | None = None
        self.retry_at = NEVER
        self._life = life
        self._order = order
        self._provision = provision
        self._files = files
        self._output = output
        self._ending = ending
        self._left = left
        self._moved = moved
        self._poller = poller
        self._warm_parent = warm_parent
        self._environment = environment
        self._umask = umask
        self._wait_until = time.monotonic() + BUSY_SECONDS
        self._fork: Fork | None = None
        self._fork_child: Child | None = None

    @property
    def is_fork(self) -> bool:
        """Whether its process was forked from the warm parent."""
        return self._fork is not None

    def advance(self, now: float) -> None:
        """Go on: resolve the next secret, or start the command."""
        self.retry_at = NEVER
        try:
            command = self._provision.complete()
            self._output.hide(self._provision.values)
            if command is None:
                self._start_command(now)
            else:
                self._start_resolver(command, now)
        except secrets.UnresolvedError as error:
            self.fail(str(error), NOT_RUNNABLE)
        except CannotStartError as error:
            self.fail(str(error), error.exit_code)
        except OSError as error:
            self._wait_for_room(error, now)

    def retry(self, now: float) -> None:
        """Try again what failed, or give up a fork that does not come."""
        if self.step is Step.FORKING:
            self._abandon()
            self._warm_parent.give_up()
        self.advance(now)

    def resolved(self, status: int, now: float) -> None:
        """Go on after the resolver ended with wait(2)'s *status*, unless an end was ordered."""
        assert self.resolver is not None
        self.resolver.close()
        self.resolver, self.step = None, Step.WAITING
        problem = self._provision.hear(os.waitstatus_to_exitcode(status))
        self._output.hide(self._provision.values)
        self._output.feed(self._provision.said())
        if self._ending.ordered is not None:
            self._life.finish({"kind": self._ending.ordered, "reason": self._ending.reason})
        elif problem is not None:
            self.fail(problem, NOT_RUNNABLE)
        else:
            self.advance(now)

    def forked(self, pid: int) -> None:
        """Let the fork *pid* run, or spawn if there is none: nothing has run yet."""
        now = time.monotonic()
        child, fork, self._fork_child = self._fork_child, self._fork, None
        assert child is not None
        assert fork is not None
        if pid == 0:
            child.close()
            self._fork = None
            self.advance(now)
            return
        self.retry_at = NEVER
        self._life.begins()
        child.pid = pid
        self._started(child, now)
        fork.go()

    def fail(self, reason: str, exit_code: int) -> None:
        """End the attempt: the command cannot be started."""
        self._life.finish({"kind": "exit_code", "exit_code": exit_code, "reason": reason}, note=reason)

    def close(self) -> None:
        """Stop watching descriptors and timers."""
        self.retry_at = NEVER
        self._abandon()
        if self.resolver is not None:
            self.resolver.close()
        if self.talk is not None:
            self.talk.close()

    def _start_resolver(self, command: str, now: float) -> None:
        log = self._provision.stderr(self._output.log)
        self.resolver = Child(
            lambda out: spawn(["sh", "-c", command], self._environment.environ, None, out, log),
            poller=self._poller,
            sink=self._provision.printed.extend,
        )
        self.step = Step.RESOLVING
        self._ending.kill_at = now + secrets.RESOLVE_SECONDS

    def _start_command(self, now: float) -> None:
        order, provision = self._order, self._provision
        self._files.mark_started()
        reach("after_phase")
        if order.get("context") and self.talk is None:
            self.talk = Talk(self._poller, self._environment, self._output.hide, self._left, self._moved)
            provision.env[files.CHANNEL] = str(self.talk.number)
        if self.talk is not None and can_fork(order["argv"]) and self._ask_for_fork(self.talk, now):
            return
        self._life.begins()
        if self.talk is not None:
            self.talk.share_end()
        child = self._child(
            lambda out: spawn(order["argv"], provision.env, order.get("cwd"), out, umask=self._umask)
        )
        self._started(child, now)

    def _child(self, start: Callable[[int], int]) -> Child:
        direct = self._output.log() if self._order.get("log_direct") else None
        return Child(start, poller=self._poller, sink=self._life.feed, direct=direct)

    def _started(self, child: Child, now: float) -> None:
        self.step = Step.STARTED
        reach("after_child_spawn")
        if self.talk is not None:
            self.talk.close_shared_end()
        self._life.runs(child, now)

    def _ask_for_fork(self, talk: Talk, now: float) -> bool:
        """Ask the warm parent for a fork; return whether there will be an answer. One try, then spawn."""
        if self.step is Step.FORKING:
            self.step = Step.WAITING
            return False
        order = self._order

        def ask(out: int) -> int:
            self._fork = self._warm_parent.fork(
                order["argv"],
                self._provision.env,
                order.get("cwd") or "/",
                umask=self._umask,
                plain=self._provision.plain,
                outputs=(out, out),
                channel=talk.number,
                file=order["context"],
                answer=self._life.forked,
            )
            return 0

        try:
            self._fork_child = self._child(ask)
        except (OSError, CannotStartError):
            return False
        self.step = Step.FORKING
        self.retry_at = now + FORK_SECONDS
        return True

    def _abandon(self) -> None:
        if self._fork_child is not None:
            self._fork_child.close()
            self._fork_child = None
        if self._fork is not None:
            self._fork.abandon()
            self._fork = None

    def _wait_for_room(self, error: OSError, now: float) -> None:
        """Try again in a moment; give the launch back if the machine stays full. It uses no try."""
        if error.errno in BUSY and now < self._wait_until:
            self.retry_at = now + _BUSY_PAUSE
        else:
            self._life.finish({"kind": "revoked", "reason": f"no process could be started: {error.strerror}"})

"""One attempt under a supervisor: start, output, stop, end, result.

Each step is recorded in the attempt directory before the next one begins, so after a crash the
directory shows how far the attempt got (see `protocol`).
"""

from __future__ import annotations

import time
from enum import Enum

from penstock import process
from penstock.attempts import files
from penstock.process_stat import Stat
from penstock.supervisor.closing import end_output, how_it_ended, when
from penstock.supervisor.contain import complain, contained
from penstock.supervisor.ending import Ending, Left
from penstock.supervisor.lease import Lease
from penstock.supervisor.output import Output
from penstock.supervisor.provision import Provision
from penstock.supervisor.report import NOTE_MAX, Report
from penstock.supervisor.sigterm import NEVER
from penstock.supervisor.spawn import NOT_RUNNABLE
from penstock.supervisor.start import Start, Step
from penstock.supervisor.unwritten import PAUSE, Unwritten
from penstock.supervisor.usage import fields_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable, Sequence
    from typing import Any

    from penstock.supervisor.child import Child
    from penstock.supervisor.directory import AttemptFiles
    from penstock.supervisor.environment import EngineEnvironment
    from penstock.supervisor.poller import Poller
    from penstock.supervisor.warm_parent import WarmParent

DRAIN_SECONDS = 5.0
"""Seconds to wait for output after the end, while some process still has the pipe open."""
_HELD_OPEN = f"output was still held open {DRAIN_SECONDS:g} s after the end; closed"
_TASK_OOM_SCORE = 200


class State(Enum):
    """The states of an attempt, in order."""

    STARTING = "starting"
    """None of the author's code has run yet: see `Step`."""
    RUNNING = "running"
    ENDING = "ending"
    """Its first process has ended; its output and descendants have not."""
    UNWRITTEN = "unwritten"
    """Everything has ended, but the disk does not accept the result yet."""
    DONE = "done"


class Attempt:
    """One claimed attempt. The supervisor calls its methods; none of them waits.

    ``left`` is who outlived its first process. Times are seconds of the monotonic clock. *durable* tells
    whether results must be forced to the disk, *family* which processes of the attempt are alive; *moved*
    is called with other attempts that it has news of; *umask* is for orders that name none.
    """

    def __init__(
        self,
        attempt_id: str,
        folder: AttemptFiles,
        *,
        poller: Poller,
        warm_parent: WarmParent,
        environment: EngineEnvironment,
        durable: Callable[[], bool],
        family: Callable[[], list[Stat]],
        moved: Callable[[Sequence[str]], None],
        umask: int,
    ) -> None:
        self.attempt_id = attempt_id
        self.state = State.STARTING
        self.left = Left()
        self.report = Report(folder)
        self.ending = Ending(family)
        self.unwritten = Unwritten(folder)
        self._umask = umask
        self._moved = moved
        self._files = folder
        self._poller = poller
        self._warm_parent = warm_parent
        self._environment = environment
        self._is_durable = durable
        self._start: Start | None = None
        self._process: Child | None = None
        self._output: Output | None = None
        self._order: dict[str, Any] = {}
        self.lease = Lease(None, 0.0)
        self._began, self._began_steady = time.time(), process.steady()
        self._write_at = self._limit_at = self._drain_until = NEVER
        self._spawned_at = self._duration = 0.0
        self._ended: tuple[int, Any] = (0, None)

    @property
    def child(self) -> Child | None:
        """Its own process, also after its end: the command, or before it the command of a secret."""
        if self._process is None and self._start is not None:
            return self._start.resolver
        return self._process

    @property
    def awaited(self) -> Child | None:
        """The process whose end must be reported to `reaped`."""
        return self.child if self.state in (State.STARTING, State.RUNNING) else None

    # --- the start (`Life`) ---------------------------------------------------------------------

    @contained
    def begin(self, now: float) -> None:
        """Read the order, open the files and start."""
        try:
            order = self._files.read_order()
            provision = Provision(order, self.attempt_id, self._environment)
            umask = self._umask if order.get("umask") is None else int(order["umask"])
            self._order = order
            self.lease = Lease(order.get("lease"), now)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"the spec cannot be read: {error!r}"
            self.finish({"kind": "exit_code", "exit_code": NOT_RUNNABLE, "reason": reason}, note=reason)
            return
        try:
            self._files.reserve_result()
            self._output = Output(
                self._files.folder,
                cap=order.get("log_max_bytes", 256 << 20),
                masker=self._environment.masker.copy(),
                masks=provision.values,
                listens=bool(order.get("context")),
            )
        except OSError:
            self._let_go()
            return
        self._start = Start(
            self,
            order,
            provision,
            files=self._files,
            output=self._output,
            ending=self.ending,
            left=self.unwritten.keep,
            moved=self._moved,
            poller=self._poller,
            warm_parent=self._warm_parent,
            environment=self._environment,
            umask=umask,
        )
        if not self.obey_stop(now):
            self._start.advance(now)

    def begins(self) -> None:
        """Record that the command begins now."""
        self._began, self._began_steady = time.time(), process.steady()

    def runs(self, child: Child, now: float) -> None:
        """Take over *child*, which has just been started."""
        self._process = child
        self.state = State.RUNNING
        self._spawned_at = now
        self.report.process(child.pid, self._began)
        process.set_oom_score(child.pid, _TASK_OOM_SCORE)
        if self._order.get("time_limit") is not None:
            self._limit_at = now + self._order["time_limit"]

    @contained
    def forked(self, pid: int) -> None:
        """Pass *pid* on to the start."""
        assert self._start is not None
        self._start.forked(pid)

    @contained
    def feed(self, chunk: bytes) -> None:
        """Take what the command prints."""
        assert self._output is not None
        self._output.feed(chunk)
        if self._output.waiting and self._write_at == NEVER:
            self._write_at = time.monotonic() + PAUSE

    # --- while it runs --------------------------------------------------------------------------

    @contained
    def obey_stop(self, now: float) -> bool:
        """Look for a stop order and begin to carry it out; return whether there is one."""
        try:
            order = self._files.read(files.STOP)
        except (OSError, ValueError):
            return False
        reason = order.get("reason")
        if self.state is State.STARTING and self._start is not None:
            if self._start.step is Step.RESOLVING and self._start.resolver is not None:
                self.ending.order("cancelled", reason, now, grace=0.0, child=self._start.resolver)
            else:
                self.finish({"kind": "cancelled", "reason": reason})
        elif self.state is State.UNWRITTEN and self._output is not None:
            self._output.give_up()  # it has ended; an urgent stop gives up the rest of the log
            self._write_down()
        elif self.state is State.RUNNING or (self.state is State.ENDING and self.ending.ordered):
            grace = 0.0 if order.get("mode") == "kill" else None
            self._order_end("cancelled", reason, now, grace=grace)
        return True

    def _order_end(self, kind: str, reason: str | None, now: float, *, grace: float | None) -> None:
        assert self._process is not None
        grace = float(self._order.get("grace", 60.0)) if grace is None else grace
        if self.ending.ordered is None and self._process.has_ended():
            return  # it ended by itself first, and that counts
        self.ending.order(kind, reason, now, grace=grace, child=self._process)
        if self.ending.ordered == "timeout" and self.ending.in_grace:
            self.report.say(f"out of time: {self.ending.reason}", kill_at=time.time() + grace)

    def due(self) -> float:
        """Return when something is due next, or infinity."""
        ending = self.ending.due(leader_ended=self.state is State.ENDING)
        retry_at = NEVER if self._start is None else self._start.retry_at
        return min(retry_at, self._write_at, self._limit_at, self.lease.look_at, ending, self._drain_until)

    @contained
    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._start is not None and now >= self._start.retry_at:
            self._start.retry(now)
        if now >= self._write_at:
            self._write_at = NEVER
            if self.state is State.UNWRITTEN:
                self._write_down()
            else:
                self.feed(b"")  # write what waits for disk space
        if now >= self._limit_at:
            self._limit_at = NEVER
            limit = self._order["time_limit"]
            self._order_end("timeout", f"ran longer than {limit:g} s", now, grace=None)
        if now >= self.lease.look_at and self.lease.is_over(now) and self.state is State.RUNNING:
            self._order_end("lost", self.lease.words(), now, grace=None)
        self.ending.sigterm.go_on(now)
        child = self.child
        if now >= self.ending.kill_at and child is not None:
            self.ending.kill(child, now, leader_ended=self.state is State.ENDING)
            if self.ending.trouble is not None:
                late = f"out of time: {self.ending.reason}; " if self.ending.ordered == "timeout" else ""
                self.report.say(f"{late}{self.ending.trouble}")

    # --- the end --------------------------------------------------------------------------------

    @contained
    def reaped(self, status: int, usage: Any, now: float) -> None:
        """Record that the awaited process ended with wait(2)'s *status* and was reaped."""
        child, start = self.awaited, self._start
        assert child is not None
        assert start is not None
        self._limit_at = NEVER
        if self.ending.ordered is None or self.state is State.STARTING:
            self.ending.kill_at = NEVER
        if start.talk is not None:
            start.talk.drain()
        child.drain()
        if self.state is State.STARTING:
            start.resolved(status, now)
            return
        self.state = State.ENDING
        self._ended = (status, usage)
        self._duration = now - self._spawned_at
        self._drain_until = now + DRAIN_SECONDS if self.ending.ordered is None else NEVER

    @contained
    def settle(self, now: float, *, strays: list[Stat]) -> None:
        """Write the result once output and descendants have ended, or their time is up.

        After an ordered end there is no such limit: descendants get their grace, and then are killed until
        none is left.
        """
        child, ending = self._process, self.ending
        assert child is not None
        assert self._start is not None
        if ending.ordered is not None and self._drain_until == NEVER:
            if not ending.is_over(child, now):
                return
            self._duration = now - self._spawned_at
            self._drain_until = now + DRAIN_SECONDS
            self.left.survivors |= ending.killed
        if now < self._drain_until and (strays or child.talking):
            return
        self.left.spared += strays
        note = _HELD_OPEN if child.talking else None
        child.close()
        try:
            verdict = self.unwritten.verdict()
        except OSError:  # from the disk, and it may pass
            self._drain_until = now + PAUSE
            return
        ended = how_it_ended(self._ended[0], ending, verdict, self._order)
        ended["reason"] = ended.get("reason") or self.left.words()
        usage = fields_of(self._ended[1], exact=self._start.is_fork)
        self.finish({**ended, "duration": self._duration, **usage}, note)

    def break_off(self, error: Exception) -> None:
        """End the attempt because our own code failed: kill its processes, and report *error*."""
        complain(self.attempt_id, error)
        if self.state is State.DONE:
            return
        if self.child is not None:
            try:
                self.ending.kill(self.child, time.monotonic(), leader_ended=self.state is State.ENDING)
            except Exception as again:  # noqa: BLE001 - what is left goes when its supervisor sweeps
                complain(self.attempt_id, again)
        reason = f"its supervisor failed on it: {type(error).__name__}: {error}"[:NOTE_MAX]
        for output in (self._output, None):  # the second time without its output
            try:
                self._output = output
                self.finish({"kind": "lost", "reason": reason})
                return
            except Exception as again:  # noqa: BLE001 - in the end there is no result, and that says lost too
                complain(self.attempt_id, again)
                if output is not None:
                    output.close()
        self._let_go()

    def finish(self, ended: dict[str, Any], note: str | None = None) -> None:
        """Record how it ended, with *note* as the last line of its log, and release the attempt."""
        push = bool(self._order.get("push_last_line"))
        facts = end_output(self._output, ended, push=push, note=note) if self._output is not None else {}
        result = {
            "attempt_id": self.attempt_id,
            **ended,
            **facts,
            **when(self._began, self._began_steady),
            "survivors": len(self.left.survivors),
            "xcom_bytes": self.unwritten.xcom_bytes(),
        }
        self._hang_up()
        self.unwritten.conclude(self._output, result)
        self.state = State.UNWRITTEN
        self._write_down()

    def _write_down(self) -> None:
        """Write the result and its files, and release the attempt; keep them while the disk is full."""
        self._write_at = time.monotonic() + PAUSE
        if self.unwritten.write(durable=self._is_durable()):
            self._let_go()

    def _hang_up(self) -> None:
        """Stop watching descriptors and timers."""
        if self._start is not None:
            self._start.close()
        if self._process is not None:
            self._process.close()
        self._write_at = self._limit_at = self._drain_until = self.lease.look_at = NEVER
        self.ending.kill_at = self.ending.look_at = self.ending.sigterm.next_at = NEVER

    def _let_go(self) -> None:
        """Close everything. Without a result it is relaunched free of charge, or lost if it had a phase."""
        self._hang_up()
        if self._output is not None:
            self._output.close()
        self._files.close()
        self.state = State.DONE

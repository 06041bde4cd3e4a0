"""One attempt in the hands of a supervisor: start, output, stop, end, result.

Every step leaves its trace in the attempt directory before the next one begins, so that whoever
looks after a crash can tell how far it came (see `protocol`).
"""

from __future__ import annotations

import os
import time

from penstock import process
from penstock.attempts import files
from penstock.failpoint import reach
from penstock.process_stat import Stat
from penstock.supervisor import secrets
from penstock.supervisor.accounts import accounts
from penstock.supervisor.alone import alone, complain
from penstock.supervisor.asking import NEVER
from penstock.supervisor.child import Child
from penstock.supervisor.closing import end_output, how_it_ended, when
from penstock.supervisor.ending import Ending, Left
from penstock.supervisor.fork import BIRTH_SECONDS, can_fork
from penstock.supervisor.notice import NOTE_MAX, Notice
from penstock.supervisor.output import Output
from penstock.supervisor.provision import Provision
from penstock.supervisor.spawn import BUSY, NOT_RUNNABLE, CannotStartError, spawn
from penstock.supervisor.talk import Talk
from penstock.supervisor.unwritten import PAUSE, Held

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable
    from typing import Any

    from penstock.supervisor.directory import AttemptFiles
    from penstock.supervisor.entrusted import Entrusted
    from penstock.supervisor.fork import Birth, Forge
    from penstock.supervisor.poller import Poller

DRAIN_SECONDS = 5.0
"""How long output is awaited after the end, when some process still holds the pipe."""
_HELD_OPEN = f"output was still held open {DRAIN_SECONDS:g} s after the end; closed"
BUSY_SECONDS = 5.0
"""How long to wait for the machine to have room for one more process."""
_BUSY_PAUSE = 0.1
_TASK_OOM_SCORE = 200

WAITING, RESOLVING, FORKING, RUNNING, ENDING, HOLDING, DONE = range(7)


class Attempt:
    """The life of one claimed attempt. The supervisor calls in; nothing here waits for anything.

    ``state`` runs WAITING (for room) - RESOLVING (a secret's command) - FORKING (a Python task, from *forge*)
    - RUNNING - ENDING - HOLDING (for room on the disk) - DONE. ``child`` is the process to expect, ``left``
    who outlived it. Moments are seconds of the monotonic clock. *durable* tells whether results must be
    forced to the disk, *family* which processes of the attempt live, *umask* is for orders that name none.
    """

    def __init__(
        self,
        attempt_id: str,
        files: AttemptFiles,
        *,
        poller: Poller,
        forge: Forge,
        entrusted: Entrusted,
        durable: Callable[[], bool],
        family: Callable[[], list[Stat]],
        umask: int,
    ) -> None:
        self.attempt_id = attempt_id
        self.state = WAITING
        self.child: Child | None = None
        self.left = Left()
        self.notice = Notice(files)
        self.ending = Ending(family)
        self._umask = umask
        self._files = files
        self._poller = poller
        self._forge = forge
        self._entrusted = entrusted
        self._talk: Talk | None = None
        self.held = Held(files)
        self._birth: Birth | None = None
        self._unborn: Child | None = None
        self._is_durable = durable
        self._output: Output | None = None
        self._spec: dict[str, Any] = {}
        self._given: Any = None
        self._start, self._began = time.time(), process.steady()
        self._retry_at = self._limit_at = self._drain_until = NEVER
        self._wait_until = self._spawned_at = self._duration = 0.0
        self._ended: tuple[int, Any] = (0, None)

    # --- the start ------------------------------------------------------------------------------

    @alone
    def begin(self, now: float) -> None:
        """Read the spec, open the files and start."""
        try:
            spec = self._files.read_order()
            self._given = Provision(spec, self.attempt_id, self._entrusted)
            self._umask = self._umask if spec.get("umask") is None else int(spec["umask"])
            self._spec = spec
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._fail_to_start(f"the spec cannot be read: {error!r}", NOT_RUNNABLE)
            return
        try:
            self._files.reserve_result()
            self._output = Output(
                self._files.folder,
                cap=spec.get("log_max_bytes", 256 << 20),
                masker=self._entrusted.masker.copy(),
                masks=self._given.values,
                listens=bool(spec.get("context")),
            )
        except OSError:
            self._let_go()
            return
        self._wait_until = now + BUSY_SECONDS
        if not self.obey_stop(now):
            self._advance(now)

    def _advance(self, now: float) -> None:
        """Go on towards the start: resolve the next secret, or spawn the command."""
        assert self._output is not None
        self._retry_at = NEVER
        try:
            command = self._given.complete()
            self._output.hide(self._given.values)
            if command is None:
                self._start_command(now)
            else:
                self._start_resolver(command, now)
        except secrets.UnresolvedError as error:
            self._fail_to_start(str(error), NOT_RUNNABLE)
        except CannotStartError as error:
            self._fail_to_start(str(error), error.exit_code)
        except OSError as error:
            self._wait_for_room(error, now)

    def _start_resolver(self, command: str, now: float) -> None:
        assert self._output is not None
        log = self._given.stderr(self._output.log)
        self.child = Child(
            lambda out: spawn(["sh", "-c", command], self._entrusted.environ, None, out, log),
            poller=self._poller,
            sink=self._given.printed.extend,
        )
        self.state = RESOLVING
        self.ending.kill_at = now + secrets.RESOLVE_SECONDS

    def _start_command(self, now: float) -> None:
        spec = self._spec
        self._files.mark_started()
        reach("after_phase")
        if spec.get("context") and self._talk is None and self._output is not None:
            self._talk = Talk(self._poller, self._entrusted, self._output.hide, self.held.keep)
            self._given.env[files.CHANNEL] = str(self._talk.number)
        if self._talk is not None and can_fork(spec["argv"]) and self._start_fork(now):
            return
        self._start, self._began = time.time(), process.steady()
        if self._talk is not None:
            self._talk.lend()
        env, cwd, umask = self._given.env, spec.get("cwd"), self._umask
        child = self._child(lambda out: spawn(spec["argv"], env, cwd, out, umask=umask))
        self._started(child, now)

    def _child(self, start: Callable[[int], int]) -> Child:
        assert self._output is not None
        direct = self._output.log if self._spec.get("log_direct") else None
        return Child(start, poller=self._poller, sink=self._feed, direct=direct)

    @alone
    def _feed(self, chunk: bytes) -> None:
        assert self._output is not None
        self._output.feed(chunk)
        if self._output.waiting and self._retry_at == NEVER:
            self._retry_at = time.monotonic() + PAUSE

    def _started(self, child: Child, now: float) -> None:
        self.child = child
        self.state = RUNNING
        self._spawned_at = now
        reach("after_child_spawn")
        if self._talk is not None:
            self._talk.lent()
        self.notice.process(child.pid, self._start)
        process.set_oom_score(child.pid, _TASK_OOM_SCORE)
        if self._spec.get("time_limit") is not None:
            self._limit_at = now + self._spec["time_limit"]

    def _start_fork(self, now: float) -> bool:
        """Ask for a fork of the warm parent; return whether there will be an answer. One try, then spawn."""
        if self.state == FORKING:
            self.state = WAITING
            return False
        spec, talk = self._spec, self._talk
        assert talk is not None

        def ask(out: int) -> int:
            self._birth = self._forge.bear(
                spec["argv"],
                self._given.env,
                spec.get("cwd") or "/",
                umask=self._umask,
                plain=self._given.plain,
                outputs=(out, out),
                channel=talk.number,
                born=self._born,
            )
            return 0

        try:
            self._unborn = self._child(ask)
        except (OSError, CannotStartError):
            return False
        self.state = FORKING
        self._retry_at = now + BIRTH_SECONDS
        return True

    @alone
    def _born(self, pid: int) -> None:
        """Let the fork that is *pid* go its way, or spawn when there is none: nothing has run yet."""
        now = time.monotonic()
        child, birth, self._unborn = self._unborn, self._birth, None
        assert child is not None
        assert birth is not None
        if pid == 0:
            child.close()
            self._birth = None
            self._advance(now)
            return
        self._retry_at = NEVER
        self._start, self._began = time.time(), process.steady()
        child.pid = pid
        self._started(child, now)
        birth.go()

    def _abandon(self) -> None:
        if self._unborn is not None:
            self._unborn.close()
            self._unborn = None
        if self._birth is not None:
            self._birth.abandon()
            self._birth = None

    def _wait_for_room(self, error: OSError, now: float) -> None:
        """Try again in a moment; give the launch back when the machine stays full. It uses no try."""
        if error.errno in BUSY and now < self._wait_until:
            self._retry_at = now + _BUSY_PAUSE
        else:
            self._finish({"kind": "revoked", "reason": f"no process could be started: {error.strerror}"})

    def _fail_to_start(self, reason: str, exit_code: int) -> None:
        self._finish({"kind": "exit_code", "exit_code": exit_code, "reason": reason}, note=reason)

    # --- while it runs --------------------------------------------------------------------------

    @alone
    def obey_stop(self, now: float) -> bool:
        """Look for a stop order and begin to carry it out; return whether there is one."""
        try:
            order = self._files.read(files.STOP)
        except (OSError, ValueError):
            return False
        reason = order.get("reason")
        if self.state in (WAITING, FORKING):
            self._finish({"kind": "cancelled", "reason": reason})
        elif self.state == RESOLVING and self.child is not None:
            self.ending.order("cancelled", reason, now, grace=0.0, child=self.child)
        elif self.state == HOLDING and self._output is not None:
            self._output.give_up()  # its end stands; who is in a hurry forgoes the rest of the log
            self._write_down(now)
        elif self.state == RUNNING or (self.state == ENDING and self.ending.asked):
            grace = 0.0 if order.get("mode") == "kill" else None
            self._order_end("cancelled", reason, now, grace=grace)
        return True

    def _order_end(self, asked: str, reason: str | None, now: float, *, grace: float | None) -> None:
        assert self.child is not None
        grace = float(self._spec.get("grace", 60.0)) if grace is None else grace
        if self.ending.asked is None and self.child.has_ended():
            return  # its own end came first, and is what counts
        self.ending.order(asked, reason, now, grace=grace, child=self.child)
        if self.ending.asked == "timeout" and self.ending.in_grace:
            self.notice.say(f"out of time: {self.ending.reason}", kill_at=time.time() + grace)

    def due(self) -> float:
        """Return the moment of the next thing to do, or infinity."""
        ending = self.ending.due(alone=self.state == ENDING)
        return min(self._retry_at, self._limit_at, ending, self._drain_until)

    @alone
    def tick(self, now: float) -> None:
        """Do what is due."""
        if now >= self._retry_at:
            self._retry(now)
        if now >= self._limit_at:
            self._limit_at = NEVER
            limit = self._spec["time_limit"]
            self._order_end("timeout", f"ran longer than {limit:g} s", now, grace=None)
        self.ending.asking.go_on(now)
        if now >= self.ending.kill_at and self.child is not None:
            self.ending.kill(self.child, now, alone=self.state == ENDING)
            if self.ending.trouble is not None:
                late = f"out of time: {self.ending.reason}; " if self.ending.asked == "timeout" else ""
                self.notice.say(f"{late}{self.ending.trouble}")

    def _retry(self, now: float) -> None:
        self._retry_at = NEVER
        if self.state == HOLDING:
            self._write_down(now)
        elif self.state in (RUNNING, ENDING):
            self._feed(b"")  # what waits for room on the disk
        else:
            if self.state == FORKING:
                self._abandon()
                self._forge.give_up()
            self._advance(now)

    # --- the end --------------------------------------------------------------------------------

    @alone
    def reaped(self, status: int, usage: Any, now: float) -> None:
        """Take note that the child ended with wait(2)'s *status* and was collected."""
        assert self.child is not None
        self._limit_at = NEVER
        if self.ending.asked is None or self.state == RESOLVING:
            self.ending.kill_at = NEVER
        if self._talk is not None:
            self._talk.drain()
        self.child.drain()
        if self.state == RESOLVING:
            self._after_resolver(status, now)
            return
        self.state = ENDING
        self._ended = (status, usage)
        self._duration = now - self._spawned_at
        self._drain_until = now + DRAIN_SECONDS if self.ending.asked is None else NEVER

    @alone
    def settle(self, now: float, *, strays: list[Stat]) -> None:
        """Write the result once output and descendants have ended, or the time for them is up.

        After an end that was ordered there is no such time: descendants have their grace, and then are
        killed until none is left.
        """
        assert self.child is not None
        ending = self.ending
        if ending.asked is not None and self._drain_until == NEVER:
            if not ending.is_over(self.child, now):
                return
            self._duration = now - self._spawned_at
            self._drain_until = now + DRAIN_SECONDS
            self.left.survivors |= ending.killed
        if now < self._drain_until and (strays or self.child.talking):
            return
        self.left.spared += strays
        note = _HELD_OPEN if self.child.talking else None
        self.child.close()
        try:
            verdict = self.held.verdict()
        except OSError:  # the disk's, and it may pass
            self._drain_until = now + PAUSE
            return
        ended = how_it_ended(self._ended[0], ending, verdict, self._spec)
        ended["reason"] = ended.get("reason") or self.left.words()
        usage = accounts(self._ended[1], exact=self._birth is not None)
        self._finish({**ended, "duration": self._duration, **usage}, note)

    def break_off(self, error: Exception) -> None:
        """End the attempt because something of ours failed: kill what there is of it, and say what it was."""
        complain(self.attempt_id, error)
        if self.state == DONE:
            return
        if self.child is not None:
            try:
                self.ending.kill(self.child, time.monotonic(), alone=self.state == ENDING)
            except Exception as again:  # noqa: BLE001 - what is left goes when its supervisor sweeps
                complain(self.attempt_id, again)
        reason = f"its supervisor failed over it: {type(error).__name__}: {error}"[:NOTE_MAX]
        for output in (self._output, None):  # the second time without a word on its output
            try:
                self._output = output
                self._finish({"kind": "lost", "reason": reason})
                return
            except Exception as again:  # noqa: BLE001 - in the end there is no result, and that says lost too
                complain(self.attempt_id, again)
                if output is not None:
                    output.close()
        self._let_go()

    def _after_resolver(self, status: int, now: float) -> None:
        assert self.child is not None
        assert self._output is not None
        self.child.close()
        self.child, self.state = None, WAITING
        problem = self._given.hear(os.waitstatus_to_exitcode(status))
        self._output.hide(self._given.values)
        self._output.feed(self._given.said())
        if self.ending.asked is not None:
            self._finish({"kind": self.ending.asked, "reason": self.ending.reason})
        elif problem is not None:
            self._fail_to_start(problem, NOT_RUNNABLE)
        else:
            self._advance(now)

    def _finish(self, ended: dict[str, Any], note: str | None = None) -> None:
        """Write down how it ended, and let go."""
        push = bool(self._spec.get("push_last_line"))
        facts = end_output(self._output, ended, push=push, note=note) if self._output is not None else {}
        result = {
            "attempt_id": self.attempt_id,
            **ended,
            **facts,
            **when(self._start, self._began),
            "survivors": len(self.left.survivors),
            "xcom_bytes": self.held.xcom_bytes(),
        }
        self._hang_up()
        self.held.conclude(self._output, result)
        self.state = HOLDING
        self._write_down(time.monotonic())

    def _write_down(self, now: float) -> None:
        """Write the result and all that goes with it, and let go; or hold it when the disk takes nothing."""
        self._retry_at = now + PAUSE
        if self.held.write(durable=self._is_durable()):
            self._let_go()

    def _hang_up(self) -> None:
        """Listen to nobody any more, and let no clock ring."""
        self._abandon()
        if self.child is not None:
            self.child.close()
        if self._talk is not None:
            self._talk.close()
        self._retry_at = self._limit_at = self._drain_until = NEVER
        self.ending.kill_at = self.ending.look_at = self.ending.asking.ask_at = NEVER

    def _let_go(self) -> None:
        """Close everything. Without a result: before the phase that is a free relaunch, after it lost."""
        self._hang_up()
        if self._output is not None:
            self._output.close()
        self._files.close()
        self.state = DONE

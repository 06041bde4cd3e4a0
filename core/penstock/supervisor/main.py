"""The process that parents attempts and outlives the engine.

Run as ``python -I -S -c '<append the package root to sys.path; call main()>' ROOT SOCKET``. Imports
a handful of small modules of the standard library, no user code and no SQL; its work is one loop
over descriptors and timers for k >= 1 attempts. It ends when it has no work and no engine.

The engine says ``{"op":"entrust",..}`` (see `environment`), ``{"op":"launch","ids":[..]}``,
``{"op":"stop","id":..}``, ``{"op":"renew","ids":[..]}`` (see `lease`) and ``{"op":"quit"}``; it hears
``{"op":"hello","ids":[..]}`` and ``{"op":"moved","ids":[..],"ended":[..]}``. All but the first are hints:
what counts is in the attempt directories (see `protocol`).
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections import deque

from penstock import process, stray_signals
from penstock.attempts.files import attempt_folder, dump_fields
from penstock.process_stat import Stat
from penstock.supervisor.attempt import Attempt, State
from penstock.supervisor.directory import AttemptFiles
from penstock.supervisor.engine_link import EngineLink
from penstock.supervisor.environment import OPERATION, EngineEnvironment
from penstock.supervisor.family import family, is_unassigned, owner
from penstock.supervisor.poller import Poller
from penstock.supervisor.sigterm import NEVER
from penstock.supervisor.warm_parent import WarmParent

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

RECONNECT_SECONDS = 0.5
LOCK_SECONDS = 5.0
"""Seconds to try for an attempt's lock; a probe takes it for microseconds, a supervisor keeps it."""
_LOCK_PAUSE = 0.005
_CLAIM_HINT_SECONDS = 0.02
"""Seconds until a start is reported: a shorter attempt is reported once, when it has ended."""
_LAUNCHES_PER_TURN = 4
_FAILURE_PAUSE = 0.2
"""Seconds until the next turn of the loop after one that failed."""
_OWN_OOM_SCORE = -500
_SIGKILL = 9


class Supervisor:
    """Runs attempts under *root* for the engine behind *socket_path*."""

    def __init__(self, root: str, socket_path: str, umask: int = 0o077) -> None:
        self._root = root
        self._umask = umask
        self._poller = Poller()
        self._warm_parent = WarmParent(self._poller)
        self._environment = EngineEnvironment()
        self._link = EngineLink(socket_path, self._poller, self._obey)
        self._live: dict[str, Attempt] = {}
        self._queue: deque[str] = deque()
        self._contended: dict[str, tuple[float, float]] = {}  # id -> (try again at, give up at)
        self._started: dict[str, float] = {}  # id -> when to tell the engine
        self._ended: list[str] = []
        self._spared: set[tuple[int, int]] = set()  # strays that cannot be killed, and were reported
        self._failure = ""
        self._said_unwritten: dict[str, str] = {}  # id -> what its result waits for, as last reported
        self._reconnect_at = 0.0
        self._next_due = 0.0
        """When an attempt had something due, by the last pause; what came up since, the next one finds."""
        self._claim = ""
        self._quitting = False

    def run(self) -> None:
        """Run the loop until there is nothing left to do."""
        self._wake_on_child_exit()
        process.adopt_orphans()
        process.set_oom_score("self", _OWN_OOM_SCORE)
        process.out_of_memory_kills()
        process.keep_memory_private()
        self._link.connect(())
        try:
            while self._link.connected or self._live or self._queue or self._contended:
                self._try_turn()
                if self._quitting and not (self._live or self._queue or self._contended):
                    break
        finally:
            if self._claim:
                os.unlink(self._claim)

    def _try_turn(self) -> None:
        """Take a turn. If it fails, the attempts are kept: the next turn may succeed."""
        try:
            self._turn()
        except Exception as error:  # noqa: BLE001 - every attempt in here would be lost
            import traceback

            if self._failure != (trace := "".join(traceback.format_exception(error))):
                self._failure = trace
                sys.stderr.write(trace)
                sys.stderr.flush()
            time.sleep(_FAILURE_PAUSE)

    def _turn(self) -> None:
        now = time.monotonic()
        self._stay_in_touch(now)
        for attempt_id in [key for key, (again, _) in self._contended.items() if now >= again]:
            self._launch(attempt_id, now)
        for _ in range(min(len(self._queue), _LAUNCHES_PER_TURN)):
            self._launch(self._queue.popleft(), now)
        if now >= self._next_due:
            for attempt in [each for each in self._live.values() if now >= each.due()]:
                attempt.tick(now)
                self._after(attempt, now)
        self._tell(now)
        self._poller.wait(self._pause())
        for attempt in [each for each in self._live.values() if each.state in (State.ENDING, State.DONE)]:
            self._after(attempt, time.monotonic())

    def _pause(self) -> float | None:
        """Return the seconds until the next timer, None if there is none."""
        self._next_due = min((attempt.due() for attempt in self._live.values()), default=NEVER)
        if self._queue:
            return 0.0
        moments = [self._next_due]
        moments += [again for again, _ in self._contended.values()]
        moments += self._started.values()
        now = time.monotonic()
        if not self._link.connected and (self._live or self._contended):
            moments.append(self._reconnect_at)
        if self._link.waiting:
            moments.append(now + 0.1)
        first = min(moments)
        if first < NEVER:
            return max(first - now, 0.0)
        return None if self._link.connected else 0.0

    # --- the engine -----------------------------------------------------------------------------

    def _stay_in_touch(self, now: float) -> None:
        if self._link.waiting:
            self._link.flush()
        if self._link.connected or now < self._reconnect_at:
            return
        self._reconnect_at = now + RECONNECT_SECONDS
        self._warm_parent.retire()  # the next engine may be another version of what it has imported
        if self._live:
            self._said_unwritten = {}
            self._link.connect(list(self._live))

    def _obey(self, message: dict[str, Any]) -> None:
        operation = message.get("op")
        if operation == "launch":
            self._queue.extend(each for each in message.get("ids", ()) if isinstance(each, str))
        elif operation == OPERATION:
            self._environment.take(message)
        elif operation == "stop":
            attempt = self._live.get(str(message.get("id")))
            if attempt is not None:
                now = time.monotonic()
                attempt.obey_stop(now)
                self._next_due = 0.0
                self._after(attempt, now)
        elif operation == "renew":
            now = time.monotonic()
            for each in (self._live.get(str(key)) for key in message.get("ids", ())):
                if each is not None:
                    each.lease.renew(now)
        elif operation == "quit":
            self._quitting = True

    def _tell(self, now: float) -> None:
        ready = [key for key, moment in self._started.items() if now >= moment]
        for key in ready:
            del self._started[key]
        if ready or self._ended:
            self._link.moved([*ready, *self._ended], self._ended)
            self._ended = []
        unwritten = {
            key: each.unwritten.problem for key, each in self._live.items() if each.unwritten.problem
        }
        if unwritten != self._said_unwritten and self._link.connected:
            self._link.unwritten(unwritten)
            self._said_unwritten = unwritten

    # --- attempts -------------------------------------------------------------------------------

    def _launch(self, attempt_id: str, now: float) -> None:
        if attempt_id in self._live:
            return
        _, give_up = self._contended.pop(attempt_id, (0.0, now + LOCK_SECONDS))
        folder = AttemptFiles(attempt_folder(self._root, attempt_id))
        try:
            self._take(folder)
        except BlockingIOError:
            if now < give_up:
                self._contended[attempt_id] = (now + _LOCK_PAUSE, give_up)
            else:
                self._ended.append(attempt_id)
            return
        except OSError:  # revoked, taken by another, forgotten, or the disk is full: not ours to run
            self._ended.append(attempt_id)
            return
        attempt = Attempt(
            attempt_id,
            folder,
            poller=self._poller,
            warm_parent=self._warm_parent,
            environment=self._environment,
            durable=self._needs_sync,
            family=lambda: self._family(attempt_id),
            moved=lambda ids: self._link.moved(ids, ()),
            umask=self._umask,
        )
        self._live[attempt_id] = attempt
        self._started[attempt_id] = now + _CLAIM_HINT_SECONDS
        attempt.begin(now)
        self._after(attempt, now)

    def _take(self, folder: AttemptFiles) -> None:
        try:
            folder.take(self._claim or self._new_claim())
        except OSError as error:
            if error.errno != errno.EMLINK:  # a file can only have so many links
                raise
            os.unlink(self._claim)
            folder.take(self._new_claim())

    def _new_claim(self) -> str:
        """Write the file that is linked into each attempt as its claim: complete before anyone sees it."""
        folder = f"{self._root}/.claims"
        os.makedirs(folder, mode=0o700, exist_ok=True)
        pid = os.getpid()
        fields = {"kind": "claimed", "pid": pid, "start_ticks": process.start_ticks(pid)}
        path = f"{folder}/{pid}-{time.time_ns()}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            data = dump_fields({**fields, "boot_id": process.boot_id()})
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)
        self._claim = path
        return path

    def _needs_sync(self) -> bool:
        # With an engine connected, its commit makes the result durable soon after, at less cost.
        return not self._link.connected

    def _after(self, attempt: Attempt, now: float) -> None:
        """Let an ending attempt settle, and drop one that is done."""
        if attempt.state is State.ENDING:
            sweeps = attempt.left.survivors and attempt.ending.ordered is None
            attempt.settle(now, strays=self._sweep(attempt) if sweeps else [])
        if attempt.report.news:
            attempt.report.news = False
            self._started.setdefault(attempt.attempt_id, now)
        if attempt.state is State.DONE and self._live.pop(attempt.attempt_id, None) is not None:
            self._started.pop(attempt.attempt_id, None)
            self._spared.update((record.pid, record.start_ticks) for record in attempt.left.spared)
            self._ended.append(attempt.attempt_id)
            if not self._live:
                self._tell(now)  # the engine can go on while we look
                self._kill_strays()

    # --- processes ------------------------------------------------------------------------------

    def _wake_on_child_exit(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        stray_signals.block(but=[signal.SIGCHLD])
        self._poller.watch(reading, lambda: self._on_child_exit(reading))

    def _on_child_exit(self, wakeups: int) -> None:
        os.read(wakeups, 4096)
        self._reap()

    def _reap(self) -> None:
        """Reap every child that has ended, including orphans that became ours."""
        while True:
            pid = self._next_zombie()
            if pid is None:
                return
            attempt = self._attempt_of(pid)
            if attempt is not None and not attempt.ending.in_grace:
                # The zombie still has its number, so the group below cannot be a stranger's.
                if attempt.state is State.RUNNING and attempt.ending.ordered is None:
                    self._sweep(attempt)
                process.signal_group(pid, _SIGKILL)
            _, status, usage = os.wait4(pid, 0)
            if attempt is not None:
                now = time.monotonic()
                attempt.reaped(status, usage, now)
                self._after(attempt, now)
            else:
                for each in self._live.values():
                    each.ending.look_soon()

    def _next_zombie(self) -> int | None:
        if not hasattr(os, "waitid"):  # macOS before Python 3.13: there, only our own are known anyway
            ended = (each.child for each in self._awaited() if each.child and each.child.has_ended())
            return next((child.pid for child in ended), None)
        try:
            zombie = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None
        return None if zombie is None else zombie.si_pid

    def _awaited(self) -> list[Attempt]:
        return [each for each in self._live.values() if each.awaited is not None]

    def _attempt_of(self, pid: int) -> Attempt | None:
        return next((each for each in self._awaited() if each.child and each.child.pid == pid), None)

    def _leaders(self) -> dict[str, int]:
        return {each.attempt_id: each.child.pid if each.child else 0 for each in self._live.values()}

    def _family(self, attempt_id: str) -> list[Stat]:
        """Return the live processes of an attempt, except those that an ended one left behind for good."""
        members = family(attempt_id, self._leaders())
        return [each for each in members if (each.pid, each.start_ticks) not in self._spared]

    def _sweep(self, attempt: Attempt) -> list[Stat]:
        """Kill what *attempt* left behind, and return it."""
        try:
            return self._kill_left(attempt)
        except Exception as error:  # noqa: BLE001 - the others must not suffer from it
            attempt.break_off(error)
            return []

    def _kill_left(self, attempt: Attempt) -> list[Stat]:
        """Kill the processes of *attempt* that exist at the moment, and return them.

        Orphans become our children one generation at a time, so call it until none is left.
        """
        leaders = self._leaders()
        found = []
        for record in self._strays():
            theirs = owner(record, leaders)
            mine = theirs == attempt.attempt_id or (theirs is not None and theirs not in leaders)
            failed = process.send(record.pid, record.start_ticks, _SIGKILL if mine else 0)
            if failed == errno.EPERM and (mine or theirs is None):
                self._spared.add((record.pid, record.start_ticks))
                attempt.left.spared.append(record)
                attempt.left.doubtful = attempt.left.doubtful or not mine
            elif mine and failed == 0:
                found.append(record)
                attempt.left.survivors.add((record.pid, record.start_ticks))
        return found

    def _kill_strays(self) -> None:
        """Kill orphans when no attempt is left: they belong to none that is alive."""
        for record in self._strays():
            process.send(record.pid, record.start_ticks, _SIGKILL)

    def _strays(self) -> list[Stat]:
        """Return our live children that no attempt waits for, except those that cannot be killed."""
        pid = os.getpid()
        try:
            children = process.children_of_thread(pid, pid)
        except OSError:
            children = process.children(pid)
        awaited = {self._warm_parent.pid, *(each.child.pid for each in self._awaited() if each.child)}
        strangers = [child for child in children if child not in awaited]
        if not strangers and not self._spared:
            return []
        records = [process.stat(child) for child in strangers]
        living = {(each.pid, each.start_ticks): each for each in records if each and not each.ended}
        self._spared &= living.keys()
        return [each for key, each in living.items() if key not in self._spared and not is_unassigned(each)]


def main() -> None:
    """Run with the arguments ROOT (of the attempt directories) and SOCKET (the engine's)."""
    root, socket_path = sys.argv[1:3]
    umask = os.umask(0o077)
    os.closerange(3, 1 << 20)  # files that the engine had open without close-on-exec
    os.chdir("/")
    Supervisor(root, socket_path, umask).run()

"""The supervisors of an engine: starts them, gives them work, lets them end.

At least one is kept warm. Supervisors of an earlier engine connect by themselves and are used like
our own. Everything in here may be lost at any time without harm: what counts is in the
attempt directories.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from penstock.attempts import files
from penstock.execution.executor import Hint, Worker
from penstock.execution.local import directory
from penstock.execution.local.environment import environment_message, supervisor_environment
from penstock.execution.local.silence import Silence
from penstock.execution.local.supervisor_link import SupervisorLink
from penstock.process_memory import memory_of
from penstock.settings import Settings
from penstock.stray_signals import ALL

START_SECONDS = 10.0
"""Seconds that a new supervisor may take to say hello before another is started."""
IDLE_SECONDS = 30.0
"""Seconds that a supervisor may be idle, unless it is the last one."""
SIDE_BY_SIDE = max(2, min(4, os.cpu_count() or 1))
"""Number of supervisors that share the work before any of them is full."""
_NAME = "local"
_COMFORTABLE = 2
"""Attempts of each of those, on average, before another one is started."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_CODE = "import sys;sys.path.append(sys.argv.pop(1));from penstock.supervisor.main import main;main()"


class Supervisors:
    """Places attempts with supervisors, at most ``attempts_per_supervisor`` each.

    Used from one event loop. *hint* is called with attempts that may have changed.
    """

    def __init__(self, settings: Settings, hint: Hint) -> None:
        self._settings = settings
        self._hint = hint
        self._environment = environment_message(settings, os.environ)
        self._links: list[SupervisorLink] = []
        self.silence = Silence(self._later, self._give_to_others, self._place)
        self._connections: set[SupervisorLink] = set()
        self._waiting: deque[str] = deque()
        self._starting: dict[int, asyncio.TimerHandle] = {}
        self._unreaped: set[int] = set()
        self._server: asyncio.AbstractServer | None = None
        self._inode = 0
        self._pause = _FIRST_PAUSE
        self._timers: set[asyncio.TimerHandle] = set()
        self._open = False
        self._trimming = False
        self._all_left = asyncio.Event()

    async def start(self) -> None:
        """Listen, and start a supervisor so that the first launch finds it warm."""
        await self._listen()
        self._open = True
        self._start_one()

    async def _listen(self) -> None:
        self._settings.settle_sockets()
        path = self._settings.supervisor_socket
        make_private(path.parent)
        path.unlink(missing_ok=True)  # left by an engine that died; the caller checks its lock
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: SupervisorLink(self), path, backlog=256)
        path.chmod(0o600)
        self._inode = path.stat().st_ino

    async def mend(self) -> bool:
        """Listen again if the socket was removed or replaced; return whether it was."""
        if not self._open or self._server is None or self._is_ours():
            return False
        self._server.close()  # supervisors that are connected stay so
        await self._listen()
        return True

    def _is_ours(self) -> bool:
        try:
            return self._settings.supervisor_socket.lstat().st_ino == self._inode
        except OSError:
            return False

    async def close(self) -> None:
        """Close all connections. Idle supervisors end, the others finish their work first."""
        self._open = False
        for timer in (*self._timers, *self._starting.values()):
            timer.cancel()
        if self._server is not None:
            self._server.close()
            if self._is_ours():
                self._settings.supervisor_socket.unlink(missing_ok=True)
        self._links.clear()
        for link in self._connections:
            link.close()
        if self._connections:
            await self._all_left.wait()
        self._collect()

    def launch(self, ids: Sequence[str]) -> None:
        """Give attempts to supervisors, and start more if all are full."""
        self._waiting.extend(ids)
        self._place()

    def stop(self, attempt_id: str) -> None:
        """Tell all supervisors that may have the attempt that there is a stop order in its directory."""
        for link in self._links:
            if attempt_id in link.ids:
                link.stop(attempt_id)

    def renew(self, ids: Collection[str]) -> None:
        """Renew the leases of those of *ids* that supervisors run."""
        for link in self._links:
            theirs = link.ids.intersection(ids)
            if theirs:
                link.renew(sorted(theirs))

    def entrust(self, message: dict[str, Any]) -> None:
        """Give all supervisors, and those to come, this environment in place of the engine's own."""
        self._environment = message
        for link in self._links:
            link.send_environment(message)

    def release(self, attempt_id: str) -> None:
        """Free the place of an attempt that ended, in case its supervisor has not done so."""
        for link in self._links:
            link.ids.discard(attempt_id)

    def hint_soon(self, ids: Sequence[str]) -> None:
        """Call the hint with *ids* in the next turn of the loop, never within the call that caused it."""
        self._later(0.0, lambda: self._hint(ids))

    @property
    def used(self) -> int:
        """Number of attempts that are placed or wait for a place."""
        return len(self._waiting) + sum(len(link.ids) for link in self._links)

    def workers(self) -> tuple[Worker, ...]:
        """Return the supervisors for operators, those with the most attempts first, and those that start."""
        found = [_worker(link) for link in self._links]
        found += [Worker(_NAME, pid, 0, "starting") for pid in self._starting]
        return tuple(sorted(found, key=lambda worker: (-worker.attempts, worker.pid or 0)))

    # --- what supervisors say (`Listener`) ----------------------------------------------------------

    def connected(self, link: SupervisorLink) -> None:
        """Record a connection; its hello says what it is."""
        self._connections.add(link)
        self._all_left.clear()
        if not self._open:
            link.close()

    def greeted(self, link: SupervisorLink, ids: Sequence[str]) -> None:
        """Add a supervisor, our own or an earlier engine's."""
        self._links.append(link)
        timer = self._starting.pop(link.pid or 0, None)
        if timer is not None:
            timer.cancel()
        self._pause = _FIRST_PAUSE
        if link.speaks < files.SPEAKS:  # an older version would not give tasks the values that they name
            link.quit()
        link.send_environment(self._environment)
        self._place()
        for each in ids:  # orders that were given before it connected
            if (files.attempt_path(self._settings.attempts, each) / files.STOP).exists():
                link.stop(each)
        if ids:
            self._hint(ids)

    def moved(self, link: SupervisorLink, ids: Sequence[str], ended: Sequence[str]) -> None:
        """Use the free places, and pass the hint on."""
        self.silence.heard(link)
        if ended and self._waiting:
            self._place()
        if not link.ids and len(self._links) > 1 and not self._trimming:
            self._trimming = True
            self._later(IDLE_SECONDS, self._trim)
        if ids:
            self._hint(ids)

    def unwritten(self, link: SupervisorLink, why: dict[str, str]) -> None:
        """Record results that wait for the disk."""
        before, link.unwritten = link.unwritten, why
        self._hint(sorted({*before, *why}))

    def waits_for(self, attempt_id: str) -> str | None:
        """Return why an attempt's result cannot be written, as its supervisor reports."""
        return next(
            (link.unwritten[attempt_id] for link in self._links if attempt_id in link.unwritten), None
        )

    def left(self, link: SupervisorLink) -> None:
        """Look at the attempts of a supervisor that has gone, and keep one warm."""
        if link in self._links:
            self._links.remove(link)
        self._connections.discard(link)
        self.silence.gone(link)
        if not self._connections:
            self._all_left.set()
        self._collect()
        self._later(1.0, self._collect)  # the connection ends a moment before the process
        if link.ids and self._open:
            self._hint(sorted(link.ids))
            self._launch_again(link.ids)
        if self._open and not self._links and not self._starting:
            self._later(self._pause, self._keep_warm)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _launch_again(self, ids: Iterable[str]) -> list[str]:
        """Give those of *ids* that are not claimed to others, and return them."""
        root = self._settings.attempts
        probes = ((each, directory.probe(files.attempt_path(root, each))) for each in sorted(ids))
        again = [each for each, facts in probes if facts.stage is directory.Stage.ACCEPTED]
        self.launch(again)
        return again

    def _give_to_others(self, link: SupervisorLink, ids: Sequence[str]) -> None:
        """Give others the launches that *link*, just set aside, has not answered."""
        link.ids.difference_update(self._launch_again(ids))
        self._keep_warm()

    # --- starting and ending --------------------------------------------------------------------

    def _place(self) -> None:
        """Give each waiting attempt to the supervisor with the fewest, and start more if needed."""
        limit = max(self._settings.attempts_per_supervisor, 1)
        staying = [link for link in self._links if link.takes_work]
        given: dict[SupervisorLink, list[str]] = {link: [] for link in staying}
        while self._waiting and given:
            link = min(staying, key=lambda each: len(each.ids) + len(given[each]))
            if len(link.ids) + len(given[link]) >= limit:
                break
            given[link].append(self._waiting.popleft())
        for link, ids in given.items():
            if ids:
                link.launch(ids)
                self.silence.watch(link)
        must = -(-len(self._waiting) // limit)
        # A supervisor is blocked while it starts a process, so a few of them start more in less time.
        wish = min(SIDE_BY_SIDE, -(-self.used // _COMFORTABLE)) - len(staying)
        for _ in range(max(must, wish) - len(self._starting)):
            self._start_one()

    def _start_one(self) -> None:
        if not self._open:
            return
        settings = self._settings
        words = [str(_package_root()), str(settings.attempts), str(settings.supervisor_socket)]
        complaints = settings.run_folder / "supervisors.log"
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            make_private(settings.run_folder)
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", _CODE, *words],
                supervisor_environment(os.environ),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, str(complaints), flags, 0o600),
                ],
                setsid=True,
                setsigmask=ALL,  # from its first moment: it unblocks the signals that it wants
                setsigdef=ALL,
            )
        except OSError:  # short of processes or disk: launches wait, and their deadline tells the engine
            self._later(self._pause, self._keep_warm)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            return
        self._unreaped.add(pid)
        loop = asyncio.get_running_loop()
        self._starting[pid] = loop.call_later(START_SECONDS, self._give_up_on, pid)

    def _give_up_on(self, pid: int) -> None:
        self._starting.pop(pid, None)
        self._collect()
        self._keep_warm()

    def _keep_warm(self) -> None:
        if not self._starting and not any(link.takes_work for link in self._links):
            self._start_one()
        self._place()

    def _trim(self) -> None:
        self._trimming = False
        idle = [link for link in self._links if not link.ids and link.takes_work]
        keep = 0 if len(idle) < sum(link.takes_work for link in self._links) else 1
        for link in idle[keep:]:
            link.quit()

    def _collect(self) -> None:
        """Reap the supervisors we started that have ended."""
        for pid in list(self._unreaped):
            try:
                ended, _ = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                ended = pid
            if ended:
                self._unreaped.discard(pid)
                timer = self._starting.pop(pid, None)
                if timer is not None:
                    timer.cancel()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        if not self._open:
            return
        loop = asyncio.get_running_loop()
        self._timers = {timer for timer in self._timers if timer.when() > loop.time()}
        self._timers.add(loop.call_later(seconds, call))


def _worker(link: SupervisorLink) -> Worker:
    state = "working" if link.ids else "idle"
    if link.silence is not None:
        state = "silent"
    elif link.leaving:
        state = "leaving"
    note = link.silence
    if link.unwritten:
        note = f"{len(link.unwritten)} results wait for room on the disk"
    rss = memory_of(link.pid).rss if link.pid else None
    return Worker(_NAME, link.pid, len(link.ids), state, rss, note)


def make_private(folder: Path) -> None:
    """Create *folder* for our own user alone; raise PermissionError if another user has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "must belong only to the user of the engine", str(folder))


def _package_root() -> Path:
    return Path(files.__file__).resolve().parents[2]

"""Keeps a cluster on one machine alive: ``python -P -m penstock.execution.dask.keeper HOME``.

What systemd is to a real cluster, this is to the one that `penstock cluster start` makes: a scheduler and
its workers, each begun again when it ends. Standard library only. When it is killed, they go on; the next
keeper ends them in order, which stops no task, and begins its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock import process, stray_signals
from penstock.attempts.files import write_whole
from penstock.execution.dask.access import FILE, cluster_folder

STATE = "cluster.json"
"""In the cluster's folder: how many workers with how many slots, the port, the certificates."""
LOCK = "keeper.lock"
END_SECONDS = 15.0
"""Seconds that a member may take to end in order."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_STEADY_SECONDS = 10.0
_LOOK = 0.05


@dataclass(frozen=True, slots=True)
class Member:
    """One process of a cluster: its name, and the words that begin it."""

    name: str
    argv: tuple[str, ...]


def members(home: Path, state: dict[str, Any]) -> list[Member]:
    """Return the processes of the cluster that *state* describes, the scheduler first."""
    folder = cluster_folder(home)
    penstock = (sys.executable, "-P", "-m", "penstock", "--home", str(home))
    certs = ("--certs", str(state["certs"])) if state.get("certs") else ()
    listen = f"127.0.0.1:{state['port']}"
    found = [
        Member(
            "scheduler",
            (*penstock, "cluster", "scheduler", "--listen", listen, "--file", str(folder / FILE), *certs),
        )
    ]
    for number in range(1, int(state["workers"]) + 1):
        name = f"{os.uname().nodename}-{number}"
        root = folder / f"worker-{number}"
        words = ("worker", "--name", name, "--root", str(root), "--slots", str(state["slots"]))
        found.append(Member(f"worker-{number}", (*penstock, *words)))
    return found


def pid_file(folder: Path, name: str) -> Path:
    """Return the file that says which process a member is."""
    return folder / f"{name}.pid"


def alive(folder: Path, name: str) -> int | None:
    """Return the process id of a member that lives; None if it does not."""
    try:
        said = json.loads(pid_file(folder, name).read_bytes())
        pid, ticks, boot = int(said["pid"]), said["start_ticks"], said["boot_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if process.is_alive(pid, ticks, boot) else None


def end(folder: Path, names: Sequence[str]) -> list[str]:
    """Send SIGTERM to those members that live; return which."""
    found = []
    for name in names:
        pid = alive(folder, name)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                os.kill(pid, signal.SIGCONT)
                found.append(name)
    return found


def named(folder: Path) -> list[str]:
    """Return the names of all members that ever wrote their process id, workers first."""
    names = [path.stem for path in sorted(folder.glob("*.pid"))]
    return sorted(names, key=lambda name: (name == "scheduler", name))


def free_port() -> int:
    """Return a port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def held(folder: Path) -> bool:
    """Whether a keeper lives."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


class Keeper:
    """Begins the members below *home*, and begins again what ends, until it is told to end itself."""

    def __init__(self, home: Path, state: dict[str, Any]) -> None:
        self._folder = cluster_folder(home)
        self._members = members(home, state)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Keep all members until a signal comes; then end them, the workers first."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        await _ended(self._folder, end(self._folder, named(self._folder)))
        keeping = [loop.create_task(self._keep(member)) for member in self._members]
        await self._stopping.wait()
        await asyncio.gather(*keeping)

    async def _keep(self, member: Member) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            began = process.steady()
            child = await self._begin(member)
            ending = asyncio.ensure_future(child.wait())
            stopping = asyncio.ensure_future(self._stopping.wait())
            await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not ending.done():
                await self._end(member, child, ending)
                return
            pause = (
                _FIRST_PAUSE if process.steady() - began > _STEADY_SECONDS else min(2 * pause, _LONGEST_PAUSE)
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _begin(self, member: Member) -> asyncio.subprocess.Process:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        log = os.open(self._folder / f"{member.name}.log", flags, 0o600)
        try:
            child = await asyncio.create_subprocess_exec(
                *member.argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        finally:
            os.close(log)
        ticks = process.start_ticks(child.pid)
        fields = {"pid": child.pid, "start_ticks": ticks, "boot_id": process.boot_id()}
        path = pid_file(self._folder, member.name)
        write_whole(self._folder, path.name, json.dumps(fields).encode())
        return child

    async def _end(
        self, member: Member, child: asyncio.subprocess.Process, ending: asyncio.Future[int]
    ) -> None:
        if member.name == "scheduler":  # so that workers can say good-bye
            await _ended(self._folder, [each.name for each in self._members[1:]])
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
            child.send_signal(signal.SIGCONT)
        try:
            await asyncio.wait_for(asyncio.shield(ending), END_SECONDS)
        except TimeoutError:
            child.kill()
            await ending


async def _ended(folder: Path, names: Sequence[str]) -> None:
    """Wait until none of the members *names* lives; kill those that take too long."""
    deadline = process.steady() + END_SECONDS + 2
    while left := [pid for name in names if (pid := alive(folder, name)) is not None]:
        if process.steady() > deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(_LOOK)


def main() -> int:
    """Run with the argument HOME."""
    home = Path(sys.argv[1])
    folder = cluster_folder(home)
    stray_signals.disregard(but=[signal.SIGTERM, signal.SIGINT])
    stray_signals.let_through()
    os.umask(0o077)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("a keeper runs already for this cluster\n")
        return 1
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    state = json.loads((folder / STATE).read_bytes())
    asyncio.run(Keeper(home, state).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Which process is which, and how to signal one without hitting a stranger.

Process ids are reused, so a recorded pid means nothing by itself: an identity is the boot, the pid
and the process's start in clock ticks. Stdlib only, and light: supervisors import this.
Works on Linux through /proc and on macOS through libproc.
"""

from __future__ import annotations

import errno
import os
import sys
import time

from penstock.process_stat import Stat

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    import socket
    from collections.abc import Iterable, Iterator

LINUX = sys.platform.startswith("linux")
SIGCONT = 18 if LINUX else 19
_SIGKILL = 9
_GIVES_WAY = 10
_TURN_NS = 100_000
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
"""The number of that system call, for which neither Python nor the C library has a function."""
_boot_id: str | None = None
# Linux stops its monotonic clock while the machine sleeps; macOS does not.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_oom_kills: int | None = None


def steady() -> float:
    """Return seconds of a clock that nobody sets and that counts the machine's sleep; see `boot_id`."""
    return time.clock_gettime(_STEADY)


def boot_id() -> str:
    """Return what tells this boot of the machine from any other."""
    global _boot_id  # noqa: PLW0603 - it cannot change while we live
    if _boot_id is None:
        if LINUX:
            _boot_id = _read_text("/proc/sys/kernel/random/boot_id").strip()
        else:
            from penstock import process_darwin

            _boot_id = process_darwin.boot_id()
    return _boot_id


def stat(pid: int) -> Stat | None:
    """Return the kernel's record of *pid*, or None when there is no such process."""
    if not LINUX:
        from penstock import process_darwin

        return process_darwin.stat(pid)
    try:
        text = _read_text(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The name in parentheses may hold anything, so count from its last closing one.
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(pid, fields[0], int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))


def start_ticks(pid: int) -> int | None:
    """Return when *pid* started, in a unit of the platform's own; None when there is no such process."""
    record = stat(pid)
    return None if record is None else record.start_ticks


def is_alive(pid: int, ticks: int | None, boot: str | None) -> bool:
    """Tell whether the very process that was recorded still runs (a zombie does not)."""
    if ticks is None or boot != boot_id():
        return False
    record = stat(pid)
    return record is not None and record.start_ticks == ticks and not record.ended


def signal_process(pid: int, ticks: int, number: int) -> bool:
    """Do what `send` does; return whether a signal was sent."""
    return send(pid, ticks, number) == 0


def send(pid: int, ticks: int, number: int) -> int:
    """Send signal *number* to *pid* if it is still the process that started at *ticks*.

    Through a pidfd where the kernel has them, so that the process checked is the process hit.
    Returns 0, or the error's number: ESRCH if there is no such process, EPERM if it is another user's.
    """
    try:
        if not LINUX or not hasattr(os, "pidfd_open"):
            if start_ticks(pid) != ticks:
                return errno.ESRCH
            os.kill(pid, number)
            return 0
        import signal

        handle = os.pidfd_open(pid)
        try:
            if start_ticks(pid) != ticks:
                return errno.ESRCH
            signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
    except OSError as error:
        return error.errno or errno.ESRCH
    return 0


def owner_of(pid: int) -> str:
    """Return the name of the user that *pid* belongs to, its number if nameless, "" when it is gone."""
    try:
        uid = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return ""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def name_of(pid: int) -> str:
    """Return what the kernel calls *pid*: the name of its program, cut short; "" when it is gone."""
    try:
        return _read_text(f"/proc/{pid}/comm").strip()
    except OSError:
        return ""


def signal_group(pgid: int, number: int) -> bool:
    """Send signal *number* to a process group whose leader the caller knows to be unreaped."""
    try:
        os.killpg(pgid, number)
    except OSError:
        return False
    return True


def children(pid: int) -> list[int]:
    """Return the direct children of *pid* (Linux; elsewhere none can be told), zombies included."""
    if not LINUX:
        return []
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += children_of_thread(pid, thread)
    except FileNotFoundError:
        if os.path.exists(f"/proc/{pid}/stat") and not _has_children_files():
            return [record.pid for record in processes() if record.ppid == pid]
    except ProcessLookupError:
        pass
    return found


def children_of_thread(pid: int, thread: int | str) -> list[int]:
    """Return the children that one thread of *pid* has; Linux only, raises OSError when it is gone."""
    return [int(child) for child in _read_text(f"/proc/{pid}/task/{thread}/children").split()]


def processes() -> Iterator[Stat]:
    """Yield the record of every process that can be seen (Linux; elsewhere none)."""
    if not LINUX:
        return
    for name in os.listdir("/proc"):
        if name.isdigit():
            record = stat(int(name))
            if record is not None:
                yield record


def environment_value(pid: int, name: str) -> str | None:
    """Return what *pid* was started with for the environment variable *name*, if that can be told."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            block = stream.read(1 << 20)
    except OSError:
        return None
    prefix = name.encode() + b"="
    for item in block.split(b"\0"):
        if item.startswith(prefix):
            return item[len(prefix) :].decode(errors="replace")
    return None


def kill_session(leader: int, ticks: int | None, boot: str | None) -> int:
    """Kill what is left of the session that *leader* once led, and return how many were hit.

    Does nothing unless the recorded leader still lives: a session's number may have been given
    to others after its leader and all members ended.
    """
    if ticks is None or not is_alive(leader, ticks, boot):
        return 0
    members = [record for record in processes() if record.session == leader and record.pid != leader]
    hit = sum(signal_process(member.pid, member.start_ticks, _SIGKILL) for member in members)
    return hit + signal_process(leader, ticks, _SIGKILL)


def kill_marked(name: str, values: Iterable[str], *, limit: float = 2.0) -> int:
    """Kill every process whose environment says *name* = one of *values*; return how many were hit.

    Scans again until none is left, because a process may fork between scan and signal, for at most
    *limit* seconds. Linux only: elsewhere environments of others cannot be read.
    """
    wanted = frozenset(values)
    own = os.getpid()
    hit: set[tuple[int, int]] = set()
    deadline = time.monotonic() + limit
    while wanted:
        found = [
            record
            for record in processes()
            if record.pid != own and not record.ended and environment_value(record.pid, name) in wanted
        ]
        if not found or time.monotonic() > deadline:
            break
        for record in found:
            if signal_process(record.pid, record.start_ticks, _SIGKILL):
                hit.add((record.pid, record.start_ticks))
        time.sleep(0.002)
    return len(hit)


def adopt_orphans() -> bool:
    """Make orphaned descendants children of this process instead of init's; return whether it worked."""
    if not LINUX:
        return False
    import ctypes

    pr_set_child_subreaper = 36
    return bool(ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0) == 0)


def keep_memory_private() -> bool:
    """Leave no core of this process, and let no other of its user look into it; return whether it worked.

    A program started from here is as open as ever.
    """
    if not LINUX:
        return False
    import ctypes

    pr_set_dumpable = 4
    return bool(ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0) == 0)


def set_oom_score(pid: int | str, score: int) -> bool:
    """Set how readily the kernel kills *pid* when memory runs out (-1000..1000); return whether it did."""
    try:
        handle = os.open(f"/proc/{pid}/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(handle, str(score).encode())
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def give_way() -> bool:
    """Let other processes go first from now on; tell whether it holds in all of the machine.

    On Linux sessions share the processor before processes do, so one that leads a session lowers that too
    (sched(7), "The autogroup feature"). Its turns on the processor get short as well, where the kernel can
    do that: a low priority alone still lets it finish a turn of some milliseconds while others wait.
    """
    os.nice(_GIVES_WAY)
    _take_short_turns()
    if not LINUX or os.getsid(0) != os.getpid():
        return False
    try:
        with open("/proc/self/autogroup", "w") as group:
            group.write(str(_GIVES_WAY))
    except OSError:  # a kernel without it
        return False
    return True


def _take_short_turns() -> None:
    """Ask for turns of 0.1 ms; ignored before Linux 6.12 (sched_setattr(2), ``sched_runtime``)."""
    number = _SCHED_SETATTR.get(os.uname().machine)
    if not LINUX or number is None:
        return
    import ctypes
    import struct

    layout, usual_policy = "IIQiIQQQ", 0
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = struct.pack(layout, struct.calcsize(layout), usual_policy, 0, nice, 0, _TURN_NS, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, wanted, 0)


def peer_uid(channel: socket.socket) -> int | None:
    """Return the user id at the other end of a connected Unix socket, or None when it cannot be told."""
    import struct

    if LINUX:
        so_peercred = 17
        credentials = channel.getsockopt(1, so_peercred, 12)  # level SOL_SOCKET: pid, uid, gid
        return int(struct.unpack("3i", credentials)[1])
    local_peercred = 1
    credentials = channel.getsockopt(0, local_peercred, 76)  # level SOL_LOCAL: struct xucred
    return int(struct.unpack_from("2I", credentials)[1]) if len(credentials) >= 8 else None


def own_peak_rss() -> int:
    """Return the most memory this process ever had resident, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if LINUX else 1)


def out_of_memory_kills() -> int:
    """Return how often the kernel killed because memory ran out since the last call (0 at the first)."""
    global _oom_kills  # noqa: PLW0603 - the kernel's counter is one for all, and so is what we saw of it
    if not LINUX:
        return 0
    before, _oom_kills = _oom_kills, 0
    for line in _read_text("/proc/vmstat").splitlines():
        if line.startswith("oom_kill "):
            _oom_kills = int(line.split()[1])
    return 0 if before is None else _oom_kills - before


def _has_children_files() -> bool:
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def _read_text(path: str) -> str:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(handle, 65536):
            pieces.append(piece)
            if len(piece) < 2048:  # /proc hands out about a page at a time: much less is the end
                break
        return b"".join(pieces).decode(errors="replace")
    finally:
        os.close(handle)

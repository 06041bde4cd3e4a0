"""What one process uses: its memory, and its CPU time and transfers with the children that it waited for.

On Linux from /proc, read here: psutil, which knows every system, would be a megabyte of memory in an engine,
and takes three times as long. Elsewhere psutil is asked.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from penstock.process import LINUX, children, start_ticks, steady

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Totals(NamedTuple):
    """One process with the children it has waited for; bytes, and seconds of CPU."""

    cpu_seconds: float
    rss: int
    read_bytes: int
    write_bytes: int


def totals(pid: int) -> Totals | None:
    """Return what a process uses; None if it has ended, or is about to."""
    if not LINUX:
        return _elsewhere(pid)
    try:
        used = of_stat(_read(f"/proc/{pid}/stat"))
    except OSError:
        return None
    if used is None:
        return None
    try:
        moved = of_io(_read(f"/proc/{pid}/io"))
    except OSError:  # another user's
        moved = (0, 0)
    return Totals(*used, *moved)


def of_stat(line: bytes) -> tuple[float, int] | None:
    """Return CPU seconds and resident bytes from /proc/PID/stat (proc_pid_stat(5)); None if it has ended.

    One that has no memory any more is ending: it is about to be a zombie. Its size tells that; the pages
    that are resident are only counted roughly, and none may be shown of a small process that runs.
    """
    # The name in parentheses may hold anything, so count from its last closing one.
    fields = line[line.rindex(b")") + 2 :].split()
    pages = int(fields[21])
    if fields[0] in (b"Z", b"X") or not int(fields[20]):
        return None
    return sum(map(int, fields[11:15])) / _TICKS, pages * _PAGE


def of_io(lines: bytes) -> tuple[int, int]:
    """Return the bytes read from and written to disks, from /proc/PID/io (proc_pid_io(5))."""
    counts = dict(line.split(b": ") for line in lines.splitlines())
    return int(counts[b"read_bytes"]), int(counts[b"write_bytes"])


def age(pid: int) -> float:
    """Return how many seconds ago a process began; 0 if it is gone."""
    if not LINUX:
        import psutil

        try:
            return max(time.time() - psutil.Process(pid).create_time(), 0.0)
        except psutil.Error:
            return 0.0
    started = start_ticks(pid)
    return 0.0 if started is None else max(steady() - started / _TICKS, 0.0)


def children_of(pid: int) -> list[int]:
    """Return the direct children of a process."""
    if LINUX:
        return children(pid)
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children()]
    except psutil.Error:
        return []


def _elsewhere(pid: int) -> Totals | None:
    import psutil

    try:
        handle = psutil.Process(pid)
        with handle.oneshot():
            if handle.status() == psutil.STATUS_ZOMBIE:
                return None
            cpu = handle.cpu_times()
            rss = handle.memory_info().rss
    except psutil.Error:
        return None
    waited = getattr(cpu, "children_user", 0.0) + getattr(cpu, "children_system", 0.0)
    return Totals(cpu.user + cpu.system + waited, rss, 0, 0) if rss else None


def _read(path: str) -> bytes:
    with open(path, "rb", 0) as file:  # noqa: PTH123 - a hundred of them in a second
        return file.read()

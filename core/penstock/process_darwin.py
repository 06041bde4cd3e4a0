"""The macOS side of `penstock.process`: identities through libproc and sysctl."""

from __future__ import annotations

import ctypes
import os
import struct
from functools import cache

from penstock.process_stat import Stat

_PROC_PIDTBSDINFO, _PROC_PIDTASKINFO = 3, 4
_BSDINFO_SIZE, _TASKINFO_SIZE = 136, 96
_SSTOP, _SZOMB = 4, 5


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def boot_id() -> str:
    """Return the identifier that macOS draws at each boot.

    Raises OSError if it cannot be read.
    """
    size = ctypes.c_size_t(64)
    value = ctypes.create_string_buffer(size.value)
    if _libc().sysctlbyname(b"kern.bootsessionuuid", value, ctypes.byref(size), None, 0) != 0:
        raise OSError(ctypes.get_errno(), "kern.bootsessionuuid cannot be read")
    return value.value.decode()


def stat(pid: int) -> Stat | None:
    """Return the record of *pid* with its start in microseconds since 1970, or None."""
    block = ctypes.create_string_buffer(_BSDINFO_SIZE)
    read = _libc().proc_pidinfo(pid, _PROC_PIDTBSDINFO, ctypes.c_uint64(0), block, _BSDINFO_SIZE)
    if read < _BSDINFO_SIZE:
        return None
    # struct proc_bsdinfo: flags, status, xstatus, pid, ppid first; the start is its last two fields.
    _, status, _, _, ppid = struct.unpack_from("5I", block)
    seconds, micros = struct.unpack_from("2Q", block, 120)
    try:
        session, group = os.getsid(pid), os.getpgid(pid)
    except OSError:
        return None
    state = {_SZOMB: "Z", _SSTOP: "T"}.get(status, "R")
    return Stat(pid, state, ppid, group, session, seconds * 1_000_000 + micros)


def rss(pid: int) -> int | None:
    """Return the resident memory of a process of ours in bytes, or None."""
    block = ctypes.create_string_buffer(_TASKINFO_SIZE)
    read = _libc().proc_pidinfo(pid, _PROC_PIDTASKINFO, ctypes.c_uint64(0), block, _TASKINFO_SIZE)
    # struct proc_taskinfo: virtual size, resident size, ...
    return int(struct.unpack_from("2Q", block)[1]) if read == _TASKINFO_SIZE else None

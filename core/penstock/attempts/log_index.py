"""The sparse time index of a log: when each offset was written.

Entries are at least a second apart, so a time found here is accurate to the gap between two entries.
Times are microseconds since 1970.
"""

from __future__ import annotations

import os
import struct

_ENTRY = struct.Struct("<QQ")


def time_of(path: str, offset: int) -> int | None:
    """Return when the byte at *offset* was written, by the index in file *path*.

    None if there is no index, or it begins later. Reads only the few entries that it needs; half an entry
    at the end is ignored.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        low, high, moment = 0, os.fstat(handle).st_size // _ENTRY.size, None
        while low < high:
            middle = (low + high) // 2
            begins, written = _ENTRY.unpack(os.pread(handle, _ENTRY.size, middle * _ENTRY.size))
            if begins <= offset:
                low, moment = middle + 1, written
            else:
                high = middle
        return moment
    finally:
        os.close(handle)

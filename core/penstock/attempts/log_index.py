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


def entries(path: str, first: int, last: int) -> list[tuple[int, int]]:
    """Return (offset, time) of the entries that tell when the bytes from *first* to *last* were written.

    Nothing if there is no index.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except FileNotFoundError:
        return []
    found = list(_ENTRY.iter_unpack(data[: len(data) // _ENTRY.size * _ENTRY.size]))
    before = [entry for entry in found if entry[0] <= first][-1:]
    return before + [(offset, at) for offset, at in found if first < offset <= last]

"""The sparse time index of a log: which offset was written when.

Entries are at least a second apart, so a time found here is right to within the gap to the next
entry. Times are microseconds since 1970.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from penstock.attempts.files import LOG_INDEX, attempt_path
from penstock.ids import check_attempt_id

_ENTRY = struct.Struct("<QQ")


class LogIndex:
    """Offsets and times of one log, as far as they were written when it was loaded."""

    __slots__ = ("_offsets", "_times")

    def __init__(self, entries: Sequence[tuple[int, int]] = ()) -> None:
        self._offsets = [offset for offset, _ in entries]
        self._times = [moment for _, moment in entries]

    def __len__(self) -> int:
        return len(self._offsets)

    def time_at(self, offset: int) -> int | None:
        """Return when the bytes at *offset* were written, or None if the log does not record it."""
        at = bisect_right(self._offsets, offset) - 1
        return self._times[at] if at >= 0 else None

    def offset_at(self, moment: int) -> int:
        """Return an offset at or before all that was written from *moment* on."""
        # The wall clock may have stepped back meanwhile; bisect then still ends, near enough.
        at = bisect_right(self._times, moment) - 1
        return self._offsets[at] if at >= 0 else 0


def index_path(attempts: Path, attempt_id: str) -> Path:
    """Return the time index beside the log of an attempt; it exists once something was printed.

    Raises `BadIdError` for what is not an id.
    """
    return attempt_path(attempts, check_attempt_id(attempt_id)) / LOG_INDEX


def load_index(path: Path) -> LogIndex:
    """Return the index in file *path*; a missing file is an empty index, half an entry is left out."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return LogIndex()
    whole = len(data) - len(data) % _ENTRY.size
    return LogIndex([(offset, moment) for offset, moment in _ENTRY.iter_unpack(data[:whole])])


def time_of(path: Path, offset: int) -> int | None:
    """Return what `LogIndex.time_at` would, reading only the few entries that decide it."""
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

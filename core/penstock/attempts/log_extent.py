"""How far a log goes and when its parts were written: what merging several logs needs of each."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from typing import NamedTuple

from penstock.attempts.files import LOG, LOG_INDEX

_ENTRY = struct.Struct("<QQ")
_LOOK = 64 << 10
"""Bytes in which the end of a line is looked for."""


class Extent(NamedTuple):
    """``size`` is up to the end of the last finished line while the attempt may print, else all of it.

    ``torn``: the last line has no end. ``times`` are (offset, microseconds since 1970), rising in both.
    """

    size: int
    torn: bool
    times: list[tuple[int, int]]


NOTHING = Extent(0, torn=False, times=[])


def of(folder: str, *, grows: bool, most: int, since: int = 0) -> Extent:
    """Return the extent of the log in *folder* with at most about *most* times, evenly thinned out.

    With *since* (microseconds since 1970) only those that tell about that time or later.
    """
    try:
        log = os.open(f"{folder}/{LOG}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return NOTHING
    try:
        size, torn = _finished(log, grows=grows)
    finally:
        os.close(log)
    return Extent(size, torn, _times(f"{folder}/{LOG_INDEX}", size, most, since))


def _finished(log: int, *, grows: bool) -> tuple[int, bool]:
    size = os.fstat(log).st_size
    if not size or os.pread(log, 1, size - 1) == b"\n":
        return size, False
    if grows:
        begin = max(0, size - _LOOK)
        newline = os.pread(log, size - begin, begin).rfind(b"\n")
        if newline >= 0 or not begin:
            return begin + newline + 1, False
    return size, True


def _times(path: str, size: int, most: int, since: int) -> list[tuple[int, int]]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except OSError:
        return []
    found = list(_ENTRY.iter_unpack(data[: len(data) // _ENTRY.size * _ENTRY.size]))
    rising: list[tuple[int, int]] = []
    offset = moment = 0
    for begins, at in found:
        offset, moment = max(offset, begins), max(moment, at)  # a clock that was set back
        if offset < size:
            rising.append((offset, moment))
    if since:
        first = next((place for place, (_, at) in enumerate(rising) if at >= since), len(rising))
        rising = rising[max(0, first - 1) :]
    step = -(-len(rising) // max(1, most))
    return rising[::step] if step > 1 else rising


def line_starts(folder: str, offsets: Iterable[int]) -> list[int]:
    """Return for each of *offsets*, all above 0, where the first line begins that does not begin before it.

    A line that is too long to look through ends where it is asked for.
    """
    try:
        log = os.open(f"{folder}/{LOG}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return list(offsets)
    try:
        return [_line_start(log, offset) for offset in offsets]
    finally:
        os.close(log)


def _line_start(log: int, offset: int) -> int:
    at, length = offset - 1, 512
    while at < offset + _LOOK and (data := os.pread(log, length, at)):
        newline = data.find(b"\n")
        if newline >= 0:
            return at + newline + 1
        at, length = at + len(data), 8192
    return offset

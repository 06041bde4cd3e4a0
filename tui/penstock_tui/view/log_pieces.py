"""Where the lines of a log begin, and the pieces of lines that are too long for memory. Pure.

A line goes on to a new piece at each multiple of `PIECE` that has no newline in the `PIECE` bytes
before it. So a line shorter than `PIECE` is never broken, no piece is longer than twice that, and
every reader of any part of the log finds the same pieces, because only the bytes before decide.
"""

from __future__ import annotations

from array import array
from heapq import merge

PIECE = 64 << 10
"""Bytes: a line that is shorter is one piece."""


def starts(data: bytes | bytearray, offset: int, *, known: bool, piece: int = PIECE) -> array[int]:
    """Return the offsets at which pieces begin in *data*, which begins at *offset* of the log.

    *known*: a piece begins at *offset*. The beginning of what is before the first one is not known.
    """
    if not data:
        return array("Q")
    found = [offset] if known else []
    last, at = len(data) - 1, data.find(b"\n")
    while 0 <= at < last:
        found.append(offset + at + 1)
        at = data.find(b"\n", at + 1)
    return array("Q", merge(found, breaks(data, offset, piece)))


def breaks(data: bytes | bytearray, offset: int, piece: int = PIECE) -> list[int]:
    """Return the offsets in *data* at which a long line goes on to its next piece."""
    first = up(offset, piece) + piece
    return [
        at
        for at in range(first, offset + len(data), piece)
        if data.find(b"\n", at - piece - offset, at - offset) < 0
    ]


def up(offset: int, piece: int = PIECE) -> int:
    """Return the first multiple of *piece* from *offset* on."""
    return -(-offset // piece) * piece


def before(offset: int, piece: int = PIECE) -> int:
    """Return where to start reading to find a piece that begins before *offset*."""
    return max(0, up(offset, piece) - 2 * piece)


def shown(data: bytes | bytearray, first: int, last: int, *, seam: bool = False) -> bytes:
    """Return what the piece in *data* from *first* to *last* shows, without its end.

    A line that overwrote itself with carriage returns gives its last state. A character that lies
    over the *seam* between two pieces belongs to the first of them.
    """
    if last < len(data) and data[last - 1 : last] != b"\n":
        last = _after_character(data, last)
    if seam:
        first = _after_character(data, first)
    while last > first and data[last - 1] in b"\r\n":
        last -= 1
    turn = data.rfind(b"\r", first, last)
    return bytes(data[first if turn < 0 else turn + 1 : last])


def _after_character(data: bytes | bytearray, at: int) -> int:
    """Return where the next character begins: bytes 10xxxxxx go on with the one before."""
    end = min(at + 3, len(data))
    while at < end and data[at] & 0xC0 == 0x80:
        at += 1
    return at

"""The last part of an output larger than its log: kept in a ring beside the log, appended at the end.

A log only grows, so that offsets stay valid for readers that follow it. It has the first part, one line that
says how many bytes and lines were left out, and the last part. Until the end that line says what will
follow; then it says the numbers. The ring is a file, ``log.tail``, so that its contents outlive a
supervisor: `join` appends them.
"""

from __future__ import annotations

import os
import struct

from penstock.attempts.files import LOG, LOG_TAIL

MOST = 4 << 20
"""Bytes of the largest ring: it is appended at once, while other attempts wait."""
_SHARE = 4
_HEADER = struct.Struct("<QQQQQ")
"""Size of the ring with `_COUNTED`, bytes that went into it, bytes before it, offset of the line in the log
(0: none), ends of lines that went into it."""
_COUNTED = 1 << 63
_OLD_HEADER = struct.Struct("<QQQQ")
"""The same without `_COUNTED` and lines, as a supervisor of an older version writes it."""
LINE = 120
"""Bytes of the line between the two parts."""
_OLD_LINE = 100
_OURS = "[penstock] "
_FIRST_LINE = 4096
_NEW = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


def room_of(cap: int) -> int:
    """Return how many bytes of a log of at most *cap* bytes are for the end of the output."""
    return min(cap // _SHARE, MOST)


class Tail:
    """The ring of one attempt, *size* bytes of the log in *folder*. Raises OSError."""

    __slots__ = ("_file", "_folder", "_head", "_line_at", "_lines", "_size", "total")

    def __init__(self, folder: str, size: int) -> None:
        self._folder = folder
        self._size = size
        self.total = 0
        self._head = self._line_at = self._lines = 0
        self._file = os.open(f"{folder}/{LOG_TAIL}", _NEW | os.O_TRUNC, 0o600)

    def feed(self, chunk: bytes) -> None:
        """Add a chunk; it replaces the oldest bytes."""
        if self.total + len(chunk) > self._size and not self._line_at:
            self._head, self._line_at = _say_full(self._folder, self._size)
        piece = memoryview(chunk)[-self._size :]
        at = (self.total + len(chunk) - len(piece)) % self._size
        first = piece[: self._size - at]
        _write(self._file, first, _HEADER.size + at)
        _write(self._file, piece[len(first) :], _HEADER.size)
        self.total += len(chunk)
        self._lines += chunk.count(b"\n")
        header = _HEADER.pack(_COUNTED | self._size, self.total, self._head, self._line_at, self._lines)
        os.pwrite(self._file, header, 0)

    def close(self) -> None:
        """Close the ring; doing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def join(folder: str) -> tuple[int, int]:
    """Append the ring in *folder* to its log; return how many bytes that was, and how many were left out.

    Harmless if there is none. Raises OSError if the disk is full: the ring is kept then.
    """
    try:
        ring = os.open(f"{folder}/{LOG_TAIL}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0, 0
    try:
        size, total, head, line_at, lines, begins = _read_header(ring)
        data = os.pread(ring, min(size, total, MOST), begins)
    finally:
        os.close(ring)
    if total > size:
        at = total % size
        data = data[at:] + data[:at]
        # The first line is half a one; a blob without lines has none to begin with.
        data = data[data.find(b"\n", 0, min(_FIRST_LINE, len(data) // 2)) + 1 :]
    left_out = total - len(data)
    log = os.open(f"{folder}/{LOG}", _NEW, 0o600)
    before = end = os.fstat(log).st_size
    try:
        if left_out:
            first, last = head if line_at else end, len(data)
            ends = 0 if lines is None else max(0, lines - data.count(10))
            counted = "" if lines is None else f", {ends} line{'' if ends == 1 else 's'}"
            text = f"{left_out} bytes left out{counted}: the log keeps the first {first} and the last {last}"
            line = _line(text, _OLD_LINE if lines is None else LINE)
            if line_at:
                _write(log, memoryview(line), line_at)
            else:
                end += _write(log, memoryview(_begin(log, end) + line), end)
        _write(log, memoryview(data), end)
    except OSError:
        os.ftruncate(log, before)  # the next try would write this part twice
        raise
    finally:
        os.close(log)
    os.unlink(f"{folder}/{LOG_TAIL}")
    return len(data), left_out


def _say_full(folder: str, size: int) -> tuple[int, int]:
    """Write the line between the two parts, as long as the end is not known.

    Return how long the first part is, and the offset of the line, 0 if there is no room for it.
    """
    log = os.open(f"{folder}/{LOG}", _NEW, 0o600)
    try:
        end = os.fstat(log).st_size
        begin = _begin(log, end)
        text = f"the log is full: the last {size} bytes follow at the end"
        _write(log, memoryview(begin + _line(text)), end)
    except OSError:
        return 0, 0
    finally:
        os.close(log)
    return end, end + len(begin)


def _begin(log: int, end: int) -> bytes:
    """Return the line end that the log, *end* bytes long, needs before a new line, if any."""
    return b"\n" if end and os.pread(log, 1, end - 1) != b"\n" else b""


def _line(text: str, length: int = LINE) -> bytes:
    """Return *text* as a line of a fixed length, so that another one can replace it."""
    return f"{_OURS}{text}"[: length - 1].ljust(length - 1).encode() + b"\n"


def _read_header(ring: int) -> tuple[int, int, int, int, int | None, int]:
    """Return what `_HEADER` says, None for lines that were not counted, and where the bytes begin."""
    header = os.pread(ring, _HEADER.size, 0)
    size = total = head = line_at = 0
    lines, begins = None, _OLD_HEADER.size
    if len(header) >= _OLD_HEADER.size:
        size, total, head, line_at = _OLD_HEADER.unpack_from(header)
    if len(header) == _HEADER.size and size & _COUNTED:
        size, total, head, line_at, lines = _HEADER.unpack(header)
        size, begins = size & ~_COUNTED, _HEADER.size
    if not 0 < size <= MOST:  # damaged: its size cannot be this
        return 1, 0, 0, 0, None, begins
    return size, total, head, line_at, lines, begins


def _write(handle: int, data: memoryview, at: int) -> int:
    done = 0
    while done < len(data):
        done += os.pwrite(handle, data[done:], at + done)
    return done

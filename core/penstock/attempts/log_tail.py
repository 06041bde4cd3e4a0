"""The last part of an output larger than its log: kept in a ring beside the log, appended at the end.

A log only grows, so that offsets stay valid for readers that follow it. It has the first part, one line that
says how many bytes were left out, and the last part. Until the end that line says what will follow; then it
says the number. The ring is a file, ``log.tail``, so that its contents outlive a supervisor: `join`
appends them.
"""

from __future__ import annotations

import os
import struct

from penstock.attempts.files import LOG, LOG_TAIL

MOST = 4 << 20
"""Bytes of the largest ring: it is appended at once, while other attempts wait."""
_SHARE = 4
_HEADER = struct.Struct("<QQQQ")
"""Size of the ring, bytes that went into it, bytes before it, offset of the line in the log (0: none)."""
_LINE = 100
_FIRST_LINE = 4096
_NEW = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


def room_of(cap: int) -> int:
    """Return how many bytes of a log of at most *cap* bytes are for the end of the output."""
    return min(cap // _SHARE, MOST)


class Tail:
    """The ring of one attempt, *size* bytes of the log in *folder*. Raises OSError."""

    __slots__ = ("_file", "_folder", "_head", "_line_at", "_size", "total")

    def __init__(self, folder: str, size: int) -> None:
        self._folder = folder
        self._size = size
        self.total = 0
        self._head = self._line_at = 0
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
        os.pwrite(self._file, _HEADER.pack(self._size, self.total, self._head, self._line_at), 0)

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
        header = os.pread(ring, _HEADER.size, 0)
        whole = len(header) == _HEADER.size
        size, total, head, line_at = _HEADER.unpack(header) if whole else (0, 0, 0, 0)
        if not 0 < size <= MOST:  # damaged: its size cannot be this
            size, total, head, line_at = 1, 0, 0, 0
        data = os.pread(ring, min(size, total, MOST), _HEADER.size)
    finally:
        os.close(ring)
    if total > size:
        at = total % size
        data = data[at:] + data[:at]
        # The first line is half a one; a blob without lines has none to begin with.
        data = data[data.find(b"\n", 0, min(_FIRST_LINE, len(data) // 2)) + 1 :]
    left_out = total - len(data)
    log = os.open(f"{folder}/{LOG}", os.O_RDWR | os.O_CLOEXEC)
    before = end = os.fstat(log).st_size
    try:
        if left_out:
            first, last = head if line_at else end, len(data)
            text = f"{left_out} bytes left out: the log keeps the first {first} and the last {last}"
            if line_at:
                _write(log, memoryview(_line(text)), line_at)
            else:
                end += _write(log, memoryview(_begin(log, end) + _line(text)), end)
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
    log = os.open(f"{folder}/{LOG}", os.O_RDWR | os.O_CLOEXEC)
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


def _line(text: str) -> bytes:
    """Return *text* as a line of a fixed length, so that another one can replace it."""
    return f"[penstock] {text}".ljust(_LINE - 1)[: _LINE - 1].encode() + b"\n"


def _write(handle: int, data: memoryview, at: int) -> int:
    done = 0
    while done < len(data):
        done += os.pwrite(handle, data[done:], at + done)
    return done

"""The part of a log that is in memory: a contiguous stretch of bytes, and where its lines begin. Pure.

A window starts at the end of the log and grows backwards or forwards by the chunks that somebody
reads for it. It keeps a bounded number of bytes; what leaves one side can be read again later.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import Protocol

BLOCK = 64 << 10
"""Bytes read at a time; opening a log reads one."""
KEEP = 2 << 20
"""Bytes held at most."""
LINE_MAX = 4 << 10
"""Bytes of one line that are shown."""
_PROGRESS = 64 << 10
"""How far back from its end a line's last carriage return is looked for."""


class Lines(Protocol):
    """Lines in order, each known by the offset of its first byte.

    An offset means one line for as long as the log lives. An index means it only while ``version``
    stays what it was: nobody may keep one for longer.
    """

    @property
    def version(self) -> int:
        """A number that grows whenever lines come or go."""
        ...

    def __len__(self) -> int: ...

    def offset(self, index: int) -> int:
        """Return where line *index* begins in the log."""
        ...

    def index(self, offset: int) -> int:
        """Return the last line that begins at or before *offset*; the first one when none does."""
        ...

    def raw(self, index: int) -> tuple[bytes, bool]:
        """Return what line *index* shows, without its end, and whether it was cut."""
        ...


class LogWindow:
    """A stretch of a log, ``start`` to ``end`` in bytes.

    ``size`` is the log's as last heard. ``ended`` says that nothing will be written after it.
    """

    __slots__ = ("_data", "_keep", "_starts", "end", "ended", "size", "start", "version")

    def __init__(self, keep: int = KEEP) -> None:
        self._keep = keep
        self._data = bytearray()
        self._starts = array("Q")
        self.start = self.end = self.size = self.version = 0
        self.ended = False

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def at_start(self) -> bool:
        """Whether the first byte of the log is here."""
        return self.start == 0

    @property
    def at_end(self) -> bool:
        """Whether the last byte of the log, as far as heard, is here."""
        return self.end >= self.size

    def before(self) -> tuple[int, int] | None:
        """Return offset and length of the stretch to read in order to grow backwards, or None."""
        if self.at_start:
            return None
        offset = max(0, self.start - BLOCK)
        return offset, self.start - offset

    def after(self) -> tuple[int, int] | None:
        """Return offset and length of the stretch to read in order to grow forwards, or None."""
        return None if self.at_end else (self.end, min(BLOCK, self.size - self.end))

    def whole_lines(self) -> tuple[int, bytes]:
        """Return where the last line that is finished ends, and what stands after it."""
        if not self._starts or self._data.endswith(b"\n"):
            return self.end, b""
        return self._starts[-1], bytes(self._data[self._starts[-1] - self.start :])

    # -- growing ---------------------------------------------------------------------------------

    def place(self, data: bytes, offset: int) -> None:
        """Hold *data*, which begins at *offset*, and nothing else.

        A first line whose beginning is not here is left out, unless it is all there is.
        """
        skip = _first_whole_line(data) if offset else 0
        self._data = bytearray(data[skip:])
        self.start = offset + skip
        self.end = offset + len(data)
        self._starts = array("Q", _starts(data[skip:], self.start))
        self.version += 1

    def append(self, data: bytes) -> int:
        """Grow by *data*, which follows ``end``; return how many lines began with it."""
        if not data:
            return 0
        fresh = array("Q", _starts(data, self.end))
        if self._data and not self._data.endswith(b"\n"):
            fresh = fresh[1:]
        self._starts.extend(fresh)
        self._data += data
        self.end += len(data)
        self.size = max(self.size, self.end)
        self._drop_head()
        self.version += 1
        return len(fresh)

    def prepend(self, data: bytes, offset: int) -> None:
        """Grow by *data*, which begins at *offset* and reaches to ``start``."""
        skip = _first_whole_line(data) if offset else 0
        head = data[skip:]
        if head and not head.endswith(b"\n") and self._starts:
            self._starts = self._starts[1:]  # that line begins further up
        self.start = offset + skip
        self._starts = array("Q", _starts(head, self.start)) + self._starts
        self._data[:0] = head
        self._drop_tail()
        self.version += 1

    def _drop_head(self) -> None:
        excess = len(self._data) - self._keep
        if excess <= 0:
            return
        first = bisect_right(self._starts, self.start + excess)
        if first >= len(self._starts):
            return  # one line fills it all
        cut = self._starts[first]
        del self._data[: cut - self.start]
        self._starts = self._starts[first:]
        self.start = cut

    def _drop_tail(self) -> None:
        excess = len(self._data) - self._keep
        if excess <= 0:
            return
        last = bisect_right(self._starts, self.end - excess) - 1
        if last < 1:
            return
        cut = self._starts[last]
        del self._data[cut - self.start :]
        self._starts = self._starts[:last]
        self.end = cut

    # -- reading ---------------------------------------------------------------------------------

    def offset(self, index: int) -> int:
        """Return where line *index* begins in the log."""
        return self._starts[index]

    def index(self, offset: int) -> int:
        """Return the last line that begins at or before *offset*; the first one when none does."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def raw(self, index: int) -> tuple[bytes, bool]:
        """Return what line *index* shows, without its end, and whether it was cut.

        A line that overwrote itself with carriage returns gives its last state.
        """
        first = self._starts[index] - self.start
        last = self._starts[index + 1] - self.start if index + 1 < len(self._starts) else len(self._data)
        return last_state(self._data, first, last)


def last_state(data: bytes | bytearray, first: int, last: int) -> tuple[bytes, bool]:
    """Return what the line in *data* from *first* to *last* shows, and whether it was cut."""
    while last > first and data[last - 1] in b"\r\n":
        last -= 1
    bound = max(first, last - _PROGRESS)
    turn = data.rfind(b"\r", bound, last)
    if turn >= 0:
        first = turn + 1
    return bytes(data[first : min(last, first + LINE_MAX)]), last - first > LINE_MAX


def _first_whole_line(data: bytes) -> int:
    """Return where the first line begins that begins inside *data*; 0 when none does."""
    found = data.find(b"\n")
    return found + 1 if 0 <= found < len(data) - 1 else 0


def _starts(data: bytes, offset: int) -> list[int]:
    """Return the offsets at which lines begin in *data*, which itself begins a line at *offset*."""
    if not data:
        return []
    starts = [offset]
    found = data.find(b"\n")
    last = len(data) - 1
    while 0 <= found < last:
        starts.append(offset + found + 1)
        found = data.find(b"\n", found + 1)
    return starts

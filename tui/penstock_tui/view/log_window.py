"""The part of a log that is in memory: a contiguous stretch of bytes, and where its lines begin. Pure.

A window starts at the end of the log and grows backwards or forwards by the chunks that somebody
reads for it. It keeps a bounded number of bytes; what leaves one side can be read again later.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import Protocol

from penstock_tui.view.log_pieces import PIECE, before, shown, starts

BLOCK = 2 * PIECE
"""Bytes read at a time; opening a log reads one. Two pieces: so the beginning of one is always inside."""
KEEP = 2 << 20
"""Bytes held at most."""


class Lines(Protocol):
    """Lines in order, each known by the offset of its first byte; of a very long line its pieces.

    An offset identifies a line for as long as the log exists. An index does so only while ``version``
    stays the same: do not keep one for longer.
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

    def raw(self, index: int) -> bytes:
        """Return what line *index* shows, without its end."""
        ...

    def goes_on(self, index: int) -> bool:
        """Return whether line *index* is a further piece of a long line."""
        ...


class LogWindow:
    """A stretch of a log, ``start`` to ``end`` in bytes.

    ``size`` is the log's as last heard. ``ended`` says that nothing will be written after it.
    """

    __slots__ = ("_data", "_keep", "_ragged", "_starts", "end", "ended", "size", "start", "version")

    def __init__(self, keep: int = KEEP) -> None:
        self._keep = keep
        self._data = bytearray()
        self._starts = array("Q")
        self._ragged = False
        """Whether the first line is only the rest of one, because nothing more is in memory."""
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
        """Whether the last byte of the log, as far as known, is here."""
        return self.end >= self.size

    def before(self) -> tuple[int, int] | None:
        """Return offset and length of the stretch to read in order to grow backwards, or None."""
        if self.at_start:
            return None
        offset = before(self.start)
        return offset, self.start - offset

    def after(self) -> tuple[int, int] | None:
        """Return offset and length of the stretch to read in order to grow forwards, or None."""
        return None if self.at_end else (self.end, min(BLOCK, self.size - self.end))

    def whole_lines(self) -> tuple[int, bytes]:
        """Return where the last line that is finished ends, and what is after it."""
        if not self._starts or self._data.endswith(b"\n"):
            return self.end, b""
        return self._starts[-1], bytes(self._data[self._starts[-1] - self.start :])

    # -- growing ---------------------------------------------------------------------------------

    def place(self, data: bytes, offset: int) -> None:
        """Hold *data*, which begins at *offset*, and nothing else.

        A first line whose beginning is not here is left out, unless it is all there is.
        """
        self._data, self._starts, self.end = bytearray(), array("Q"), offset + len(data)
        self._hold(data, offset, self.end)
        self.version += 1

    def append(self, data: bytes) -> int:
        """Grow by *data*, which follows ``end``; return how many lines began with it."""
        if not data:
            return 0
        going_on = bool(self._starts) and not self._data.endswith(b"\n")
        begin = self._starts[-1] if going_on else self.end
        fresh = starts(self._data[begin - self.start :] + data, begin, known=True)
        self._starts.extend(fresh[going_on:])
        self._data += data
        self.end += len(data)
        self.size = max(self.size, self.end)
        self._drop_head()
        self.version += 1
        return len(fresh) - going_on

    def prepend(self, data: bytes, offset: int) -> None:
        """Grow by *data*, which begins at *offset* and reaches to ``start``."""
        if self._ragged:  # that line begins further up
            self._starts = self._starts[1:]
        known = self._starts[0] if self._starts else self.end
        head = bytes(self._data[: known - self.start])
        del self._data[: known - self.start]
        self._hold(data + head, offset, self.start)
        self._drop_tail()
        self.version += 1

    def _hold(self, data: bytes, offset: int, bound: int) -> None:
        """Put *data*, which begins at *offset*, in front; lines are to begin before *bound*."""
        found = starts(data, offset, known=not offset)
        self._ragged = bool(data) and (not found or found[0] >= bound)
        if self._ragged:
            found = array("Q", [offset]) + found
        self.start = found[0] if found else offset
        self._starts = found + self._starts
        self._data[:0] = data[self.start - offset :]

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

    def find(self, text: bytes) -> int | None:
        """Return where *text* first stands in what is in memory."""
        at = self._data.find(text)
        return None if at < 0 else self.start + at

    def rewrite(self, data: bytes, offset: int) -> None:
        """Put *data* in the place of as many bytes from *offset* on: a line was replaced by one as long."""
        first = offset - self.start
        if first >= 0 and offset + len(data) <= self.end:
            self._data[first : first + len(data)] = data
            self.version += 1

    # -- reading ---------------------------------------------------------------------------------

    def offset(self, index: int) -> int:
        """Return where line *index* begins in the log."""
        return self._starts[index]

    def index(self, offset: int) -> int:
        """Return the last line that begins at or before *offset*; the first one when none does."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def raw(self, index: int) -> bytes:
        """Return what line *index* shows, without its end.

        A line that overwrote itself with carriage returns gives its last state.
        """
        first = self._starts[index] - self.start
        last = self._starts[index + 1] - self.start if index + 1 < len(self._starts) else len(self._data)
        return shown(self._data, first, last, seam=self.goes_on(index))

    def goes_on(self, index: int) -> bool:
        """Return whether line *index* is a further piece of a long line."""
        at = self._starts[index]
        first = at - self.start
        return bool(at) and at % PIECE == 0 and (first == 0 or self._data[first - 1] != ord("\n"))

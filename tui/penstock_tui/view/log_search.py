"""Searching a log, one block of it at a time, and what was found. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from penstock_tui.view.log_patterns import Quick, Sought, lines
from penstock_tui.view.log_pieces import PIECE, before, breaks, shown, starts

BLOCK = 2 << 20
"""Bytes that a search reads at a time: a multiple of a piece."""
SEAM = 4 << 10
"""Bytes by which a hit may reach over the end of a piece."""
MATCHES_KEPT = 50_000
"""Lines that are kept for showing matches only."""
BYTES_KEPT = 32 << 20
"""Bytes of those lines that are kept."""


@dataclass(frozen=True, slots=True)
class Found:
    """The matching lines of a stretch, in order: where they begin and what they show.

    ``more`` counts those that were only counted.
    """

    offsets: tuple[int, ...] = ()
    lines: tuple[bytes, ...] = ()
    more: int = field(default=0, repr=False)


def stretch(first: int, last: int, piece: int = PIECE) -> tuple[int, int]:
    """Return offset and length of what must be read to `scan` for lines that begin from *first* to *last*."""
    offset = before(first, piece)
    return offset, last + 2 * piece + SEAM - offset


def scan(
    data: bytes,
    offset: int,
    first: int,
    last: int,
    pattern: Sought,
    *,
    known: bool = False,
    count: bool = False,
    piece: int = PIECE,
) -> Found:
    """Return the matching lines that begin in the log from *first* up to *last*; with *count* their number.

    *data* begins at *offset* and holds what `stretch` asks for, as far as the log goes. A line counts
    once, and by what of it is shown; of a very long line each piece counts for itself. A hit may
    reach over the end of its piece by `SEAM` bytes. *known* says that a line begins at *offset*.
    """
    edges = [at - offset for at in breaks(data, offset, piece)]
    begin = _first_start(data, first - offset, edges, known=first == offset and (known or not offset))
    bound = min(last - offset, len(data))
    if count and (at_once := _number(data, begin, bound, edges, pattern)) is not None:
        return Found(more=at_once)
    offsets: list[int] = []
    shows: list[bytes] = []
    plain = pattern.pattern if isinstance(pattern, Quick) else pattern  # which has the big block in hand
    while begin < bound:
        place = bisect_right(edges, begin)
        edge = edges[place] if place < len(edges) else len(data)
        hit = pattern.search(data, begin, min(edge + SEAM, len(data)))
        if hit is None or hit.start() > edge or hit.start() == edge < len(data):
            begin = edge
            continue
        here = data.rfind(b"\n", begin, hit.start()) + 1 or begin
        if here >= bound:
            break
        newline = data.find(b"\n", hit.start(), edge)
        end = edge if newline < 0 else newline + 1
        seen = shown(data, here, end, seam=here in edges)
        again = plain.search(seen + (data[edge : edge + SEAM] if newline < 0 else b""))
        if again is not None and again.start() <= len(seen):
            offsets.append(offset + here)
            shows.append(seen)
        begin = end
    return Found(more=len(offsets)) if count else Found(tuple(offsets), tuple(shows))


def _number(data: bytes, begin: int, bound: int, edges: list[int], pattern: Sought) -> int | None:
    """Return how many lines from *begin* up to *bound* match; None if each of them must be looked at."""
    newline = data.find(b"\n", bound)
    end = len(data) if newline < 0 else newline
    place = bisect_left(edges, begin)
    if begin >= bound or (place < len(edges) and edges[place] < end) or data.find(b"\r", begin, end) >= 0:
        return None
    if data[bound - 1 : bound] == b"\n":  # the line that begins there is not ours
        end = bound
    return pattern.lines(data, begin, end) if isinstance(pattern, Quick) else lines(pattern, data, begin, end)


def _first_start(data: bytes, at: int, edges: list[int], *, known: bool) -> int:
    """Return where the first line begins in *data* from *at* on."""
    if known or data[at - 1 : at] == b"\n":
        return at
    newline = data.find(b"\n", at)
    place = bisect_left(edges, at)
    return min(newline + 1 if newline >= 0 else len(data), edges[place] if place < len(edges) else len(data))


class Matches:
    """The matching lines found so far, as `Lines`; the newest `MATCHES_KEPT` keep their text.

    ``total`` counts all of them; ``covered`` says how far back the search has come, ``reached`` how
    far forward; ``behind`` that there is more after it that `go_on` was not given.
    """

    __slots__ = (
        "_bytes", "_full", "_lines", "_offsets", "_tail",
        "behind", "covered", "finished", "reached", "total", "version",
    )  # fmt: skip

    def __init__(self, size: int, tail: bytes = b"") -> None:
        self.reached = size
        self.behind = False
        self._tail = tail
        self._offsets = array("Q")
        self._lines: list[bytes] = []
        self._bytes = 0
        self._full = False
        """Whether an older match was left out, and so all that are older still."""
        self.covered = size
        self.finished = size == 0
        self.total = self.version = 0

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def full(self) -> bool:
        """Whether older matches are only counted."""
        return self._full or len(self._offsets) >= MATCHES_KEPT

    @property
    def first_kept(self) -> int:
        """Where the first match begins that `next` and `previous` know."""
        return self._offsets[0] if self._offsets else self.reached

    def add_before(self, found: Found) -> None:
        """Take in matches that lie before all others."""
        self.total += len(found.offsets) + found.more
        taken = 0
        for line in reversed(found.lines):
            more = self._bytes + len(line)
            if self._full or len(self) + taken == MATCHES_KEPT or (more > BYTES_KEPT and self._bytes):
                self._full = True
                break
            self._bytes, taken = more, taken + 1
        if taken:
            self._offsets = array("Q", found.offsets[-taken:]) + self._offsets
            self._lines = [*found.lines[-taken:], *self._lines]
            self.version += 1

    def add_after(self, found: Found) -> None:
        """Take in matches that lie after all others."""
        self.total += len(found.offsets)
        self._offsets.extend(found.offsets)
        self._lines.extend(found.lines)
        self._bytes += sum(map(len, found.lines))
        excess = 0
        while len(self) - excess > MATCHES_KEPT or (self._bytes > BYTES_KEPT and len(self) - excess > 1):
            self._bytes -= len(self._lines[excess])
            excess += 1
        if excess:
            self._full = True
            self._offsets = self._offsets[excess:]
            del self._lines[:excess]
        self.version += 1

    def go_on(self, data: bytes, offset: int, pattern: Sought, *, piece: int = PIECE) -> None:
        """Search what was written since, *data* at *offset*; the unfinished last line waits for its end."""
        if offset != self.reached + len(self._tail):
            self.behind = True
            return
        data = self._tail + data
        begun = starts(data, self.reached, known=True, piece=piece)
        end = self.reached + len(data) if data.endswith(b"\n") else begun[-1] if begun else self.reached
        self.add_after(scan(data, self.reached, self.reached, end, pattern, known=True, piece=piece))
        self._tail = data[end - self.reached :]
        self.reached = end

    def next(self, offset: int) -> int | None:
        """Return the first match after *offset*, None when there is none."""
        place = bisect_right(self._offsets, offset)
        return self._offsets[place] if place < len(self._offsets) else None

    def previous(self, offset: int) -> int | None:
        """Return the last match before *offset*, None when there is none."""
        place = bisect_left(self._offsets, offset) - 1
        return self._offsets[place] if place >= 0 else None

    def number(self, offset: int) -> int | None:
        """Return which match begins at *offset*, counting from 1 over all, None when none does."""
        place = bisect_left(self._offsets, offset)
        if place == len(self._offsets) or self._offsets[place] != offset:
            return None
        return self.total - len(self._offsets) + place + 1

    def offset(self, index: int) -> int:
        """Return where match *index* begins in the log."""
        return self._offsets[index]

    def index(self, offset: int) -> int:
        """Return the last match at or before *offset*; the first one when there is none."""
        return max(0, bisect_right(self._offsets, offset) - 1)

    def raw(self, index: int) -> bytes:
        """Return what match *index* shows."""
        return self._lines[index]

    def goes_on(self, index: int) -> bool:
        """Return whether match *index* is a further piece of a long line."""
        return bool(self._offsets[index]) and self._offsets[index] % PIECE == 0

"""Searching a log: what to look for, one block of it at a time, and what was found. Pure."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from penstock_tui.view.log_window import LINE_MAX, last_state

BLOCK = 1 << 20
"""Bytes that a search reads at a time."""
MATCHES_KEPT = 50_000
"""Lines that are kept for showing matches only."""

ERROR = re.compile(
    rb"\b(?:ERROR|FATAL|CRITICAL|PANIC)\b"
    rb"|^Traceback \(most recent call last\)"
    rb"|\berror: |^\w*(?:Error|Exception)\b|\bpanic: "
    rb"|\bexit(?:ed)?(?: with)?(?: code| status)?:? [1-9]",
    re.MULTILINE,
)
"""What makes a line worth stopping at when looking for what went wrong."""

_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\d*\}")
_NESTED = re.compile(r"\)\s*[*+{?]|\\[1-9]|\(\?P=")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search looks for: ``text`` as typed, and the pattern for bytes and for shown text."""

    text: str
    in_bytes: re.Pattern[bytes]
    in_text: re.Pattern[str]


def wanted(text: str) -> Wanted | str:
    """Return what *text* asks for, or the reason why it cannot be searched.

    Plain text, any case unless it has a capital; a leading ``~`` makes it a regular expression,
    with quantifiers limited so that no line can take long.
    """
    if not text or text == "~":
        return "nothing to search for"
    source = text[1:] if text.startswith("~") else re.escape(text)
    if text.startswith("~") and (_NESTED.search(source) or len(_UNBOUNDED.findall(source)) > 2):
        return "too many repeats: at most two of * and +, none after a group"
    flags = re.NOFLAG if any(char.isupper() for char in text) else re.IGNORECASE
    try:
        return Wanted(text, re.compile(source.encode(), flags | re.MULTILINE), re.compile(source, flags))
    except (re.error, RecursionError) as error:
        return f"not a regular expression: {error}"


@dataclass(frozen=True, slots=True)
class Found:
    """The matching lines of one block, in order: where they begin and what they show."""

    offsets: tuple[int, ...]
    lines: tuple[bytes, ...]
    carry: bytes
    """The unfinished line at the block's open side, which belongs to its neighbour."""


def scan_back(data: bytes, offset: int, carry: bytes, pattern: re.Pattern[bytes]) -> Found:
    """Search a block that begins at *offset*; *carry* is what the block after it left over."""
    data += carry
    first = 0
    if offset:
        first = data.find(b"\n") + 1
        if not first:
            return Found((), (), data[:LINE_MAX])  # one long line: only its beginning is searched
    return Found(*_matches(data, first, offset, pattern), data[:first])


def scan_on(data: bytes, offset: int, pattern: re.Pattern[bytes]) -> Found:
    """Search a block that begins a line at *offset*; an unfinished last line is carried."""
    last = data.rfind(b"\n") + 1
    return Found(*_matches(data[:last], 0, offset, pattern), data[last:])


def _matches(
    data: bytes, first: int, offset: int, pattern: re.Pattern[bytes]
) -> tuple[tuple[int, ...], tuple[bytes, ...]]:
    """Return the matching lines from *first* on; each counts once, by what of it is shown."""
    offsets: list[int] = []
    lines: list[bytes] = []
    while first < len(data):
        hit = pattern.search(data, first)
        if hit is None:
            break
        begin = data.rfind(b"\n", first, hit.start()) + 1 or first
        end = data.find(b"\n", hit.start())
        end = len(data) if end < 0 else end
        shown, _ = last_state(data, begin, end)
        if pattern.search(shown):
            offsets.append(offset + begin)
            lines.append(shown)
        first = end + 1
    return tuple(offsets), tuple(lines)


class Matches:
    """The matching lines found so far, as `Lines`; the newest `MATCHES_KEPT` keep their text.

    ``total`` counts all of them; ``covered`` says how far back the search has come, ``reached`` how
    far forward; ``behind`` that there is more after it that `go_on` was not given.
    """

    __slots__ = (
        "_lines", "_offsets", "_tail", "behind", "covered", "finished", "reached", "total", "version",
    )  # fmt: skip

    def __init__(self, size: int, tail: bytes = b"") -> None:
        self.reached = size
        self.behind = False
        self._tail = tail
        self._offsets = array("Q")
        self._lines: list[bytes] = []
        self.covered = size
        self.finished = size == 0
        self.total = self.version = 0

    def __len__(self) -> int:
        return len(self._offsets)

    def add_before(self, found: Found) -> None:
        """Take in matches that lie before all others."""
        self.total += len(found.offsets)
        room = max(0, MATCHES_KEPT - len(self._offsets))
        if room and found.offsets:
            self._offsets = array("Q", found.offsets[-room:]) + self._offsets
            self._lines = [*found.lines[-room:], *self._lines]
            self.version += 1

    def add_after(self, found: Found) -> None:
        """Take in matches that lie after all others."""
        self.total += len(found.offsets)
        self._offsets.extend(found.offsets)
        self._lines.extend(found.lines)
        excess = len(self._offsets) - MATCHES_KEPT
        if excess > 0:
            self._offsets = self._offsets[excess:]
            del self._lines[:excess]
        self.version += 1

    def go_on(self, data: bytes, offset: int, pattern: re.Pattern[bytes]) -> None:
        """Search what was written since, *data* at *offset*; the unfinished last line waits for its end."""
        if offset != self.reached + len(self._tail):
            self.behind = True
            return
        found = scan_on(self._tail + data, self.reached, pattern)
        self.reached += len(self._tail) + len(data) - len(found.carry)
        self._tail = found.carry
        self.add_after(found)

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

    def raw(self, index: int) -> tuple[bytes, bool]:
        """Return what match *index* shows, and whether it was cut."""
        line = self._lines[index]
        return line, len(line) >= LINE_MAX

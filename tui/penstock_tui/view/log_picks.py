"""Which lines of a log are marked: single ones and ranges, by offset. Pure."""

from __future__ import annotations


class Picks:
    """Marked lines; ``anchor`` is where a range was begun that follows the cursor until it is ended."""

    __slots__ = ("_ranges", "anchor")

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []
        self.anchor: int | None = None

    def __bool__(self) -> bool:
        return bool(self._ranges) or self.anchor is not None

    def toggle(self, offset: int) -> None:
        """Mark the line at *offset*; take it out if it is marked, also out of the middle of a range."""
        if not any(first <= offset <= last for first, last in self._ranges):
            self._ranges.append((offset, offset))
            return
        cut: list[tuple[int, int]] = []
        for first, last in self._ranges:
            if first <= offset <= last:
                cut += [(first, offset - 1)] * (first < offset) + [(offset + 1, last)] * (offset < last)
            else:
                cut.append((first, last))
        self._ranges = cut

    def turn(self, offset: int) -> None:
        """Begin a range at *offset*, or end the one that was begun there."""
        if self.anchor is None:
            self.anchor = offset
        else:
            self._ranges.append((min(self.anchor, offset), max(self.anchor, offset)))
            self.anchor = None

    def has(self, offset: int, cursor: int | None) -> bool:
        """Return whether the line at *offset* is marked, or in the range that ends at *cursor* now."""
        return any(first <= offset <= last for first, last in self.spans(cursor))

    def spans(self, cursor: int | None) -> list[tuple[int, int]]:
        """Return the first and last offset of each stretch of marked lines, in order, none twice."""
        found = list(self._ranges)
        if self.anchor is not None and cursor is not None:
            found.append((min(self.anchor, cursor), max(self.anchor, cursor)))
        joined: list[tuple[int, int]] = []
        for first, last in sorted(found):
            if joined and first <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return joined

"""Rows that only moved up or down, such as those of a log: the terminal moves them itself. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import ne
from typing import NamedTuple

from penstock_tui.picture.row import Row, blank

_FEWEST = 4
"""Rows that must have changed before it is worth a look."""
_SAVED = 60
"""Cells that a move must save: it takes some twenty bytes."""


class Shift(NamedTuple):
    """The rows from *top* up to *bottom* move by so many rows, down if positive."""

    top: int
    bottom: int
    by: int

    def applied(self, rows: Sequence[Row]) -> list[Row]:
        """Return *rows* after the move."""
        width = len(rows[0].texts)
        band = list(rows[self.top : self.bottom])
        new = [blank(width)] * abs(self.by)
        band = [*new, *band[: -self.by]] if self.by > 0 else [*band[-self.by :], *new]
        return [*rows[: self.top], *band, *rows[self.bottom :]]


def moved(shown: Sequence[Row], wanted: Sequence[Row]) -> Shift | None:
    """Return the move of rows after which the least is left to write, if one is worth it."""
    changed = [y for y, (old, new) in enumerate(zip(shown, wanted, strict=True)) if old is not new]
    if len(changed) < _FEWEST:
        return None
    places: dict[str, list[int]] = defaultdict(list)
    for y, row in enumerate(shown):
        text = "".join(row.texts)
        if not text.isspace():
            places[text].append(y)
    votes: dict[int, list[int]] = defaultdict(list)
    for y in changed:
        text = "".join(wanted[y].texts)
        for place in places.get(text, ()):
            if place != y:
                votes[y - place].append(y)
    if not votes:
        return None
    by, rows = Counter({by: len(found) for by, found in votes.items()}).most_common(1)[0][0], []
    rows = votes[by]
    first, last = min(rows), max(rows)
    shift = Shift(min(first, first - by), max(last, last - by) + 1, by)
    band = slice(shift.top, shift.bottom)
    saved = _cells(shown[band], wanted[band]) - _cells(shift.applied(shown)[band], wanted[band])
    return shift if saved > _SAVED else None


def _cells(old: Sequence[Row], new: Sequence[Row]) -> int:
    """Return how many cells differ."""
    return sum(sum(map(ne, a.texts, b.texts)) for a, b in zip(old, new, strict=True) if a is not b)

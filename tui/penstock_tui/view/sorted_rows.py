"""Rows that stay sorted while single ones change, so that a change among ten thousand costs little. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Any

Place = tuple[Any, ...]
"""What a row is sorted by; no two rows have equal ones."""


class SortedRows:
    """The names of rows, in the order of their places."""

    def __init__(self, places: Iterable[tuple[Place, str]] = ()) -> None:
        self._sorted = sorted(places)
        self._place_of = {name: place for place, name in self._sorted}

    def put(self, name: str, place: Place | None) -> None:
        """Add or move a row; without a *place* it is taken out, if it is in."""
        before = self._place_of.get(name)
        if before == place:
            return
        if before is not None:
            del self._place_of[name]
            del self._sorted[bisect_left(self._sorted, (before, name))]
        if place is not None:
            self._place_of[name] = place
            insort(self._sorted, (place, name))

    def names(self, *, reverse: bool = False) -> list[str]:
        """Return the names in order, or in the reverse order."""
        found = [name for _, name in self._sorted]
        return found[::-1] if reverse else found

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._sorted)

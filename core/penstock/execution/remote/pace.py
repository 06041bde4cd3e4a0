"""How many attempts end in a moment: as many may wait in front of slots, and wait for a moment only."""

from __future__ import annotations

from collections import deque

MOMENT = 0.1
"""Seconds."""


class Pace:
    """Counts ends. Times are seconds of one steady clock."""

    def __init__(self) -> None:
        self._ends: deque[tuple[float, int]] = deque()

    def ended(self, now: float, count: int = 1) -> None:
        """Record that *count* attempts have just ended."""
        if count:
            self._ends.append((now, count))
            self._drop(now)

    def lately(self, now: float) -> int:
        """Return how many ended within the last `MOMENT`."""
        self._drop(now)
        return sum(count for _, count in self._ends)

    def _drop(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now - MOMENT:
            self._ends.popleft()

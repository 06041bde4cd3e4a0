"""How long the last ticks took. Adding one costs next to nothing; sorting waits until somebody asks."""

from __future__ import annotations

from collections import deque

from penstock.clock import from_us
from penstock.model.usual import quantile
from penstock.model.views.system import TickTimes

_OF = 1000
"""Ticks that the quantiles are of."""


class Ticks:
    """The times of an engine's ticks, in seconds."""

    __slots__ = ("_last", "_longest", "count", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        """All of them together."""
        self._last: deque[float] = deque(maxlen=_OF)
        self._longest = (-1.0, 0)

    def add(self, seconds: float, now_us: int) -> None:
        """Count a tick that took *seconds* and ended at *now_us*."""
        self.count += 1
        self.seconds += seconds
        self._last.append(seconds)
        if seconds > self._longest[0]:
            self._longest = (seconds, now_us)

    def times(self) -> TickTimes:
        """Return what they took."""
        if not self.count:
            return TickTimes()
        ordered = sorted(self._last)
        seconds, at_us = self._longest
        return TickTimes(
            count=self.count,
            seconds=self.seconds,
            p50=quantile(ordered, 0.5),
            p99=quantile(ordered, 0.99),
            of=len(ordered),
            longest=seconds,
            longest_at=from_us(at_us),
        )

"""How long a task usually takes, by its last successes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import ceil

LEAST = 10
"""Successes needed to call one slow: among fewer, one is the slowest by chance."""
SHARE = 0.95
"""A slow success takes longer than this share of the task's successes."""


class Usual:
    """The seconds of a task's last successes."""

    __slots__ = ("p50", "seconds")

    def __init__(self, seconds: Iterable[float]) -> None:
        self.seconds: Sequence[float] = sorted(seconds)
        """In order, the shortest first; at least one."""
        self.p50 = middle(self.seconds)

    def p95(self, own: float | None = None) -> float | None:
        """Return the seconds that 95 % of them took at most; None if there are fewer than `LEAST`.

        *own* is the duration in the shown run, if it is among them: it is not compared with itself.
        """
        others = list(self.seconds)
        if own is not None:
            place = bisect_left(others, own)
            if place < len(others) and others[place] == own:
                del others[place]
        return quantile(others, SHARE) if len(others) >= LEAST else None


def middle(ordered: Sequence[float]) -> float:
    """Return the median of *ordered* values, at least one.

    As `statistics.median`, which would bring decimal and rational numbers along.
    """
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest of *ordered* values that *share* of them do not exceed; None of nothing."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def is_slow(start: datetime | None, end: datetime | None, p95: float | None, now: datetime) -> bool:
    """Return whether what began at *start* took longer than *p95* seconds, or does by *now*."""
    if start is None or p95 is None:
        return False
    return ((end or now) - start).total_seconds() > p95

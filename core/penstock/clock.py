"""Time as a value: a clock is passed in, never read from the side.

Wall time decides which schedule points are due; monotonic time measures deadlines, so that a
clock that steps never shortens or lengthens a timeout.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What the engine asks of time."""

    def now(self) -> datetime:
        """Return the wall clock as an aware datetime in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards; the zero point means nothing."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall clock as an aware datetime in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of the monotonic clock."""
        return time.monotonic()


def to_us(moment: datetime) -> int:
    """Return whole microseconds since 1970 UTC, the form in which the store keeps time."""
    return (moment - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Return the aware UTC datetime of *microseconds* since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


def opt_us(moment: datetime | None) -> int | None:
    """Return `to_us`, letting None pass."""
    return None if moment is None else to_us(moment)


def opt_from_us(microseconds: int | None) -> datetime | None:
    """Return `from_us`, letting None pass."""
    return None if microseconds is None else from_us(microseconds)

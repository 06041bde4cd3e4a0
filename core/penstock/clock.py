"""Time as a value: a clock is passed in, never read from the side.

Wall time decides which schedule points are due; steady time measures delays, so that a wall clock that is
set never shortens or lengthens one. Steady time goes on while the machine sleeps.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from penstock import process

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000
"""Microseconds of a day."""
STEP_US = 1_000_000
"""A clock that is set by less is taken over in silence: no delay or duration is told more exactly."""
_READINGS = 10
_AT_ONCE = 0.01


class Clock(Protocol):
    """What the engine asks of time."""

    def now(self) -> datetime:
        """Return the wall clock as an aware datetime in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of the steady clock: nobody sets it, and it counts the machine's sleep."""
        ...

    def boot(self) -> str:
        """Return what tells one life of the steady clock from the next."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall clock as an aware datetime in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since the machine was started, its sleep included."""
        return process.steady()

    def boot(self) -> str:
        """Return the id of this boot."""
        return process.boot_id()


class Reading(NamedTuple):
    """Both clocks at one moment: microseconds since 1970 UTC, seconds of the steady clock, its life."""

    now_us: int
    mono: float
    boot: str


def read(clock: Clock) -> Reading:
    """Read both clocks of *clock* at once: if interrupted in between, read them again."""
    for _ in range(_READINGS):
        before, now, after = clock.monotonic(), clock.now(), clock.monotonic()
        if after - before < _AT_ONCE:
            break
    return Reading(to_us(now), after, clock.boot())


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

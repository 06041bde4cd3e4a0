"""Schedules of a fixed interval: grids that count from an anchor, in absolute time.

Clock changes do not matter here: 24 hours are 24 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from penstock.timetable.point import DAWN, NEVER

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

Step: TypeAlias = "timedelta | relativedelta"
_SMALLEST = timedelta(microseconds=1)


def step_of(seconds: float | None, relative: Mapping[str, int] | None) -> Step:
    """Return the interval of a schedule; raise ValueError unless it is more than 0.

    Calendar intervals without months and years are plain time.
    """
    step: Step
    if relative is None:
        step = timedelta(seconds=seconds or 0)
        forward = bool(seconds and seconds > 0)
    else:
        from dateutil.relativedelta import relativedelta  # 1.5 MiB that most schedules do not need

        try:
            step = relativedelta(**dict(relative))  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise ValueError(f"relativedelta {dict(relative)!r} is not valid: {error}") from None
        forward = _shortest(step) > timedelta()
        if set(relative) <= {"weeks", "days", "hours", "minutes", "seconds", "microseconds"}:
            step = timedelta(**dict(relative))
    if not forward:
        raise ValueError("the interval between two points of a schedule must be more than 0")
    return step


def _shortest(step: relativedelta) -> timedelta:
    """Return a lower bound for the length of *step*: with the shortest months and years."""
    days = 365 * step.years + 28 * step.months + step.days - abs(step.leapdays)
    return timedelta(
        days=days,
        hours=step.hours,
        minutes=step.minutes,
        seconds=step.seconds,
        microseconds=step.microseconds,
    )


class DeltaGrid:
    """*anchor*, anchor + step, anchor + 2 steps, and so on. There are no ticks before the anchor.

    Calendar steps count from the anchor too, so that monthly from 31 January is the last day of
    each month: 28 February, 31 March. (The reference adds one step at a time, and stays at the 28th.)
    """

    def __init__(self, anchor: datetime, step: Step) -> None:
        self.anchor = anchor
        self.step = step
        self._length = step if isinstance(step, timedelta) else _average(step)

    def newest(self, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*, or `DAWN`."""
        place = self._place(moment)
        return DAWN if place < 0 else self._tick(place)

    def first_from(self, moment: datetime) -> datetime:
        """Return the first tick at or after *moment*, or `NEVER`."""
        place = self._place(moment)
        tick = self._tick(max(place, 0))
        return tick if tick >= moment else self._tick(place + 1)

    def after(self, moment: datetime) -> datetime:
        """Return the next tick after *moment*, or `NEVER`."""
        return self._tick(self._place(moment) + 1)

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many ticks there are from *first*, which must be one, to *last*, both included."""
        return 0 if last < first else self._place(last) - self._place(first) + 1

    def moved(self, tick: datetime) -> bool:  # noqa: ARG002 - the grids' common shape
        """Return False: clock changes move nothing here."""
        return False

    def _place(self, moment: datetime) -> int:
        """Return how many steps after the anchor the last tick at or before *moment* is, -1 if before it."""
        moment = min(moment, NEVER - _SMALLEST)
        if moment < self.anchor:
            return -1
        place = (moment - self.anchor) // self._length
        if isinstance(self.step, timedelta):
            return place
        while self._tick(place) > moment:
            place -= 1
        while self._tick(place + 1) <= moment:
            place += 1
        return place

    def _tick(self, place: int) -> datetime:
        """Return the tick *place* steps after the anchor, or `NEVER`."""
        try:
            return min(self.anchor + self.step * place if place else self.anchor, NEVER)
        except (OverflowError, ValueError):
            return NEVER


def _average(step: relativedelta) -> timedelta:
    """Return about how long a calendar step is."""
    days = 365.2425 * (step.years + step.months / 12) + step.days
    return timedelta(days=days, hours=step.hours, minutes=step.minutes, seconds=step.seconds)

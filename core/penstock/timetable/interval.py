"""Schedules of a fixed distance: grids that count from an anchor, in absolute time.

Clock changes do not matter here: 24 hours are 24 hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from penstock.timetable.point import DAWN, NEVER

Step = timedelta | relativedelta


def step_of(seconds: float | None, relative: Mapping[str, int] | None) -> Step:
    """Return the distance that a schedule names; raise ValueError unless it leads forward in time.

    Calendar distances without months and years are plain time.
    """
    if relative is None:
        step: Step = timedelta(seconds=seconds or 0)
    else:
        try:
            step = relativedelta(**dict(relative))  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise ValueError(f"relativedelta {dict(relative)!r} is not valid: {error}") from None
        if set(relative) <= {"weeks", "days", "hours", "minutes", "seconds", "microseconds"}:
            step = timedelta(**dict(relative))
    probe = datetime(2001, 1, 1)  # noqa: DTZ001 - only the direction matters
    if probe + step <= probe:
        raise ValueError("the distance between two points of a schedule must be more than nothing")
    return step


class DeltaGrid:
    """*anchor*, anchor + step, anchor + 2 steps, and so on. Nothing lies before the anchor.

    A calendar step is added again and again (31 January, 28 February, 28 March), as the
    reference does.
    """

    def __init__(self, anchor: datetime, step: Step) -> None:
        self.anchor = anchor
        self.step = step

    def newest(self, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*, or `DAWN`."""
        if moment < self.anchor:
            return DAWN
        if isinstance(self.step, timedelta):
            return self.anchor + (moment - self.anchor) // self.step * self.step
        tick = self.anchor
        while (following := tick + self.step) <= moment:
            tick = following
        return tick

    def first_from(self, moment: datetime) -> datetime:
        """Return the first tick at or after *moment*, or `NEVER`."""
        tick = self.newest(moment)
        if tick == DAWN:
            return self.anchor
        return tick if tick == moment else self.after(tick)

    def after(self, moment: datetime) -> datetime:
        """Return the next tick after *moment*, or `NEVER`."""
        tick = self.newest(moment)
        if tick == DAWN:
            return self.anchor
        try:
            return tick + self.step
        except OverflowError:
            return NEVER

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many ticks lie from *first*, which must be one, to *last*, both counted."""
        if last < first:
            return 0
        if isinstance(self.step, timedelta):
            return (last - first) // self.step + 1
        total, tick = 1, first
        while (tick := tick + self.step) <= last:
            total += 1
        return total

    def moved(self, tick: datetime) -> bool:  # noqa: ARG002 - the grids' common shape
        """Return False: clock changes move nothing here."""
        return False

"""Triggers: fire at each tick of a cron expression, or at a fixed distance."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.timetable.cron import CronGrid
from penstock.timetable.interval import DeltaGrid, Step
from penstock.timetable.point import NEVER, Point
from penstock.timetable.timetable import Outlook, TriggerTimetable

_FIRST_RUN_GRACE = timedelta(minutes=5)


class CronTriggerTimetable(TriggerTimetable):
    """A cron expression, or several, that fire at their own times."""

    def __init__(
        self, ticks: CronGrid, interval: Step | None, run_immediately: bool | float | None = None
    ) -> None:
        super().__init__(interval)
        self.ticks = ticks
        self.run_immediately = run_immediately

    def grid(self, anchor: datetime) -> CronGrid:  # noqa: ARG002 - crons need no anchor
        """Return the matches of the expression."""
        return self.ticks

    def first_without_start(self, now: datetime) -> datetime:
        """Return the first tick of a DAG without a start date: the last one if it has only just passed."""
        past, following = self.ticks.align_down(now), self.ticks.align_up(now)
        match self.run_immediately:
            case True:
                return past
            case False:
                return following
            case None:
                grace = max((following - past) / 10, _FIRST_RUN_GRACE)
            case seconds:
                grace = timedelta(seconds=seconds)
        return past if now - past <= grace else following

    def following(self, last: Point | None, seen: Outlook) -> Point | None:
        """Return the point after *last*; see `Timetable.next`."""
        ticks = self.ticks
        if last is not None:
            tick = ticks.after(last.data_interval_end)
        elif seen.start is None:
            tick = self.first_without_start(seen.now)
        else:
            tick = ticks.align_up(seen.start)
        if seen.catchup != "all":
            floor = ticks.align_down(seen.now) if seen.catchup == "latest" else ticks.first_from(seen.now)
            tick = max(tick, floor, ticks.align_up(seen.start) if seen.start else floor)
        if tick == NEVER or (seen.end is not None and tick > seen.end):
            return None
        return self.point(ticks, tick)


class DeltaTriggerTimetable(TriggerTimetable):
    """Fires at a fixed distance."""

    def __init__(self, step: Step, interval: Step | None) -> None:
        super().__init__(interval)
        self.step = step

    def grid(self, anchor: datetime) -> DeltaGrid:
        """Return *anchor* and its followers."""
        return DeltaGrid(anchor, self.step)

    def following(self, last: Point | None, seen: Outlook) -> Point | None:
        """Return the point after *last*; without catchup a missed one fires now, off the old grid."""
        tick = last.data_interval_end + self.step if last is not None else seen.start or seen.now
        if seen.catchup != "all":
            tick = max(tick, seen.now, seen.start or seen.now)
        if seen.end is not None and tick > seen.end:
            return None
        return Point.over(tick - self.interval, tick)

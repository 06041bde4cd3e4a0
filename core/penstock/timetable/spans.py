"""Data intervals: cover the time from one tick to the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.timetable.cron import CronGrid
from penstock.timetable.interval import DeltaGrid, Step
from penstock.timetable.point import DAWN, NEVER, Point
from penstock.timetable.timetable import DataIntervalTimetable, Outlook


class CronIntervalTimetable(DataIntervalTimetable):
    """The time between two matches of a cron expression."""

    def __init__(self, ticks: CronGrid) -> None:
        self.ticks = ticks

    def grid(self, anchor: datetime) -> CronGrid:  # noqa: ARG002 - crons need no anchor
        """Return the matches of the expression."""
        return self.ticks

    def following(self, last: Point | None, seen: Outlook) -> Point | None:
        """Return the point after *last*; see `Timetable.next`. ``all`` without a start date has none."""
        ticks = self.ticks
        earliest = ticks.align_up(seen.start) if seen.start is not None else None
        if seen.catchup != "all":
            floor = self._newest_passed(seen.now)
            if seen.catchup == "none":
                floor = ticks.align_down(seen.now)
            earliest = max(floor, earliest or floor)
        if last is not None:
            following = ticks.align_up(last.data_interval_end)
            earliest = max(following, earliest or following)
        if earliest is None or earliest == NEVER or (seen.end is not None and earliest > seen.end):
            return None
        return self.point(ticks, earliest)

    def _newest_passed(self, now: datetime) -> datetime:
        before = self.ticks.before(now)
        return before if self.ticks.after(before) == now else self.ticks.before(before)

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the last interval that has passed at *logical_date*."""
        end = self.ticks.align_down(logical_date)
        return self.ticks.before(end), end


class DeltaIntervalTimetable(DataIntervalTimetable):
    """Covers spans of a fixed length."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def grid(self, anchor: datetime) -> DeltaGrid:
        """Return *anchor* and its followers."""
        return DeltaGrid(anchor, self.step)

    def following(self, last: Point | None, seen: Outlook) -> Point | None:
        """Return the point after *last*; without catchup a plain distance leaps on the grid of 1970."""
        tick = seen.start
        if seen.catchup != "all":
            floor = self._floor(seen.start, last, seen.now)
            if seen.catchup == "none":
                floor += self.step
            tick = max(floor, seen.start or floor)
        if last is not None:
            tick = max(last.data_interval_end, tick or last.data_interval_end)
        if tick is None or (seen.end is not None and tick > seen.end):
            return None
        return Point.over(tick, tick + self.step)

    def _floor(self, start: datetime | None, last: Point | None, now: datetime) -> datetime:
        if isinstance(self.step, timedelta):
            epoch = datetime(1970, 1, 1, tzinfo=now.tzinfo)
            return DeltaGrid(epoch, self.step).newest(now) - self.step
        anchor = last.data_interval_end if last is not None else start
        if anchor is None:
            return now - self.step
        newest = self.newest_due(self.grid(anchor), now)
        return anchor if newest == DAWN else newest

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the span that ends at *logical_date*."""
        return logical_date - self.step, logical_date

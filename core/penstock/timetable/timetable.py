"""The interface of every timetable, and the common part of triggers and data intervals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Protocol

from penstock.timetable.interval import Step
from penstock.timetable.point import DAWN, NEVER, Point


class Grid(Protocol):
    """The ticks of a periodic schedule in order, as aware datetimes in UTC."""

    def after(self, moment: datetime) -> datetime:
        """Return the next tick after *moment*, or `NEVER`."""
        ...

    def newest(self, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*, or `DAWN`."""
        ...

    def first_from(self, moment: datetime) -> datetime:
        """Return the first tick at or after *moment*, or `NEVER`."""
        ...

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many ticks there are from *first*, which must be one, to *last*, both included."""
        ...

    def moved(self, tick: datetime) -> bool:
        """Return whether a clock change moved *tick* from its wall time."""
        ...


class Timetable:
    """A schedule without points of its own: ``none``. Base class of the others.

    ``start`` and ``end`` limit ticks: the fire time of a trigger, the start of a data interval.
    Times are aware datetimes in UTC.
    """

    periodic = False
    """Whether it has points that can be previewed, missed and backfilled."""

    def next(
        self,
        last: Point | None,  # noqa: ARG002 - has none
        *,
        start: datetime,  # noqa: ARG002
        end: datetime | None,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> Point | None:
        """Return the point after *last* (None: the first one) of a schedule without a grid, or None.

        For periodic ones ask `due.decide`, which knows what was missed and what has to be caught up.
        """
        return None

    def points_between(
        self,
        first: datetime,  # noqa: ARG002
        last: datetime,  # noqa: ARG002
        *,
        start: datetime | None = None,  # noqa: ARG002
        end: datetime | None = None,  # noqa: ARG002
    ) -> Iterator[Point]:
        """Yield the points with a logical date from *first* to *last*, both included, in order.

        A timedelta without *start* counts from *first*.
        """
        yield from ()

    def count_between(
        self,
        first: datetime,
        last: datetime,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> int:
        """Return how many points `points_between` yields."""
        return sum(1 for _ in self.points_between(first, last, start=start, end=end))

    def points_after(
        self,
        after: datetime,  # noqa: ARG002
        *,
        start: datetime | None = None,  # noqa: ARG002
        end: datetime | None = None,  # noqa: ARG002
    ) -> Iterator[Point]:
        """Yield the points with ``run_after`` later than *after*, in order; endless without *end*.

        A timedelta without *start* counts from *after*.
        """
        yield from ()

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the data interval of a run that is triggered for *logical_date*."""
        return logical_date, logical_date


class PeriodicTimetable(Timetable):
    """The common part of triggers and data intervals: ticks on a grid, each of which is one point."""

    periodic = True

    def grid(self, anchor: datetime) -> Grid:
        """Return the ticks; fixed intervals count from *anchor*."""
        raise NotImplementedError

    def point(self, grid: Grid, tick: datetime) -> Point | None:
        """Return the point of *tick*, or None if the schedule ends before it is due."""
        raise NotImplementedError

    def newest_due(self, grid: Grid, moment: datetime) -> datetime:
        """Return the last tick whose point is due at or before *moment*, or `DAWN`."""
        raise NotImplementedError

    def tick_after(self, grid: Grid, point: Point) -> datetime:
        """Return the first tick that follows the settled *point*, or `NEVER`."""
        raise NotImplementedError

    def _ticks(self, grid: Grid, tick: datetime, end: datetime | None) -> Iterator[Point]:
        while tick != NEVER and (end is None or tick <= end):
            point = self.point(grid, tick)
            if point is None:
                return
            yield point
            tick = grid.after(tick)

    def points_between(
        self, first: datetime, last: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Point]:
        """Yield the points with a logical date from *first* to *last*, both included, in order."""
        grid = self.grid(start or first)
        ticks = self._ticks(grid, grid.first_from(max(first, start or first)), end)
        reached = takewhile(lambda point: point.logical_date <= last, ticks)
        yield from (point for point in reached if point.logical_date >= first)

    def points_after(
        self, after: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Point]:
        """Yield the points with ``run_after`` later than *after*, in order."""
        grid = self.grid(start or after)
        newest = self.newest_due(grid, after)
        tick = grid.first_from(start or after) if newest == DAWN else grid.after(newest)
        if start is not None and tick < start:
            tick = grid.first_from(start)
        yield from (point for point in self._ticks(grid, tick, end) if point.run_after > after)

    def count_between(
        self, first: datetime, last: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> int:
        """Return how many points `points_between` yields, counting whole days if the grid can."""
        lead = self.lead()
        if lead is None:
            return super().count_between(first, last, start=start, end=end)
        grid = self.grid(start or first)
        tick = grid.first_from(max(first + lead, start or first))
        newest = last + lead if end is None else min(last + lead, end)
        return grid.count(tick, newest) if tick <= newest else 0

    def newest_point(self, moment: datetime, *, start: datetime) -> Point | None:
        """Return the last point that is due at *moment*; fixed intervals count from *start*."""
        grid = self.grid(start)
        tick = self.newest_due(grid, moment)
        return None if tick == DAWN else self.point(grid, tick)

    def lead(self) -> timedelta | None:
        """Return how long before its tick a point's logical date is; None if that varies."""
        return timedelta()


class TriggerTimetable(PeriodicTimetable):
    """Fires at each tick. The data interval is empty, or *interval* long and ends at the fire time."""

    def __init__(self, interval: Step | None) -> None:
        self.interval: Step = interval if interval is not None else timedelta()

    def point(self, grid: Grid, tick: datetime) -> Point | None:
        """Return the point that fires at *tick*."""
        return Point.over(tick - self.interval, tick, moved=grid.moved(tick))

    def lead(self) -> timedelta | None:
        """Return the interval, unless it is a calendar interval."""
        return self.interval if isinstance(self.interval, timedelta) else None

    def newest_due(self, grid: Grid, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*."""
        return grid.newest(moment)

    def tick_after(self, grid: Grid, point: Point) -> datetime:
        """Return the first tick after the one of *point*."""
        return grid.after(point.data_interval_end)

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the interval that ends at *logical_date*."""
        return logical_date - self.interval, logical_date


class DataIntervalTimetable(PeriodicTimetable):
    """Covers the time from one tick to the next, and is due at the end of it."""

    def point(self, grid: Grid, tick: datetime) -> Point | None:
        """Return the point that covers the time from *tick* to the next one."""
        end = grid.after(tick)
        if end == NEVER:
            return None
        return Point.over(tick, end, moved=grid.moved(tick) or grid.moved(end))

    def newest_due(self, grid: Grid, moment: datetime) -> datetime:
        """Return the start of the last interval that has passed at *moment*."""
        end = grid.newest(moment)
        return end if end == DAWN else grid.newest(end - timedelta(microseconds=1))

    def tick_after(self, grid: Grid, point: Point) -> datetime:
        """Return the end of *point*'s interval, or the next tick if the schedule has changed since."""
        if grid.after(point.data_interval_start) == point.data_interval_end:
            return point.data_interval_end
        return grid.first_from(point.data_interval_end)

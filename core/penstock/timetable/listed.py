"""A schedule whose points are listed: what an author's own timetable answered when it was asked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta

from penstock.timetable.point import DAWN, NEVER, Point
from penstock.timetable.timetable import Grid, PeriodicTimetable


class ListedGrid:
    """Ticks are the logical dates of the points, in order."""

    def __init__(self, ticks: tuple[datetime, ...]) -> None:
        self.ticks = ticks

    def after(self, moment: datetime) -> datetime:
        """Return the next tick after *moment*, or `NEVER`."""
        place = bisect_right(self.ticks, moment)
        return self.ticks[place] if place < len(self.ticks) else NEVER

    def newest(self, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*, or `DAWN`."""
        place = bisect_right(self.ticks, moment)
        return self.ticks[place - 1] if place else DAWN

    def first_from(self, moment: datetime) -> datetime:
        """Return the first tick at or after *moment*, or `NEVER`."""
        place = bisect_left(self.ticks, moment)
        return self.ticks[place] if place < len(self.ticks) else NEVER

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many ticks there are from *first* to *last*, both included."""
        return bisect_right(self.ticks, last) - bisect_left(self.ticks, first)

    def moved(self, tick: datetime) -> bool:  # noqa: ARG002 - a list says what it says
        """Return False: no clock change moves a listed point."""
        return False


class ListedTimetable(PeriodicTimetable):
    """Points given as (start of the interval, its end, when the run is due), in seconds since 1970 UTC."""

    def __init__(self, points: tuple[tuple[int, int, int], ...]) -> None:
        self._points = {_moment(point[0]): point for point in sorted(points)}
        self._grid = ListedGrid(tuple(self._points))
        self._due = tuple(_moment(point[2]) for point in self._points.values())

    def grid(self, anchor: datetime) -> Grid:  # noqa: ARG002 - a list needs no anchor
        """Return the points' logical dates."""
        return self._grid

    def point(self, grid: Grid, tick: datetime) -> Point | None:  # noqa: ARG002 - there is one grid
        """Return the point of *tick*."""
        start, end, due = self._points[tick]
        return Point(_moment(start), _moment(start), _moment(end), _moment(due))

    def newest_due(self, grid: Grid, moment: datetime) -> datetime:  # noqa: ARG002
        """Return the last tick whose point is due at or before *moment*, or `DAWN`."""
        place = bisect_right(self._due, moment)
        return self._grid.ticks[place - 1] if place else DAWN

    def tick_after(self, grid: Grid, point: Point) -> datetime:
        """Return the tick that follows *point*."""
        return grid.after(point.logical_date)

    def lead(self) -> timedelta | None:
        """Return None: every point has its own."""
        return None

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the interval of the last point that is due at *logical_date*, or one without length."""
        tick = self.newest_due(self._grid, logical_date)
        if tick == DAWN:
            return logical_date, logical_date
        start, end, _ = self._points[tick]
        return _moment(start), _moment(end)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

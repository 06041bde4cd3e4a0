"""Schedules without a grid: ``@once`` and ``@continuous``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from penstock.timetable.point import Point
from penstock.timetable.timetable import Timetable


class OnceTimetable(Timetable):
    """``@once``: one point at the start date, even if that has passed, whatever the catchup."""

    def next(
        self,
        last: Point | None,
        *,
        start: datetime,
        end: datetime | None,
        now: datetime,  # noqa: ARG002 - it does not matter
    ) -> Point | None:
        """Return the only point, unless there has been one."""
        if last is not None or (end is not None and start > end):
            return None
        return Point.over(start, start)

    def points_between(
        self, first: datetime, last: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Point]:
        """Yield the point at *start* if it is in the range."""
        if start is not None and first <= start <= min(last, end or last):
            yield Point.over(start, start)

    def points_after(
        self, after: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Point]:
        """Yield the point at *start* if it is in the range."""
        if start is not None and after < start <= (end or start):
            yield Point.over(start, start)


class ContinuousTimetable(Timetable):
    """``@continuous``: each point begins where the last ended and is due at once."""

    def next(
        self, last: Point | None, *, start: datetime, end: datetime | None, now: datetime
    ) -> Point | None:
        """Return the span from the last point, or the start date, until *now*."""
        if last is None:
            span = start, max(start, now)
        elif last.data_interval_end > now:
            # The last run is in the future: begin again, with intervals of its length.
            span = start, start + (last.data_interval_end - last.data_interval_start)
        else:
            span = last.data_interval_end, now
        if end is not None and span[1] > end:
            return None
        return Point.over(*span)

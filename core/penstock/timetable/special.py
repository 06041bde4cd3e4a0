"""Schedules that are no grid: ``@once`` and ``@continuous``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from penstock.timetable.point import Point
from penstock.timetable.timetable import Outlook, Timetable


class OnceTimetable(Timetable):
    """``@once``: one point, at the start date even when that has passed, whatever the catchup."""

    def following(self, last: Point | None, seen: Outlook) -> Point | None:
        """Return the only point, unless there was one."""
        moment = seen.start or seen.now
        if last is not None or (seen.end is not None and moment > seen.end):
            return None
        return Point.over(moment, moment)

    def points_between(
        self, first: datetime, last: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Point]:
        """Yield the point at *start* if it lies there."""
        if start is not None and first <= start <= min(last, end or last):
            yield Point.over(start, start)

    def points_after(
        self, after: datetime, *, start: datetime | None = None, end: datetime | None = None
    ) -> Iterator[Point]:
        """Yield the point at *start* if it lies there."""
        if start is not None and after < start <= (end or start):
            yield Point.over(start, start)


class ContinuousTimetable(Timetable):
    """``@continuous``: each point begins where the last ended and is due at once."""

    def following(self, last: Point | None, seen: Outlook) -> Point | None:
        """Return the span from the last point, or the start date, until *now*."""
        if last is None:
            first = seen.start or seen.now
            span = first, max(first, seen.now)
        elif last.data_interval_end > seen.now and seen.start is not None:
            # The last run lies in the future: begin anew, with spans of its length.
            span = seen.start, seen.start + (last.data_interval_end - last.data_interval_start)
        else:
            span = last.data_interval_end, max(seen.now, last.data_interval_end)
        if seen.end is not None and span[1] > seen.end:
            return None
        return Point.over(*span)

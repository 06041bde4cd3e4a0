"""The schedule that made a recorded span of points.

A span has its first and last point and their number. Which points are between, only the schedule of
that time knows. So a span keeps its schedule, as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from penstock.decoding import decoder
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.timetable.point import Point
from penstock.timetable.schedule import stored_timetable
from penstock.timetable.timetable import PeriodicTimetable


class Recorded(msgspec.Struct, frozen=True, omit_defaults=True):
    """A schedule, with the time from which its intervals count."""

    schedule: ScheduleSpec
    start: datetime | None = None

    @classmethod
    def of(cls, spec: DagSpec, first_seen: datetime) -> Recorded:
        """Return the schedule of a DAG as it is now."""
        start = spec.start_date
        if start is None and spec.schedule.kind.startswith("delta"):
            start = first_seen
        return cls(spec.schedule, start)

    @classmethod
    def read(cls, text: str) -> Recorded:
        """Return what `text` wrote."""
        return decoder(cls).decode(text.encode())

    def text(self) -> str:
        """Return it as one line; equal schedules give equal lines."""
        return msgspec.json.encode(self).decode()

    def points(self, first: datetime, last: datetime) -> Iterator[Point]:
        """Yield the points with a logical date from *first* to *last*, both included, in order."""
        if first > last:
            return iter(())
        return stored_timetable(self.schedule).points_between(first, last, start=self.start)

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many points `points` yields."""
        return (
            0
            if first > last
            else stored_timetable(self.schedule).count_between(first, last, start=self.start)
        )

    def inside(self, first: datetime, last: datetime) -> tuple[datetime, datetime, int] | None:
        """Return the first and last point between two times and their number; None if there are none."""
        found = self.points(first, last)
        begin = next(found, None)
        if begin is None:
            return None
        table, start = stored_timetable(self.schedule), begin.logical_date
        lead = table.lead() if isinstance(table, PeriodicTimetable) else None
        if isinstance(table, PeriodicTimetable) and lead is not None:
            newest = table.grid(self.start or first).newest(last + lead) - lead
            return start, max(start, newest), self.count(first, last)
        rest = [start, *(point.logical_date for point in found)]
        return start, rest[-1], len(rest)

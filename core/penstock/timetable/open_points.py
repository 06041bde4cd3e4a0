"""The points of a schedule that have no record yet: due ones that wait, and future ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from penstock.model.spec import DagSpec
from penstock.timetable.due import first_open
from penstock.timetable.point import Point
from penstock.timetable.recorded import Recorded
from penstock.timetable.schedule import stored_timetable
from penstock.timetable.timetable import PeriodicTimetable


@dataclass(frozen=True, slots=True)
class OpenPoints:
    """The open points of one DAG as seen at *now*, from *first* on."""

    first: Point
    schedule: Recorded
    end: datetime | None
    now: datetime

    @classmethod
    def of(
        cls, spec: DagSpec, *, cursor: Point | None, first_seen: datetime, now: datetime
    ) -> OpenPoints | None:
        """Return the open points of *spec*, None if there are none."""
        first = first_open(spec, cursor=cursor, first_seen=first_seen, now=now)
        if first is None:
            return None
        return cls(first, Recorded.of(spec, first_seen), spec.end_date, now)

    def between(self, first: datetime, last: datetime) -> Iterator[Point]:
        """Yield those with a logical date from *first* to *last*, both included, in order."""
        begin = max(first, self.first.logical_date)
        if begin > last:
            return iter(())
        table = stored_timetable(self.schedule.schedule)
        if not table.periodic:
            return iter((self.first,) if begin == self.first.logical_date else ())
        return table.points_between(begin, last, start=self.schedule.start, end=self.end)

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many points `between` yields."""
        begin = max(first, self.first.logical_date)
        table = stored_timetable(self.schedule.schedule)
        if begin > last or not table.periodic:
            return sum(1 for _ in self.between(first, last))
        return table.count_between(begin, last, start=self.schedule.start, end=self.end)

    def due(self, point: Point) -> bool:
        """Whether a point is due but waits."""
        return point.run_after <= self.now

    def newest_due(self) -> datetime | None:
        """Return the logical date of the newest due point, None if even the first is not due."""
        if not self.due(self.first):
            return None
        table = stored_timetable(self.schedule.schedule)
        if not isinstance(table, PeriodicTimetable):
            return self.first.logical_date
        newest = table.newest_point(self.now, start=self.schedule.start or self.first.logical_date)
        return None if newest is None else newest.logical_date

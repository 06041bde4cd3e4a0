"""Coming schedule points of a DAG, from the cursor that the engine keeps in the DAG's row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from penstock.clock import Clock, from_us, opt_from_us
from penstock.model.spec import DagSpec
from penstock.model.views import PointRow
from penstock.timetable import Point, timetable_of
from penstock.timetable.due import decide

_TICK = timedelta(microseconds=1)


class Cursor(NamedTuple):
    """How far a DAG's schedule is settled: columns of its row, in microseconds since 1970 UTC."""

    dag_id: str
    version_id: int
    first_seen_us: int
    run_after_us: int | None
    start_us: int | None
    end_us: int | None

    @property
    def point(self) -> Point | None:
        """The last settled point."""
        start, end, due = opt_from_us(self.start_us), opt_from_us(self.end_us), opt_from_us(self.run_after_us)
        if start is None or end is None or due is None:
            return None
        return Point(start, start, end, due)


class Coming:
    """Answers what comes next, and remembers it for lists that ask for every DAG again and again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[tuple[Cursor, bool], datetime | None]] = {}

    def next_run(self, cursor: Cursor, spec: DagSpec, *, busy: bool) -> datetime | None:
        """Return when the next point is due, or None when none will be (or a run of it must end before)."""
        now = self._clock.now()
        key = cursor, busy
        known, due = self._kept.get(cursor.dag_id, (None, None))
        if known == key and (due is None or due > now):
            return due
        due = decide(
            spec,
            cursor=cursor.point,
            first_seen=from_us(cursor.first_seen_us),
            now=now,
            paused=False,
            limit=0,
            busy=busy,
        ).next_due
        self._kept[cursor.dag_id] = key, due
        return due

    def points(self, cursor: Cursor, spec: DagSpec, count: int) -> list[PointRow]:
        """Return the next *count* points."""
        return [
            PointRow(
                logical_date=point.logical_date,
                data_interval_start=point.data_interval_start,
                data_interval_end=point.data_interval_end,
                run_after=point.run_after,
                moved_by_dst=point.moved_by_dst,
            )
            for point in islice(_points(cursor, spec, self._clock.now()), max(count, 0))
        ]


def _points(cursor: Cursor, spec: DagSpec, now: datetime) -> Iterator[Point]:
    """Yield what is not settled: with catchup ``all`` from the cursor on, else from now on."""
    timetable = timetable_of(spec.schedule)
    last = cursor.point
    if not timetable.periodic:
        point = timetable.next(
            last,
            start=spec.start_date or from_us(cursor.first_seen_us),
            end=spec.end_date,
            catchup=spec.catchup,
            now=now,
        )
        if point is not None:
            yield point
        return
    first_seen = from_us(cursor.first_seen_us)
    after = first_seen if last is None else last.run_after
    start = spec.start_date
    if spec.catchup != "all":
        after = max(after, now)
    elif last is None and start is not None:
        after = start - _TICK
    if start is None and spec.schedule.kind.startswith("delta"):  # distances count from somewhere
        start = first_seen
    yield from timetable.points_after(after, start=start, end=spec.end_date)

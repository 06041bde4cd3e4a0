"""Finds the next schedule points of a DAG, from the cursor that the engine keeps in the DAG's row."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import NamedTuple

from penstock.clock import Clock, from_us, opt_from_us
from penstock.model.spec import DagSpec
from penstock.model.views.points import PointRow
from penstock.timetable import Point
from penstock.timetable.due import coming, decide


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
    """Returns the next points, and caches them for lists that ask for every DAG again and again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[tuple[Cursor, bool], datetime | None]] = {}

    def next_run(self, cursor: Cursor, spec: DagSpec, *, busy: bool) -> datetime | None:
        """Return when the next point is due, or None if there is none (or a run must end first)."""
        now = self._clock.now()
        key = cursor, busy
        known, due = self._kept.get(cursor.dag_id, (None, None))
        if known == key and (due is None or due > now):
            return due
        try:
            due = decide(
                spec,
                cursor=cursor.point,
                first_seen=from_us(cursor.first_seen_us),
                now=now,
                paused=False,
                limit=0,
                busy=busy,
            ).next_due
        except ValueError:  # accepted by an older version; the DAG's events say what is wrong
            due = None
        self._kept[cursor.dag_id] = key, due
        return due

    def points(self, cursor: Cursor, spec: DagSpec, count: int) -> list[PointRow]:
        """Return the next *count* points that get a run."""
        points = coming(
            spec, cursor=cursor.point, first_seen=from_us(cursor.first_seen_us), now=self._clock.now()
        )
        return [
            PointRow(
                logical_date=point.logical_date,
                data_interval_start=point.data_interval_start,
                data_interval_end=point.data_interval_end,
                run_after=point.run_after,
                moved_by_dst=point.moved_by_dst,
            )
            for point in islice(points, max(count, 0))
        ]

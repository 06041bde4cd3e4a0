"""Reads the missed-point ledger: its records, single points, and days for a calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from penstock.clock import from_us, to_us
from penstock.model.points import PointState
from penstock.model.spec import DagSpec
from penstock.model.states import RunState
from penstock.model.subject import about_row
from penstock.model.views.points import DayRow, LedgerPoint, LedgerRow
from penstock.store.checked import checked
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import ledger as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.next_points import Cursor
from penstock.store.views.runs import AnyRow, aware_us, known_dag
from penstock.timetable.open_points import OpenPoints
from penstock.timetable.point import Point
from penstock.timetable.recorded import Recorded

MOST_DAYS = 400
"""Most days in one answer."""
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)

_ledger_row = checked(TABLES["ledger"], ["status", "reason", "run_id"], status=PointState)


def read_ledger(connection: Connection, dag_id: str, limit: int) -> list[LedgerRow]:
    """Return the newest records of the missed-point ledger, newest first."""
    known_dag(connection, dag_id)
    rows = connection.execute(sql.NEWEST, {"dag_id": dag_id, "limit": max(limit, 0)}).all()
    return Sieve().rows(rows, lambda row: about_row("ledger", row.id, dag_id), _ledger_view)


def _ledger_view(row: Any) -> LedgerRow:
    _ledger_row([row.status, row.reason, row.run_id])
    return LedgerRow(
        first=from_us(row.first_us),
        last=from_us(row.last_us),
        count=row.points,
        status=PointState(row.status),
        reason=row.reason,
        run_id=row.run_id,
    )


@dataclass(frozen=True, slots=True)
class DagPoints:
    """The schedule points of one DAG: the recorded ones, and those still open at *now*."""

    connection: Connection
    cursor: Cursor
    spec: DagSpec
    now: datetime
    missing: bool = False
    """Whether the DAG's file is gone: then it has no open points."""

    def points(self, first: datetime, last: datetime, limit: int) -> list[LedgerPoint]:
        """Return the points from *first* to *last*, both counted, oldest first, at most *limit*."""
        asked = self._between(first, last)
        opened = self._open()
        still_open = (
            (_open_point(point, waits=opened.due(point)) for point in opened.between(first, last))
            if opened is not None
            else ()
        )
        # If two have the same date, the record comes first and hides the open point.
        ordered = merge(self._recorded(asked, first, last), still_open, key=lambda point: point.logical_date)
        found: list[LedgerPoint] = []
        for point in ordered:
            if len(found) >= limit:
                break
            if not found or found[-1].logical_date != point.logical_date:
                found.append(point)
        return found

    def days(self, first: date, last: date) -> list[DayRow]:
        """Return the days from *first* to *last* that have a point, on the DAG's clock."""
        zone = ZoneInfo(self.spec.timezone)
        length = min((last - first).days + 1, MOST_DAYS)
        if length < 1:
            return []
        opened = self._open()
        begin, end = _midnight(first, zone), _midnight(first + timedelta(length), zone)
        spans = self.connection.execute(sql.SPANS, self._between(begin, end - _MICROSECOND)).all()
        found = [self._day(first + timedelta(place), zone, spans, opened) for place in range(length)]
        return [row for row in found if row.counts]

    def _day(self, day: date, zone: ZoneInfo, spans: Sequence[AnyRow], opened: OpenPoints | None) -> DayRow:
        begin, end = _midnight(day, zone), _midnight(day + _DAY, zone) - _MICROSECOND
        counts, reasons, runs = Counter[str](), Counter[str](), Counter[str]()
        moved = False
        asked = self._between(begin, end)
        for status, reason, state, count, was_moved in self.connection.execute(sql.DAY_TOTALS, asked):
            if status not in frozenset(PointState):  # treated as not recorded
                continue
            counts[status] += count
            reasons[reason or ""] += count
            runs[state or ""] += count
            moved = moved or bool(was_moved)
        changes = _clock_changes(day, zone)
        for row in spans:
            first, last = max(begin, from_us(row.first_us)), min(end, from_us(row.last_us))
            if first <= last:
                schedule = self._schedule(row)
                counts[row.status] += (count := schedule.count(first, last))
                reasons[row.reason or ""] += count
                moved = moved or (changes and any(each.moved_by_dst for each in schedule.points(first, last)))
        if opened is not None and opened.first.logical_date <= end:
            waiting, upcoming = _split(opened, begin, end)
            for point in self._recorded_ahead(opened, begin, end):
                due = opened.due(point)
                waiting, upcoming = waiting - due, upcoming - (not due)
            counts[PointState.WAITING] += waiting
            counts[PointState.UPCOMING] += upcoming
            moved = moved or (changes and any(each.moved_by_dst for each in opened.between(begin, end)))
        return DayRow(
            day=day, counts=_told(counts), reasons=_told(reasons), runs=_told(runs), moved_by_dst=moved
        )

    def _recorded_ahead(self, opened: OpenPoints, begin: datetime, end: datetime) -> Iterator[Point]:
        """Yield the open points of a day that a backfill or a person ran before the schedule did.

        A record may also be of a point that only an earlier schedule had.
        """
        asked = self._between(max(begin, opened.first.logical_date), end)
        if dates := set(self.connection.execute(sql.DAY_DATES, asked).scalars()):
            yield from (point for point in opened.between(begin, end) if to_us(point.logical_date) in dates)

    def _recorded(self, asked: dict[str, object], first: datetime, last: datetime) -> Iterator[LedgerPoint]:
        for row in self.connection.execute(sql.BETWEEN, asked):
            try:
                _ledger_row([row.status, row.reason, row.run_id])
            except ValueError:  # treated as not recorded
                continue
            begin, end = from_us(row.first_us), from_us(row.last_us)
            state = RunState(row.run_state) if row.run_state in frozenset(RunState) else None
            told = {
                "state": PointState(row.status),
                "reason": row.reason,
                "run_id": row.run_id,
                "run_state": state,
            }
            if row.points == 1:
                yield LedgerPoint(logical_date=begin, moved_by_dst=bool(row.moved), **told)
                continue
            span = {"span_first": begin, "span_last": end, "span_count": row.points}
            for point in self._schedule(row).points(max(begin, first), min(end, last)):
                moved = point.moved_by_dst
                yield LedgerPoint(logical_date=point.logical_date, moved_by_dst=moved, **told, **span)

    def _schedule(self, row: AnyRow) -> Recorded:
        if isinstance(row.schedule, str):
            with suppress(msgspec.DecodeError):  # written by hand: the present one is as good a guess as any
                return Recorded.read(row.schedule)
        return Recorded.of(self.spec, from_us(self.cursor.first_seen_us))

    def _open(self) -> OpenPoints | None:
        if self.missing:
            return None
        seen = from_us(self.cursor.first_seen_us)
        return OpenPoints.of(self.spec, cursor=self.cursor.point, first_seen=seen, now=self.now)

    def _between(self, first: datetime, last: datetime) -> dict[str, object]:
        return {"dag_id": self.cursor.dag_id, "first": aware_us(first), "last": aware_us(last)}


def _open_point(point: Point, *, waits: bool) -> LedgerPoint:
    return LedgerPoint(
        logical_date=point.logical_date,
        state=PointState.WAITING if waits else PointState.UPCOMING,
        moved_by_dst=point.moved_by_dst,
    )


def _split(opened: OpenPoints, begin: datetime, end: datetime) -> tuple[int, int]:
    """Return how many open points of a day are due, and how many are not."""
    total = opened.count(begin, end)
    newest = opened.newest_due() if total else None
    waiting = 0 if newest is None else opened.count(begin, min(end, newest))
    return waiting, total - waiting


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _clock_changes(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone's clock changes near that day: only then can a point have been moved."""
    return _midnight(day + 2 * _DAY, zone) - _midnight(day - _DAY, zone) != 3 * _DAY


def _told(counts: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if name and count > 0}

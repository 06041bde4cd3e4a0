"""The missed-point ledger: every schedule point has exactly one record.

Written in the transaction that creates a point's run or skips it. Adjacent skips with one reason are
one span with a count; a later backfill takes its point out of the span.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from penstock.clock import from_us, to_us
from penstock.model.points import POINTS, PointState
from penstock.scheduling.world.dag_entry import DagEntry
from penstock.store.engine.gate import Gate
from penstock.store.engine.records import LedgerRecord
from penstock.store.engine.working_set import WorkingSet
from penstock.timetable.point import Point
from penstock.timetable.recorded import Recorded

_MICROSECOND = timedelta(microseconds=1)
_FRESH = 0
"""The id of a record that is not written yet."""


class Ledger:
    """The ledger within one tick: the stored records, with this tick's changes.

    `write` gives the changes to the gate at the end: if ten points of a backfill split a span in one tick,
    each must see the span as the last split left it.
    """

    def __init__(self, reads: WorkingSet, gate: Gate) -> None:
        self._reads = reads
        self._gate = gate
        self._gone: dict[int, LedgerRecord] = {}
        self._fresh: dict[str, list[LedgerRecord]] = {}

    def record_run(self, entry: DagEntry, point: Point, run_id: str, *, late: bool) -> None:
        """Record that a point got its run, unless a backfill ran it before it was due."""
        moment = point.logical_date
        if all(
            found.status is not PointState.BACKFILLED for found in self._between(entry.dag_id, moment, moment)
        ):
            self._put(
                entry,
                moment,
                PointState.RAN_LATE if late else PointState.RAN,
                run_id,
                moved=point.moved_by_dst,
            )

    def record_skip(self, entry: DagEntry, first: datetime, last: datetime, count: int, reason: str) -> None:
        """Record skipped points without a record; a span with the same reason is extended."""
        schedule = _schedule_of(entry)
        standing = self._between(entry.dag_id, first, last)
        if not standing:
            self._skip(entry, schedule, first, last, count, reason)
        else:
            count = 0
            for begin, end in _gaps(standing, first, last):
                inside = schedule.inside(begin, end)
                if inside is not None:
                    self._skip(entry, schedule, *inside, reason)
                    count += inside[2]
        if count:
            self._gate.note("skip", dag_id=entry.dag_id, reason=f"{count} point(s) skipped: {reason}")

    def record_backfilled(self, entry: DagEntry, moment: datetime, run_id: str | None) -> None:
        """Turn a point's record into ``backfilled``, splitting its span.

        The event keeps what the record was.
        """
        found = _schedule_of(entry).points(moment, moment)
        moved = any(point.moved_by_dst for point in found)
        before = self._put(entry, moment, PointState.BACKFILLED, run_id, moved=moved)
        self._gate.note(
            "point_backfilled",
            dag_id=entry.dag_id,
            run_id=run_id,
            before=None if before is None else before.status,
            after=PointState.BACKFILLED,
            reason=f"{moment:%Y-%m-%d %H:%M:%S} UTC"
            + (f", was skipped: {before.reason}" if before and before.reason else ""),
        )

    def write(self) -> None:
        """Give the changes to the gate."""
        for record in self._gone.values():
            self._gate.drop(record)
        for records in self._fresh.values():
            for record in records:
                self._gate.add(record)
        self._gone, self._fresh = {}, {}

    def _put(
        self, entry: DagEntry, moment: datetime, status: PointState, run_id: str | None, *, moved: bool
    ) -> LedgerRecord | None:
        """Record one point in place of its earlier record, and return the earlier one."""
        before = None
        for span in self._between(entry.dag_id, moment, moment):
            before = span
            POINTS.become(span.status, status)
            self._remove(span)
            if span.count == 1:
                continue
            schedule = _schedule_of(entry) if span.schedule is None else Recorded.read(span.schedule)
            for first, last in (
                (from_us(span.first_us), moment - _MICROSECOND),
                (moment + _MICROSECOND, from_us(span.last_us)),
            ):
                inside = schedule.inside(first, last)
                if inside is not None:
                    begin_us, end_us = to_us(inside[0]), to_us(inside[1])
                    part = replace(span, id=_FRESH, first_us=begin_us, last_us=end_us, count=inside[2])
                    self._add(part)
        at_us = to_us(moment)
        self._add(LedgerRecord(_FRESH, entry.dag_id, at_us, at_us, 1, status, None, run_id, moved))
        return before

    def _skip(
        self, entry: DagEntry, schedule: Recorded, first: datetime, last: datetime, count: int, reason: str
    ) -> None:
        text, first_us = schedule.text(), to_us(first)
        before = self._before(entry.dag_id, first_us)
        if before is not None and (before.status, before.reason, before.schedule) == (
            PointState.SKIPPED,
            reason,
            text,
        ):
            self._remove(before)
            first_us, count = before.first_us, before.count + count
        fresh = LedgerRecord(
            _FRESH,
            entry.dag_id,
            first_us,
            to_us(last),
            count,
            PointState.SKIPPED,
            reason,
            None,
            moved=False,
            schedule=text,
        )
        self._add(fresh)

    def _add(self, record: LedgerRecord) -> None:
        self._fresh.setdefault(record.dag_id, []).append(record)

    def _remove(self, record: LedgerRecord) -> None:
        if record.id == _FRESH:
            self._fresh[record.dag_id].remove(record)
        else:
            self._gone[record.id] = record

    def _between(self, dag_id: str, first: datetime, last: datetime) -> list[LedgerRecord]:
        """Return the records with a point from *first* to *last*, oldest first."""
        first_us, last_us = to_us(first), to_us(last)
        stored = self._reads.ledger_between(dag_id, first_us, last_us)
        fresh = [
            record
            for record in self._fresh.get(dag_id, ())
            if record.first_us <= last_us and record.last_us >= first_us
        ]
        found = [*(record for record in stored if record.id not in self._gone), *fresh]
        return sorted(found, key=lambda record: record.first_us)

    def _before(self, dag_id: str, moment_us: int) -> LedgerRecord | None:
        """Return the last record that begins before a moment."""
        stored = self._reads.ledger_before(dag_id, moment_us, without=self._gone)
        fresh = [record for record in self._fresh.get(dag_id, ()) if record.first_us < moment_us]
        found = [*fresh, *([stored] if stored is not None else [])]
        return max(found, key=lambda record: record.first_us, default=None)


def _gaps(
    records: list[LedgerRecord], first: datetime, last: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans of time from *first* to *last* that no record covers."""
    begin = first
    for record in records:
        if from_us(record.first_us) > begin:
            yield begin, from_us(record.first_us) - _MICROSECOND
        begin = max(begin, from_us(record.last_us) + _MICROSECOND)
    if begin <= last:
        yield begin, last


def _schedule_of(entry: DagEntry) -> Recorded:
    return Recorded.of(entry.structure.spec, from_us(entry.facts.first_seen_us))

"""The missed-point ledger: every schedule point lies in exactly one record.

Written in the transaction that creates a point's run or skips it. Adjacent skips with one reason are
one span with a count; a later backfill takes its point out of the span.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.clock import from_us, to_us
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import DagEntry
from penstock.store.records import LedgerRecord
from penstock.store.writes import DELETE_LEDGER, INSERT_LEDGER, WIDEN_LEDGER
from penstock.timetable.point import Point
from penstock.timetable.schedule import timetable_of

_MICROSECOND = timedelta(microseconds=1)


def record_run(tick: Tick, entry: DagEntry, point: Point, run_id: str, *, late: bool) -> None:
    """Record that a point got its run."""
    status = "ran_late" if late else "ran"
    _insert(tick, entry, to_us(point.logical_date), to_us(point.logical_date), 1, status, None, run_id)


def record_skip(
    tick: Tick, entry: DagEntry, first: datetime, last: datetime, count: int, reason: str
) -> None:
    """Record skipped points; a span that goes on with the same reason grows."""
    newest = _newest(tick, entry.dag_id)
    first_us, last_us = to_us(first), to_us(last)
    if newest is not None and _goes_on(newest, first_us, reason):
        row = {"b_id": newest.id, "last_us": last_us, "count": newest.count + count}
        tick.gate.also(WIDEN_LEDGER, row)
    else:
        _insert(tick, entry, first_us, last_us, count, "skipped", reason, None)
    tick.gate.note("skip", dag_id=entry.dag_id, reason=f"{count} point(s) skipped: {reason}")


def record_backfilled(tick: Tick, entry: DagEntry, moment: datetime, run_id: str | None) -> None:
    """Turn a point's record into ``backfilled``, splitting the span that it lay in."""
    moment_us = to_us(moment)
    covering = tick.world.reads.ledger_record_at(entry.dag_id, moment_us)
    if covering is not None:
        tick.gate.also(DELETE_LEDGER, {"b_id": covering.id})
        if covering.count > 1:
            _keep_sides(tick, entry, covering, moment)
    _insert(tick, entry, moment_us, moment_us, 1, "backfilled", None, run_id)


def _keep_sides(tick: Tick, entry: DagEntry, span: LedgerRecord, moment: datetime) -> None:
    spec = entry.structure.spec
    timetable = timetable_of(spec.schedule)
    for first, last in (
        (from_us(span.first_us), moment - _MICROSECOND),
        (moment + _MICROSECOND, from_us(span.last_us)),
    ):
        inside = [
            to_us(point.logical_date)
            for point in timetable.points_between(first, last, start=spec.start_date, end=spec.end_date)
        ]
        if inside:
            _insert(
                tick,
                entry,
                inside[0],
                inside[-1],
                len(inside),
                span.status,
                span.reason,
                span.run_id,
            )


def _goes_on(span: LedgerRecord, first_us: int, reason: str) -> bool:
    return (span.status, span.reason) == ("skipped", reason) and span.last_us < first_us


def _newest(tick: Tick, dag_id: str) -> LedgerRecord | None:
    if not tick.gate.empty:
        return None  # rows of this tick are not readable yet; a second span is as true as a long one
    return tick.world.reads.newest_ledger_record(dag_id)


def _insert(
    tick: Tick,
    entry: DagEntry,
    first_us: int,
    last_us: int,
    count: int,
    status: str,
    reason: str | None,
    run_id: str | None,
) -> None:
    tick.gate.also(
        INSERT_LEDGER,
        {
            "dag_id": entry.dag_id,
            "first_us": first_us,
            "last_us": last_us,
            "count": count,
            "status": status,
            "reason": reason,
            "run_id": run_id,
        },
    )

"""The missed-point ledger: every schedule point lies in exactly one record.

Written in the transaction that creates a point's run or skips it. Adjacent skips with one reason are
one span with a count; a later backfill takes its point out of the span.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from penstock.clock import from_us, to_us
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import DagEntry
from penstock.store import tables
from penstock.store.database import Statement, table_of
from penstock.store.writes import INSERT_LEDGER
from penstock.timetable.point import Point
from penstock.timetable.schedule import timetable_of

_ledger = table_of(tables.LedgerRow)
_WIDEN = Statement(
    sa.update(_ledger)
    .where(_ledger.c.id == sa.bindparam("b_id"))
    .values(last_us=sa.bindparam("last_us"), count=sa.bindparam("count"))
)
_DELETE = Statement(sa.delete(_ledger).where(_ledger.c.id == sa.bindparam("b_id")))
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
    goes_on = (
        newest is not None
        and (newest["status"], newest["reason"]) == ("skipped", reason)
        and newest["last_us"] < first_us
    )
    if newest is not None and goes_on:
        row = {"b_id": newest["id"], "last_us": last_us, "count": newest["count"] + count}
        tick.gate.also(_WIDEN, row)
    else:
        _insert(tick, entry, first_us, last_us, count, "skipped", reason, None)
    tick.gate.note("skip", dag_id=entry.dag_id, reason=f"{count} point(s) skipped: {reason}")


def record_backfilled(tick: Tick, entry: DagEntry, moment: datetime, run_id: str | None) -> None:
    """Turn a point's record into ``backfilled``, splitting the span that it lay in."""
    moment_us = to_us(moment)
    with tick.world.reads.database.read() as connection:
        covering = (
            connection.execute(
                sa.select(_ledger).where(
                    _ledger.c.dag_id == entry.dag_id,
                    _ledger.c.first_us <= moment_us,
                    _ledger.c.last_us >= moment_us,
                )
            )
            .mappings()
            .first()
        )
    if covering is not None:
        tick.gate.also(_DELETE, {"b_id": covering["id"]})
        if covering["count"] > 1:
            _keep_sides(tick, entry, covering, moment)
    _insert(tick, entry, moment_us, moment_us, 1, "backfilled", None, run_id)


def _keep_sides(tick: Tick, entry: DagEntry, span: sa.RowMapping, moment: datetime) -> None:
    spec = entry.structure.spec
    timetable = timetable_of(spec.schedule)
    for first, last in (
        (from_us(span["first_us"]), moment - _MICROSECOND),
        (moment + _MICROSECOND, from_us(span["last_us"])),
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
                span["status"],
                span["reason"],
                span["run_id"],
            )


def _newest(tick: Tick, dag_id: str) -> sa.RowMapping | None:
    if not tick.gate.empty:
        return None  # rows of this tick are not readable yet; a second span is as true as a long one
    query = sa.select(_ledger).where(_ledger.c.dag_id == dag_id).order_by(_ledger.c.first_us.desc()).limit(1)
    with tick.world.reads.database.read() as connection:
        return connection.execute(query).mappings().first()


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

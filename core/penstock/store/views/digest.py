"""Reading what happened since somebody looked. Pure rules over it are in `penstock.model.digest`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from penstock.clock import DAY_US, from_us
from penstock.model.digest import ENGINE_STOP, of_person, tell, without_pauses
from penstock.model.failures import person_of
from penstock.model.points import PointState
from penstock.model.states import SUCCESS_LIKE, RunType, TaskState
from penstock.model.subject import about_row
from penstock.model.views.digest import Digest, Recovered, SkippedPoints
from penstock.store import tables
from penstock.store.sieve import Sieve
from penstock.store.sqlite.indexed import MISSED_POINTS, NEWS
from penstock.store.statement import table_of
from penstock.store.tables import FailureRow, LookRow
from penstock.store.views.durations import Durations
from penstock.store.views.failures import read_failures
from penstock.store.views.late import read_late
from penstock.store.views.runs import aware_us
from penstock.store.views.slow import read_slow
from penstock.store.views.status import event_view

NEVER_LOOKED_US = DAY_US
"""How far back somebody is told who never looked, in microseconds."""
_MOST_EVENTS = 20_000
_MOST_FAILED = 500
"""The most tasks that are looked at for whether they have recovered."""

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_event = table_of(tables.EventRow)
_ledger = table_of(tables.LedgerRow)
_failure = table_of(FailureRow)
_look = table_of(LookRow)

_LOOKS = sa.select(_look.c.place, _look.c.upto, _look.c.at_us).where(_look.c.person == sa.bindparam("person"))
_AT = (
    sa.select(_event.c.seq, _event.c.at_us)
    .where(_event.c.seq >= sa.bindparam("seq"))
    .order_by(_event.c.seq)
    .limit(1)
)
_NEWS = sa.select(_event).where(_event.c.seq > sa.bindparam("after"), NEWS)
_NEWEST_NEWS = sa.select(_event.c.seq).where(NEWS).order_by(_event.c.seq.desc()).limit(1)
_BEFORE = (
    sa.select(_event.c.at_us, _event.c.kind)
    .where(_event.c.seq < sa.bindparam("seq"))
    .order_by(_event.c.seq.desc())
    .limit(1)
)
_LAST_FAILURES = (
    sa.select(
        sa.func.max(_failure.c.id).label("newest"), _failure.c.at_us, _failure.c.line,
        _failure.c.attempt_id, _task.c.task_id, _task.c.attempt_id.label("newest_attempt"),
        _run.c.id.label("run_pk"), _run.c.dag_id, _run.c.run_id, _run.c.run_type, _run.c.run_after_us,
    )
    .select_from(
        _failure.join(_task, _task.c.id == _failure.c.ti_id).join(_run, _run.c.id == _task.c.run_pk)
    )
    .group_by(_run.c.dag_id, _task.c.task_id)
    .order_by(sa.func.max(_failure.c.id).desc())
    .limit(_MOST_FAILED)
)  # fmt: skip
"""The newest failure of each task: SQLite's rule for bare columns beside max()."""
_last = _LAST_FAILURES.subquery("last")
_green = _run.alias("green")
_OF_IT = sa.and_(_task.c.run_pk == _green.c.id, _task.c.task_id == _last.c.task_id)
_ENDED_AT = sa.select(sa.func.max(_task.c.end_us)).where(_OF_IT).correlate(_green, _last).scalar_subquery()


def _some(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return whether some instance of the task fulfils a condition in that run."""
    return sa.exists().where(_OF_IT, condition).correlate(_green, _last)


def _first_green(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Return the first of some runs in which all instances of the task have succeeded since it failed.

    SQLite looks at one run after the other.
    """
    return (
        sa.select(_green.c.id)
        .where(
            *where,
            _some(_task.c.state == TaskState.SUCCESS),
            ~_some(_task.c.state.not_in(sorted(SUCCESS_LIKE))),
            _last.c.at_us < _ENDED_AT,
        )
        .order_by(_green.c.run_after_us)
        .limit(1)
        .correlate(_last)
        .scalar_subquery()
    )


# By the attempt that failed last, it was marked, or nothing was done. A backfill's run stands for a date of
# its own: a later run says nothing about it.
_AGAIN = sa.case(
    (_last.c.newest_attempt.is_distinct_from(_last.c.attempt_id), _first_green(_green.c.id == _last.c.run_pk))
)
_LATER = sa.case(
    (
        _last.c.run_type != RunType.BACKFILL,
        _first_green(
            _green.c.dag_id == _last.c.dag_id,
            _green.c.run_after_us > _last.c.run_after_us,
            _green.c.run_type != RunType.BACKFILL,
        ),
    )
)
_mended = sa.select(_last, sa.func.coalesce(_AGAIN, _LATER).label("green_pk")).subquery("mended")
_ITS_END = (
    sa.select(sa.func.max(_task.c.end_us))
    .where(_task.c.run_pk == _green.c.id, _task.c.task_id == _mended.c.task_id)
    .scalar_subquery()
)
_RECOVERED = (
    sa.select(_mended, _green.c.run_id.label("green_id"), _ITS_END.label("green_us"))
    .join(_green, _green.c.id == _mended.c.green_pk)
    .where(sa.bindparam("since") <= _ITS_END)
    .order_by(_ITS_END.desc())
)
"""The tasks whose newest failure was followed by a success, the newest first."""
_SKIPPED = (
    sa.select(
        _ledger.c.id, _ledger.c.dag_id, _ledger.c.first_us, _ledger.c.last_us, _ledger.c.reason,
        _ledger.c.at_us, _ledger.c.count.label("points"),
    )
    .where(MISSED_POINTS, _ledger.c.status == PointState.SKIPPED, _ledger.c.at_us >= sa.bindparam("since"))
    .order_by(_ledger.c.at_us.desc(), _ledger.c.id.desc())
)  # fmt: skip


def read_digest(
    connection: Connection,
    durations: Durations,
    now_us: int,
    *,
    person: str,
    since: datetime | None,
    limit: int,
    tasks: int,
    has_deadline: Callable[[str], bool],
) -> Digest:
    """Return what happened since *person* looked last, or since *since*; *limit* rows of each part."""
    looks = {row.place: row for row in connection.execute(_LOOKS, {"person": person_of(person)})}
    mark = looks.get("digest")
    if since is not None:
        since_us = aware_us(since)
    else:
        since_us = mark.at_us if mark is not None else now_us - NEVER_LOOKED_US
    if since is None and mark is not None:
        after, seen = mark.upto, looks["digest_failures"].upto if "digest_failures" in looks else 0
    else:
        after, seen = _seq_before(connection, since_us), _failure_before(connection, since_us)
    told = _told(connection, after)
    acts = without_pauses(told.acts)
    page = read_failures(
        connection, now_us, since=None, everything=True, fingerprint=None, person=person,
        limit=limit, tasks=tasks, seen=seen, above=seen,
    )  # fmt: skip
    values = {"since": since_us}
    parts: dict[str, list[Any]] = {
        "recovered": _recovered(connection, since_us),
        "late": read_late(connection, since_us, now_us, told.deadlines, has_deadline),
        "slow": read_slow(connection, durations, since_us, now_us),
        "skipped": Sieve().rows(
            connection.execute(_SKIPPED, values).all(), lambda row: about_row("ledger", row.id), _skipped
        ),
        "acts": acts[::-1],
        "pauses": told.pauses[::-1],
        "files": told.files[::-1],
        "engine": told.engine[::-1],
    }
    return Digest(
        since=from_us(since_us),
        until=from_us(now_us),
        looked=None if mark is None else from_us(mark.at_us),
        failed=page.failures,
        counts={"failed": len(page.failures), **{name: len(rows) for name, rows in parts.items()}},
        own=of_person(person, acts, told.pauses),
        seen_failures=seen,
        upto=connection.scalar(sa.select(sa.func.max(_event.c.seq))) or 0,
        newest_failure=page.newest,
        **{name: tuple(rows[:limit]) for name, rows in parts.items()},
    )


def newest_news(connection: Connection) -> int:
    """Return the number of the newest event that people or DAG files caused; 0 without one."""
    return connection.scalar(_NEWEST_NEWS) or 0


def _seq_before(connection: Connection, at_us: int) -> int:
    """Return the number of the last event before a time.

    Times grow with the numbers, but for a clock that was set back, so halving finds it without an index.
    """
    low, high = 0, (connection.scalar(sa.select(sa.func.max(_event.c.seq))) or 0) + 1
    while low + 1 < high:
        middle = (low + high) // 2
        row = connection.execute(_AT, {"seq": middle}).first()
        if row is not None and row.at_us < at_us:
            low = max(row.seq, middle)
        else:
            high = middle
    return low


def _failure_before(connection: Connection, at_us: int) -> int:
    first = connection.scalar(sa.select(sa.func.min(_failure.c.id)).where(_failure.c.at_us >= at_us))
    if first is None:
        return connection.scalar(sa.select(sa.func.max(_failure.c.id))) or 0
    return int(first) - 1


def _told(connection: Connection, after: int) -> Any:
    query = _NEWS.order_by(_event.c.seq.desc()).limit(_MOST_EVENTS)
    rows = connection.execute(query, {"after": after}).all()[::-1]
    events = Sieve().rows(rows, lambda row: about_row("event", row.seq), event_view)
    told = tell(events)
    # What came before a start of the engine may be an event that is not told.
    for place, start in enumerate(told.engine):
        before = connection.execute(_BEFORE, {"seq": start.seq}).first()
        told.engine[place] = replace(
            start,
            since=None if before is None else from_us(before.at_us),
            stopped=before is not None and before.kind == ENGINE_STOP,
        )
    return told


def _skipped(row: Any) -> SkippedPoints:
    return SkippedPoints(
        dag_id=row.dag_id,
        first=from_us(row.first_us),
        last=from_us(row.last_us),
        count=row.points,
        reason=row.reason,
        at=from_us(row.at_us),
    )


def _recovered(connection: Connection, since_us: int) -> list[Recovered]:
    """Return the tasks whose newest failure was followed by a success that came after *since_us*."""
    rows = connection.execute(_RECOVERED, {"since": since_us}).all()
    return Sieve().rows(rows, lambda row: about_row("failure", row.newest), _recovery)


def _recovery(row: Any) -> Recovered:
    return Recovered(
        dag_id=row.dag_id,
        task_id=row.task_id,
        failed_run_id=row.run_id,
        failed=from_us(row.at_us),
        line=row.line,
        run_id=row.green_id,
        at=from_us(row.green_us),
    )

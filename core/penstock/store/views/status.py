"""Reads the engine's status, its events, and import errors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import DAY_US, from_us, opt_from_us
from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.model.subject import about_row
from penstock.model.views.events import EventRow
from penstock.model.views.status import EngineStatus, ImportErrorRow
from penstock.store import tables
from penstock.store.checked import checked
from penstock.store.sieve import Sieve
from penstock.store.sqlite.indexed import FAILED_TASKS, LIVE_ATTEMPTS, UNFINISHED_RUNS
from penstock.store.statement import table_of
from penstock.store.views import quarantine
from penstock.store.views.questions import count_questions
from penstock.store.views.runs import known_dag, run_row
from penstock.version import __version__

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_dag = table_of(tables.DagRow)
_event = table_of(tables.EventRow)
_import_error = table_of(tables.ImportErrorRow)
_checked_event = checked(_event, [column.name for column in _event.c])

_LAST_EVENT = sa.select(_event.c.seq, _event.c.at_us).order_by(_event.c.seq.desc()).limit(1)
_LIVE = sa.select(sa.func.count()).select_from(_attempt).where(LIVE_ATTEMPTS)
# A scalar subquery, because with a join SQLite may begin with every task instance there ever was.
_OCCUPIED = _LIVE.where(
    sa.select(_task.c.state)
    .where(_task.c.id == _attempt.c.ti_id)
    .scalar_subquery()
    .in_(sorted(OCCUPIES_SLOT))
)
_UNFINISHED_RUNS = sa.select(sa.func.count()).select_from(_run).where(UNFINISHED_RUNS)
_QUEUED = (
    sa.select(sa.func.count())
    .select_from(_run.join(_task, _task.c.run_pk == _run.c.id))
    .where(UNFINISHED_RUNS, _task.c.state == TaskState.SCHEDULED)
)
_FAILED_SINCE = (
    sa.select(sa.func.count()).select_from(_task).where(FAILED_TASKS, _task.c.end_us >= sa.bindparam("since"))
)
_DAGS = sa.select(sa.func.count()).select_from(_dag).where(_dag.c.missing.is_(False))
_ERRORS = sa.select(sa.func.count()).select_from(_import_error)
_LOG_BYTES = sa.select(sa.func.coalesce(sa.func.sum(_attempt.c.log_bytes), 0))


def read_status(connection: Connection, now_us: int) -> EngineStatus:
    """Return the status by the rows; the caller fills in process, sizes and home."""
    count = connection.scalar
    last = connection.execute(_LAST_EVENT).first()
    at_us = last.at_us if last is not None and isinstance(last.at_us, int) else None
    return EngineStatus(
        pid=None,
        since=None,
        running=count(_OCCUPIED) or 0,
        queued=count(_QUEUED) or 0,
        failed_24h=count(_FAILED_SINCE, {"since": now_us - DAY_US}) or 0,
        idle_seconds=None if at_us is None else max(0.0, (now_us - at_us) / 1e6),
        database_bytes=0,
        log_bytes=0,
        home="",
        version=__version__,
        dags=count(_DAGS) or 0,
        runs_active=count(_UNFINISHED_RUNS) or 0,
        import_errors=count(_ERRORS) or 0,
        last_seen=opt_from_us(at_us),
        attempts_live=count(_LIVE) or 0,
        quarantined=quarantine.count(connection),
        questions=count_questions(connection) or None,
    )


def read_log_bytes(connection: Connection) -> int:
    """Return the size of all logs of attempts that have ended. Reads every attempt: call it rarely."""
    return int(connection.scalar(_LOG_BYTES) or 0)


def read_cursor(connection: Connection) -> int:
    """Return the newest event's seq, 0 if there is none."""
    last = connection.execute(_LAST_EVENT).first()
    return 0 if last is None else int(last.seq)


def read_events(
    connection: Connection,
    dag_id: str | None,
    run_id: str | None,
    limit: int,
    after: int,
    instance: tuple[str, int] | None = None,
) -> list[EventRow]:
    """Return the newest events with a seq above *after*, newest first; of one task *instance* if given."""
    query = sa.select(_event).where(_event.c.seq > after).order_by(_event.c.seq.desc()).limit(max(limit, 0))
    if dag_id is not None:
        if run_id is None:
            known_dag(connection, dag_id)
        else:
            run_row(connection, dag_id, run_id)
        query = query.where(_event.c.dag_id == dag_id)
    if run_id is not None:
        query = query.where(_event.c.run_id == run_id)
    if instance is not None:
        query = query.where(_event.c.task_id == instance[0], _event.c.map_index == instance[1])
    rows = connection.execute(query).all()
    return Sieve().rows(rows, lambda row: about_row("event", row.seq), event_view)


def event_view(row: Any) -> EventRow:
    """Return the view of an event; raise ValueError for a row with invalid values."""
    _checked_event(row)
    return EventRow(
        seq=row.seq,
        at=from_us(row.at_us),
        actor=row.actor,
        kind=row.kind,
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        before=row.before,
        after=row.after,
        reason=row.reason,
    )


def read_moved(connection: Connection, after: int, limit: int) -> list[tuple[str | None, str | None]]:
    """Return (dag_id, run_id) of up to *limit* events after seq *after*."""
    query = (
        sa.select(_event.c.dag_id, _event.c.run_id)
        .where(_event.c.seq > after)
        .order_by(_event.c.seq)
        .limit(limit)
    )
    return [(dag_id, run_id) for dag_id, run_id in connection.execute(query)]


def read_import_errors(connection: Connection) -> list[ImportErrorRow]:
    """Return the DAG files that cannot be loaded, by name."""
    rows = connection.execute(sa.select(_import_error).order_by(_import_error.c.file)).all()
    return Sieve().rows(rows, lambda row: about_row("import_error", row.file), _import_error_row)


def _import_error_row(row: Any) -> ImportErrorRow:
    return ImportErrorRow(
        file=row.file, message=row.message, line=row.line, since=from_us(row.since_us), detail=row.detail
    )

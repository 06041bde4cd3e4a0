"""Reads the engine's status, its events, and import errors."""

from __future__ import annotations

from typing import Any

from penstock.clock import DAY_US, from_us, opt_from_us
from penstock.model.subject import about_row
from penstock.model.views.events import EventRow
from penstock.model.views.status import EngineStatus, ImportErrorRow
from penstock.store.checked import checked
from penstock.store.sieve import Sieve
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import status as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views import quarantine
from penstock.store.views.questions import count_questions
from penstock.store.views.runs import known_dag, run_row
from penstock.version import __version__

_checked_event = checked(TABLES["event"], TABLES["event"].names)


def read_status(connection: Connection, now_us: int) -> EngineStatus:
    """Return the status by the rows; the caller fills in process, sizes and home."""
    count = connection.scalar
    last = connection.execute(sql.LAST_EVENT).first()
    at_us = last.at_us if last is not None and isinstance(last.at_us, int) else None
    return EngineStatus(
        pid=None,
        since=None,
        running=count(sql.OCCUPIED),
        queued=count(sql.QUEUED),
        failed_24h=count(sql.FAILED_SINCE, {"since": now_us - DAY_US}),
        idle_seconds=None if at_us is None else max(0.0, (now_us - at_us) / 1e6),
        database_bytes=0,
        log_bytes=0,
        home="",
        version=__version__,
        dags=count(sql.DAGS),
        runs_active=count(sql.UNFINISHED),
        import_errors=count(sql.ERRORS),
        last_seen=opt_from_us(at_us),
        attempts_live=count(sql.LIVE),
        quarantined=quarantine.count(connection),
        questions=count_questions(connection) or None,
    )


def read_log_bytes(connection: Connection) -> int:
    """Return the size of all logs of attempts that have ended, from an index: call it rarely all the same."""
    return int(connection.scalar(sql.LOG_BYTES))


def read_cursor(connection: Connection) -> int:
    """Return the newest event's seq, 0 if there is none."""
    last = connection.execute(sql.LAST_EVENT).first()
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
    wanted: list[str] = []
    values: dict[str, Any] = {"after": after, "limit": max(limit, 0), "dag_id": dag_id, "run_id": run_id}
    if dag_id is not None:
        if run_id is None:
            known_dag(connection, dag_id)
        else:
            run_row(connection, dag_id, run_id)
        wanted.append(sql.OF_DAG)
    if run_id is not None:
        wanted.append(sql.OF_RUN)
    if instance is not None:
        wanted.append(sql.OF_INSTANCE)
        values["task_id"], values["map_index"] = instance
    rows = connection.execute(sql.EVENTS.where(*wanted), values).all()
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
    rows = connection.execute(sql.MOVED, {"after": after, "limit": limit})
    return [(dag_id, run_id) for dag_id, run_id in rows]


def read_import_errors(connection: Connection) -> list[ImportErrorRow]:
    """Return the DAG files that cannot be loaded, by name."""
    rows = connection.execute(sql.IMPORT_ERRORS).all()
    return Sieve().rows(rows, lambda row: about_row("import_error", row.file), _import_error_row)


def _import_error_row(row: Any) -> ImportErrorRow:
    return ImportErrorRow(
        file=row.file, message=row.message, line=row.line, since=from_us(row.since_us), detail=row.detail
    )

"""Reads what is in quarantine, and makes views of unreadable rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from penstock.clock import from_us
from penstock.model.states import RunState, RunType
from penstock.model.subject import SubjectKind
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.runs import RunRow
from penstock.store.checked import known
from penstock.store.sql.views import quarantine as sql
from penstock.store.sqlite.connection import Connection

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Replaces a time that cannot be read."""


def read_quarantine(connection: Connection) -> list[QuarantineRow]:
    """Return what is in quarantine, oldest first."""
    return [
        QuarantineRow(
            kind=known(SubjectKind, row.kind, SubjectKind.ROW),
            id=row.id,
            dag_id=row.dag_id,
            reason=row.reason,
            since=from_us(row.since_us),
        )
        for row in connection.execute(sql.ALL)
    ]


def reasons(connection: Connection) -> dict[str, str]:
    """Return the reasons of quarantine, by id."""
    return {row.id: row.reason for row in connection.execute(sql.REASONS)}


def count(connection: Connection) -> int:
    """Return how much is in quarantine."""
    return connection.scalar(sql.COUNT) or 0


def unreadable_run(row: Any, error: Exception, quarantined: str | None) -> RunRow:
    """Return the view of a run with an unreadable row: of it what can be read."""
    text = str(row.state)
    run_type = RunType(row.run_type) if row.run_type in frozenset(RunType) else RunType.MANUAL
    return RunRow(
        dag_id=str(row.dag_id),
        run_id=str(row.run_id),
        run_type=run_type,
        state=RunState(text) if text in frozenset(RunState) else RunState.FAILED,
        logical_date=_moment(row.logical_us),
        data_interval_start=_moment(row.interval_start_us),
        data_interval_end=_moment(row.interval_end_us),
        run_after=_moment(row.run_after_us) or NEVER,
        start=_moment(row.start_us),
        end=_moment(row.end_us),
        reason=f"cannot be read: {error}",
        quarantined=quarantined or f"cannot be read: {error}",
    )


def _moment(value: Any) -> datetime | None:
    """Return the time of a column, None of one that is not a time."""
    try:
        return from_us(value)
    except (TypeError, OverflowError):
        return None

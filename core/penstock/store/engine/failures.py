"""Reading failures for the acts about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from penstock.errors import UnknownError, UsageError
from penstock.model.failures import FailureNote
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine.failure_records import FailureNoteRecord
from penstock.store.statement import table_of
from penstock.store.tables import FailureNoteRow, FailureRow, LookRow

_failure = table_of(FailureRow)
_note = table_of(FailureNoteRow)
_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)
_look = table_of(LookRow)
_event = table_of(tables.EventRow)


@dataclass(frozen=True, slots=True)
class Known:
    """The failures with one fingerprint: the newest line, how many, the highest number, what was said."""

    fingerprint: str
    line: str
    count: int
    newest: int
    notes: tuple[FailureNoteRecord, ...]
    dags: tuple[str, ...]
    """The DAGs that they are of."""


def known_failures(database: Database, prefix: str) -> Known:
    """Return the failures whose fingerprint begins with *prefix*.

    Raises `UnknownError` when there are none, `UsageError` when more than one fingerprint begins so.
    """
    query = (
        sa.select(_failure.c.fingerprint, _failure.c.line, sa.func.count(), sa.func.max(_failure.c.id))
        .where(_failure.c.fingerprint.startswith(prefix, autoescape=True))
        .group_by(_failure.c.fingerprint)
        .order_by(_failure.c.fingerprint)
        .limit(3)
    )
    with database.read() as connection:
        found = connection.execute(query).all() if prefix else []
        if not found:
            raise UnknownError(f"no failure has the fingerprint {prefix!r}; see `penstock failures --all`")
        if len(found) > 1:
            names = ", ".join(row[0] for row in found)
            raise UsageError(f"{prefix!r} is the beginning of several fingerprints: {names}")
        [(fingerprint, line, count, newest)] = found
        columns = [_note.c[name] for name in FailureNoteRecord.__slots__]
        own = _failure.join(_task, _task.c.id == _failure.c.ti_id).join(_run, _run.c.id == _task.c.run_pk)
        whole = _failure.join(_run, _run.c.id == _failure.c.run_pk)
        dags = {
            name
            for place in (own, whole)
            for name in connection.scalars(
                sa.select(_run.c.dag_id)
                .distinct()
                .select_from(place)
                .where(_failure.c.fingerprint == fingerprint)
            )
        }
        notes = connection.execute(sa.select(*columns).where(_note.c.fingerprint == fingerprint)).all()
    return Known(
        fingerprint, line, count, newest, tuple(FailureNoteRecord(*row) for row in notes), tuple(sorted(dags))
    )


def any_recorded(database: Database, attempts: Mapping[int, str | None]) -> bool:
    """Return whether a failure of one of the task instances is on record, with its *attempts*' id."""
    query = sa.select(_failure.c.ti_id, _failure.c.attempt_id).where(_failure.c.ti_id.in_(list(attempts)))
    with database.read() as connection:
        return any(attempts[row.ti_id] == row.attempt_id for row in connection.execute(query))


def snoozes(database: Database) -> dict[str, int]:
    """Return when snoozes end, in microseconds since 1970 UTC, by fingerprint."""
    query = sa.select(_note.c.fingerprint, _note.c.until_us).where(_note.c.kind == FailureNote.SNOOZED)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return {row.fingerprint: row.until_us for row in rows if isinstance(row.until_us, int)}


def newest_numbers(database: Database) -> tuple[int, int]:
    """Return the numbers of the newest event and of the newest failure, 0 where there is none."""
    with database.read() as connection:
        event = connection.scalar(sa.select(sa.func.max(_event.c.seq)))
        failure = connection.scalar(sa.select(sa.func.max(_failure.c.id)))
    return event or 0, failure or 0


def known_looks(database: Database, person: str) -> dict[str, int]:
    """Return how far *person* has seen each place."""
    with database.read() as connection:
        rows = connection.execute(sa.select(_look.c.place, _look.c.upto).where(_look.c.person == person))
        return {row.place: row.upto for row in rows}

"""Reading failures for the acts about them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from penstock.errors import UnknownError, UsageError
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine.failure_records import FailureNoteRecord
from penstock.store.failure_tables import FailureNoteRow, FailureRow
from penstock.store.statement import table_of

_failure = table_of(FailureRow)
_note = table_of(FailureNoteRow)
_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)


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
        of = sa.select(_run.c.dag_id).distinct().select_from(_failure.join(_task).join(_run))
        dags = connection.scalars(of.where(_failure.c.fingerprint == fingerprint)).all()
        notes = connection.execute(sa.select(*columns).where(_note.c.fingerprint == fingerprint)).all()
    return Known(
        fingerprint, line, count, newest, tuple(FailureNoteRecord(*row) for row in notes), tuple(dags)
    )

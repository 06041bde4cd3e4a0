"""Reading failures for the acts about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.errors import UnknownError, UsageError
from penstock.store.database import Database
from penstock.store.engine.failure_records import FailureNoteRecord
from penstock.store.query import literally
from penstock.store.sql.engine import failures as sql


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
    with database.read() as connection:
        like = {"pattern": f"{literally(prefix)}%"}
        found = connection.execute(sql.BEGINNING_WITH, like).all() if prefix else []
        if not found:
            raise UnknownError(f"no failure has the fingerprint {prefix!r}; see `penstock failures --all`")
        if len(found) > 1:
            names = ", ".join(row[0] for row in found)
            raise UsageError(f"{prefix!r} is the beginning of several fingerprints: {names}")
        [(fingerprint, line, count, newest)] = found
        same = {"fingerprint": fingerprint}
        dags = {
            name
            for query in (sql.DAGS_OF_TASKS, sql.DAGS_OF_RUNS)
            for name in connection.execute(query, same).scalars()
        }
        notes = connection.execute(sql.NOTES, same).all()
    return Known(
        fingerprint, line, count, newest, tuple(FailureNoteRecord(*row) for row in notes), tuple(sorted(dags))
    )


def any_recorded(database: Database, attempts: Mapping[int, str | None]) -> bool:
    """Return whether a failure of one of the task instances is on record, with its *attempts*' id."""
    with database.read() as connection:
        rows = connection.execute(sql.OF_TASKS, {"tasks": list(attempts)})
        return any(attempts[row.ti_id] == row.attempt_id for row in rows)


def snoozes(database: Database) -> dict[str, int]:
    """Return when snoozes end, in microseconds since 1970 UTC, by fingerprint."""
    with database.read() as connection:
        rows = connection.execute(sql.SNOOZES).all()
    return {row.fingerprint: row.until_us for row in rows if isinstance(row.until_us, int)}


def newest_numbers(database: Database) -> tuple[int, int]:
    """Return the numbers of the newest event and of the newest failure, 0 where there is none."""
    with database.read() as connection:
        event = connection.scalar(sql.NEWEST_EVENT)
        failure = connection.scalar(sql.NEWEST_FAILURE)
    return event or 0, failure or 0


def known_looks(database: Database, person: str) -> dict[str, int]:
    """Return how far *person* has seen each place."""
    with database.read() as connection:
        rows = connection.execute(sql.LOOKS, {"person": person})
        return {row.place: row.upto for row in rows}

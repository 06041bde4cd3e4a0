"""Finds and deletes what retention does not keep. Deletions run on the engine's loop, between two ticks.

A slice is one short transaction. A run is deleted last, after its task instances: after a crash in
between it is still an old run, and is found again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from penstock.settings import Kept
from penstock.store.database import Database
from penstock.store.engine.records import EVENT_HORIZON
from penstock.store.sql.upkeep import expire as sql
from penstock.store.sql.views.status import LOG_BYTES
from penstock.store.sqlite.connection import Connection

_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class OldRun:
    """A run that may be deleted."""

    id: int
    dag_id: str
    run_id: str


def dags_with_runs(database: Database) -> list[str]:
    """Return the DAGs that have runs, also those without a file."""
    with database.read() as connection:
        return connection.execute(sql.DAGS_WITH_RUNS).scalars()


def oldest_ends(database: Database, *, before_us: int) -> dict[str, int]:
    """Return when the oldest runs ended that ended before a time, by DAG; from an index."""
    found: dict[str, int] = {}
    with database.read() as connection:
        for dag_id, end_us in connection.execute(sql.OLD_ENDS, {"before_us": before_us}):
            found[dag_id] = min(end_us, found.get(dag_id, end_us))
    return dict(sorted(found.items()))


def all_logs(database: Database) -> int:
    """Return the bytes of the logs of all attempts together, from an index."""
    with database.read() as connection:
        return int(connection.scalar(LOG_BYTES))


def old_runs(
    database: Database, dag_id: str, kept: Kept, *, now_us: int, logs: int | None = None
) -> list[OldRun]:
    """Return a DAG's finished runs that exceed its retention, oldest first.

    Age spares the newest runs. Size spares only the newest one: a full disk is worse than a short history.
    Reads every run of the DAG, so call it in a thread of its own. Its attempts are read only for their
    size, which cannot be too large if *logs*, the bytes of all DAGs together, is not.
    """
    oldest_us = now_us - kept.days * _DAY_US if kept.days else None
    found: list[OldRun] = []
    total = 0
    with database.read() as connection:
        large = kept.bytes > 0 and (logs is None or logs > kept.bytes)
        query = sql.NEWEST_FIRST_WITH_LOGS if large else sql.NEWEST_FIRST
        for place, row in enumerate(connection.execute(query, {"dag_id": dag_id})):
            total += row.bytes
            if not row.free:
                continue
            old = oldest_us is not None and place >= kept.runs and (row.end_us or 0) < oldest_us
            if old or (large and place > 0 and total > kept.bytes):
                found.append(OldRun(row.id, row.dag_id, row.run_id))
    return found[::-1]


def forget_slice(database: Database, run: OldRun, *, tasks: int) -> tuple[list[str], bool]:
    """Delete up to *tasks* task instances of a run, and with the last the run and its transitions.

    Returns the ids of the deleted attempts, whose files may be deleted now, and whether the run is
    finished with. A run that was started again since it was found is left alone. Acts of people stay in
    the trail.
    """
    with database.write() as connection:
        of_it = {"key": run.id, "dag_id": run.dag_id, "run_id": run.run_id}
        if connection.execute(sql.STILL_FORGETTABLE, of_it).first() is None:
            return [], True
        keys = connection.execute(sql.SOME_TASKS, {**of_it, "limit": tasks + 1}).scalars()
        going = {"tasks": keys[:tasks]}
        attempts = connection.execute(sql.ATTEMPTS_OF, going).scalars()
        connection.execute(sql.DELETE_TASKS, going)
        if len(keys) > tasks:
            return attempts, False
        attempts += connection.execute(sql.TOLD, of_it).scalars()
        connection.execute(sql.DELETE_RUN, of_it)
        connection.execute(sql.DELETE_PAUSES, of_it)
        connection.execute(sql.DELETE_TRANSITIONS, of_it)
        return attempts, True


def old_events(database: Database, *, before_us: int) -> list[int]:
    """Return the events before a time that are not deleted with a run. May read all: call in a thread."""
    with database.read() as connection:
        return connection.execute(sql.OLD_EVENTS, {"before_us": before_us}).scalars()


def delete_events(database: Database, seqs: Sequence[int], *, before_us: int) -> None:
    """Delete some events, all before a time.

    Events are guarded: only those before a horizon may be deleted, so the horizon is stored first.
    """
    with database.write() as connection:
        _set_horizon(connection, before_us)
        connection.execute(sql.DELETE_EVENTS, {"seqs": seqs})


def _set_horizon(connection: Connection, before_us: int) -> None:
    value = str(before_us)
    if connection.execute(sql.MOVE_HORIZON, {"value": value}).rowcount == 0:
        connection.write(sql.SET_HORIZON, [(EVENT_HORIZON, value)])


def delete_points(database: Database, *, before_us: int, limit: int) -> int:
    """Delete up to *limit* records of the ledger from before a time; return how many.

    The time of writing counts: a point of years ago may have been recorded today by a backfill.
    """
    with database.write() as connection:
        return connection.execute(sql.DELETE_POINTS, {"before_us": before_us, "limit": limit}).rowcount


def delete_backfills(database: Database, *, before_us: int) -> int:
    """Delete backfills that ended before a time and have no runs left; return how many."""
    with database.write() as connection:
        return connection.execute(sql.DELETE_BACKFILLS, {"before_us": before_us}).rowcount


def delete_asset_events(database: Database, *, before_us: int, limit: int) -> int:
    """Delete up to *limit* asset events from before a time that no run and no queue refers to."""
    values = {"before_us": before_us, "limit": limit}
    with database.write() as connection:
        return connection.execute(sql.DELETE_ASSET_EVENTS, values).rowcount


def newest_attempt(database: Database) -> str | None:
    """Return the youngest attempt id that a row has; ids sort by time."""
    with database.read() as connection:
        found = [connection.scalar(query) for query in (*sql.NEWEST_ATTEMPTS, sql.THE_TRIGGERER)]
    return max((each for each in found if each), default=None)


def unknown_attempts(database: Database, attempt_ids: Sequence[str]) -> list[str]:
    """Return those of some attempt ids that have no row."""
    known: set[str] = set()
    with database.read() as connection:
        known.update(connection.execute(sql.THE_TRIGGERER).scalars())
        for start in range(0, len(attempt_ids), 500):
            some = {"attempts": attempt_ids[start : start + 500]}
            for query in sql.KNOWN_ATTEMPTS:
                known.update(connection.execute(query, some).scalars())
    return [each for each in attempt_ids if each not in known]


def delete_versions(database: Database, *, before_us: int) -> set[str]:
    """Delete versions of DAGs that nothing uses any more; return the source hashes still in use.

    The newest stays, so that no key is ever given twice.
    """
    with database.write() as connection:
        connection.execute(sql.DELETE_VERSIONS, {"before_us": before_us})
        return set(connection.execute(sql.SOURCES).scalars())


def delete_answers(database: Database, *, before_us: int) -> None:
    """Delete old answers to acts, which nobody will ask for again."""
    with database.write() as connection:
        connection.execute(sql.DELETE_ANSWERS, {"before_us": before_us})


def sampled_attempts(database: Database, *, after: str, before_us: int, limit: int) -> list[str]:
    """Return up to *limit* attempts with samples older than a time, by id, from the one after *after*."""
    values = {"after": after, "before_us": before_us, "limit": limit}
    with database.read() as connection:
        return connection.execute(sql.SAMPLED, values).scalars()


def thin_samples(database: Database, attempt_ids: Collection[str], *, before_us: int) -> int:
    """Keep one sample a minute from before a time for some attempts; return how many were deleted."""
    values = {"attempts": attempt_ids, "before_us": before_us}
    with database.write() as connection:
        return connection.execute(sql.THIN_SAMPLES, values).rowcount

"""Finding and deleting what retention forgets. Runs on the engine's loop, between two ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from penstock.model.states import RUN_TERMINAL
from penstock.store import tables
from penstock.store.database import Database, table_of

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_sample = table_of(tables.SampleRow)
_event = table_of(tables.EventRow)
_dag = table_of(tables.DagRow)
_version = table_of(tables.DagVersionRow)
_act = table_of(tables.ActRow)
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class OldRun:
    """A run that may be forgotten."""

    id: int
    dag_id: str
    run_id: str


def old_runs(database: Database, *, before_us: int, keep: int, limit: int) -> list[OldRun]:
    """Return finished runs that ended before a moment, sparing each DAG's newest *keep*."""
    rank = (
        sa.func.row_number()
        .over(partition_by=_run.c.dag_id, order_by=_run.c.run_after_us.desc())
        .label("rank")
    )
    ranked = sa.select(_run.c.id, _run.c.dag_id, _run.c.run_id, _run.c.state, _run.c.end_us, rank).subquery()
    live = (
        sa.select(_task.c.run_pk)
        .join(_attempt, _attempt.c.ti_id == _task.c.id)
        .where(_attempt.c.end_us.is_(None))
    )
    query = (
        sa.select(ranked.c.id, ranked.c.dag_id, ranked.c.run_id)
        .where(
            ranked.c.rank > keep,
            ranked.c.end_us < before_us,
            ranked.c.state.in_([state.value for state in RUN_TERMINAL]),
            ranked.c.id.not_in(live),
        )
        .limit(limit)
    )
    with database.read() as connection:
        return [OldRun(*row) for row in connection.execute(query)]


def delete_runs(database: Database, runs: Sequence[OldRun]) -> list[str]:
    """Delete runs with everything that hangs on them, their transitions too; return their attempts' ids.

    What people did stays in the trail.
    """
    run_pks = [run.id for run in runs]
    with database.write() as connection:
        tasks = sa.select(_task.c.id).where(_task.c.run_pk.in_(run_pks))
        attempts = list(
            connection.execute(sa.select(_attempt.c.attempt_id).where(_attempt.c.ti_id.in_(tasks))).scalars()
        )
        connection.execute(sa.delete(_run).where(_run.c.id.in_(run_pks)))
        for run in runs:
            connection.execute(
                sa.delete(_event).where(
                    _event.c.dag_id == run.dag_id,
                    _event.c.run_id == run.run_id,
                    _event.c.kind.not_like("act%"),
                )
            )
    return attempts


def delete_versions(database: Database, *, before_us: int) -> set[str]:
    """Delete versions of DAGs that nothing is pinned to any more; return the source hashes still in use.

    The newest stays, so that no key is ever given twice.
    """
    used = sa.union(sa.select(_dag.c.version_id), sa.select(_run.c.version_id))
    newest = sa.select(sa.func.max(_version.c.id)).scalar_subquery()
    with database.write() as connection:
        connection.execute(
            sa.delete(_version).where(
                _version.c.created_us < before_us, _version.c.id.not_in(used), _version.c.id < newest
            )
        )
        return set(connection.execute(sa.select(_version.c.source_hash)).scalars())


def delete_answers(database: Database, *, before_us: int) -> None:
    """Delete answers to acts that nobody will ask for again."""
    with database.write() as connection:
        connection.execute(sa.delete(_act).where(_act.c.at_us < before_us))


def thin_samples(database: Database, *, before_us: int) -> None:
    """Keep one sample a minute of what is older than a moment."""
    minute = _sample.c.at_us / _MINUTE_US
    kept = (
        sa.select(sa.func.min(_sample.c.at_us))
        .where(_sample.c.at_us < before_us)
        .group_by(_sample.c.attempt_id, sa.cast(minute, sa.BigInteger))
    )
    with database.write() as connection:
        connection.execute(
            sa.delete(_sample).where(_sample.c.at_us < before_us, _sample.c.at_us.not_in(kept))
        )

"""Finds and deletes what retention does not keep. Deletions run on the engine's loop, between two ticks.

A slice is one short transaction. A run is deleted last, after its task instances: after a crash in
between it is still an old run, and is found again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.model.callbacks import OPEN_CALLBACKS
from penstock.model.states import RUN_TERMINAL
from penstock.settings import Kept
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine.records import TRIGGERER
from penstock.store.sqlite.guards import EVENT_HORIZON
from penstock.store.statement import table_of

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_callback = table_of(tables.CallbackRow)
_sample = table_of(tables.SampleRow)
_event = table_of(tables.EventRow)
_dag = table_of(tables.DagRow)
_version = table_of(tables.DagVersionRow)
_meta = table_of(tables.MetaRow)
_TRIGGERER = sa.select(_meta.c.value).where(_meta.c.key == TRIGGERER)
"""The attempt that runs triggers, which has no row of its own."""
_act = table_of(tables.ActRow)
_ledger = table_of(tables.LedgerRow)
_backfill = table_of(tables.BackfillRow)
_asset_event = table_of(tables.AssetEventRow)
_asset_queue = table_of(tables.AssetQueueRow)
_run_asset = table_of(tables.RunAssetEventRow)
_pause = table_of(tables.PauseRow)
_meta = table_of(tables.MetaRow)
_MINUTE_US = 60_000_000
_DAY_US = 86_400_000_000
_TERMINAL = sorted(state.value for state in RUN_TERMINAL)

_LIVE = (
    sa.select(_task.c.run_pk)
    .join(_attempt, _attempt.c.ti_id == _task.c.id)
    .where(_attempt.c.end_us.is_(None))
)
_LOGS = (
    sa.select(_task.c.run_pk, sa.func.sum(_attempt.c.log_bytes).label("bytes"))
    .select_from(_run.join(_task, _task.c.run_pk == _run.c.id).join(_attempt, _attempt.c.ti_id == _task.c.id))
    .where(_run.c.dag_id == sa.bindparam("dag_id"))
    .group_by(_task.c.run_pk)
    .subquery()
)
_UNTOLD = sa.select(_callback.c.run_pk).where(_callback.c.state.in_(OPEN_CALLBACKS))
_FORGETTABLE = sa.and_(_run.c.state.in_(_TERMINAL), _run.c.id.not_in(_LIVE), _run.c.id.not_in(_UNTOLD))
_free = _FORGETTABLE.label("free")
_NEWEST_FIRST = (
    sa.select(
        _run.c.id, _run.c.dag_id, _run.c.run_id, _run.c.end_us, sa.func.coalesce(_LOGS.c.bytes, 0), _free
    )
    .select_from(_run.outerjoin(_LOGS, _LOGS.c.run_pk == _run.c.id))
    .where(_run.c.dag_id == sa.bindparam("dag_id"))
    .order_by(_run.c.run_after_us.desc(), _run.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class OldRun:
    """A run that may be deleted."""

    id: int
    dag_id: str
    run_id: str


def dags_with_runs(database: Database) -> list[str]:
    """Return the DAGs that have runs, also those without a file."""
    with database.read() as connection:
        return list(connection.execute(sa.select(_run.c.dag_id).distinct()).scalars())


def old_runs(database: Database, dag_id: str, kept: Kept, *, now_us: int) -> list[OldRun]:
    """Return a DAG's finished runs that exceed its retention, oldest first.

    Age spares the newest runs. Size spares only the newest one: a full disk is worse than a short history.
    Reads every run of the DAG, so call it in a thread of its own.
    """
    oldest_us = now_us - kept.days * _DAY_US if kept.days else None
    found: list[OldRun] = []
    total = 0
    with database.read() as connection:
        for place, row in enumerate(connection.execute(_NEWEST_FIRST, {"dag_id": dag_id})):
            total += row[4]
            if not row.free:
                continue
            old = oldest_us is not None and place >= kept.runs and (row.end_us or 0) < oldest_us
            large = kept.bytes > 0 and place > 0 and total > kept.bytes
            if old or large:
                found.append(OldRun(row.id, row.dag_id, row.run_id))
    return found[::-1]


def forget_slice(database: Database, run: OldRun, *, tasks: int) -> tuple[list[str], bool]:
    """Delete up to *tasks* task instances of a run, and with the last the run and its transitions.

    Returns the ids of the deleted attempts, whose files may be deleted now, and whether the run is
    finished with. A run that was started again since it was found is left alone. Acts of people stay in
    the trail.
    """
    with database.write() as connection:
        same = connection.execute(sa.select(_run.c.id).where(_run.c.id == run.id, _FORGETTABLE)).first()
        if same is None:
            return [], True
        some = sa.select(_task.c.id).where(_task.c.run_pk == run.id).order_by(_task.c.id).limit(tasks + 1)
        keys = list(connection.execute(some).scalars())
        going = keys[:tasks]
        gone = sa.select(_attempt.c.attempt_id).where(_attempt.c.ti_id.in_(going))
        attempts = list(connection.execute(gone).scalars())
        connection.execute(sa.delete(_task).where(_task.c.id.in_(going)))
        if len(keys) > tasks:
            return attempts, False
        told = sa.select(_callback.c.attempt_id).where(
            _callback.c.run_pk == run.id, _callback.c.attempt_id.is_not(None)
        )
        attempts += connection.execute(told).scalars()
        connection.execute(sa.delete(_run).where(_run.c.id == run.id))
        connection.execute(
            sa.delete(_pause).where(_pause.c.dag_id == run.dag_id, _pause.c.run_id == run.run_id)
        )
        connection.execute(
            sa.delete(_event).where(
                _event.c.dag_id == run.dag_id, _event.c.run_id == run.run_id, _event.c.kind.not_like("act%")
            )
        )
        return attempts, True


def old_events(database: Database, *, before_us: int) -> list[int]:
    """Return the events before a time that are not deleted with a run. May read all: call in a thread."""
    run_there = sa.exists().where(_run.c.dag_id == _event.c.dag_id, _run.c.run_id == _event.c.run_id)
    query = sa.select(_event.c.seq).where(_event.c.at_us < before_us, ~run_there).order_by(_event.c.seq)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def delete_events(database: Database, seqs: Sequence[int], *, before_us: int) -> None:
    """Delete some events, all before a time.

    Events are guarded: only those before a horizon may be deleted, so the horizon is stored first.
    """
    with database.write() as connection:
        _set_horizon(connection, before_us)
        connection.execute(sa.delete(_event).where(_event.c.seq.in_(seqs)))


def _set_horizon(connection: Connection, before_us: int) -> None:
    value = str(before_us)
    known = connection.execute(sa.update(_meta).where(_meta.c.key == EVENT_HORIZON).values(value=value))
    if known.rowcount == 0:
        connection.execute(sa.insert(_meta).values(key=EVENT_HORIZON, value=value))


def delete_points(database: Database, *, before_us: int, limit: int) -> int:
    """Delete up to *limit* records of the ledger from before a time; return how many.

    The time of writing counts: a point of years ago may have been recorded today by a backfill.
    """
    written_us = sa.func.coalesce(_ledger.c.at_us, _ledger.c.last_us)
    some = sa.select(_ledger.c.id).where(_ledger.c.last_us < before_us, written_us < before_us).limit(limit)
    with database.write() as connection:
        return connection.execute(sa.delete(_ledger).where(_ledger.c.id.in_(some))).rowcount


def delete_backfills(database: Database, *, before_us: int) -> int:
    """Delete backfills that ended before a time and have no runs left; return how many."""
    used = sa.select(_run.c.backfill_id).where(_run.c.backfill_id.is_not(None))
    newest = sa.select(sa.func.max(_backfill.c.id)).scalar_subquery()  # no key is ever given twice
    old = (_backfill.c.end_us < before_us, _backfill.c.id.not_in(used), _backfill.c.id < newest)
    with database.write() as connection:
        return connection.execute(sa.delete(_backfill).where(*old)).rowcount


def delete_asset_events(database: Database, *, before_us: int, limit: int) -> int:
    """Delete up to *limit* asset events from before a time that no run and no queue refers to."""
    held = sa.union(sa.select(_run_asset.c.event_id), sa.select(_asset_queue.c.event_id))
    newest = sa.select(sa.func.max(_asset_event.c.id)).scalar_subquery()  # no key is ever given twice
    old = (_asset_event.c.at_us < before_us, _asset_event.c.id.not_in(held), _asset_event.c.id < newest)
    some = sa.select(_asset_event.c.id).where(*old).limit(limit)
    with database.write() as connection:
        return connection.execute(sa.delete(_asset_event).where(_asset_event.c.id.in_(some))).rowcount


def newest_attempt(database: Database) -> str | None:
    """Return the youngest attempt id that a row has; ids sort by time."""
    with database.read() as connection:
        found = [
            connection.scalar(sa.select(sa.func.max(column)))
            for column in (_attempt.c.attempt_id, _callback.c.attempt_id)
        ]
        found.append(connection.scalar(_TRIGGERER))
    return max((each for each in found if each), default=None)


def unknown_attempts(database: Database, attempt_ids: Sequence[str]) -> list[str]:
    """Return those of some attempt ids that have no row."""
    known: set[str] = set()
    with database.read() as connection:
        known.update(connection.execute(_TRIGGERER).scalars())
        for start in range(0, len(attempt_ids), 500):
            some = attempt_ids[start : start + 500]
            for column in (_attempt.c.attempt_id, _callback.c.attempt_id):
                known.update(connection.execute(sa.select(column).where(column.in_(some))).scalars())
    return [each for each in attempt_ids if each not in known]


def delete_versions(database: Database, *, before_us: int) -> set[str]:
    """Delete versions of DAGs that nothing uses any more; return the source hashes still in use.

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
    """Delete old answers to acts, which nobody will ask for again."""
    with database.write() as connection:
        connection.execute(sa.delete(_act).where(_act.c.at_us < before_us))


def sampled_attempts(database: Database, *, after: str, before_us: int, limit: int) -> list[str]:
    """Return up to *limit* attempts with samples older than a time, by id, from the one after *after*."""
    query = (
        sa.select(_sample.c.attempt_id)
        .where(_sample.c.attempt_id > after, _sample.c.at_us < before_us)
        .distinct()
        .order_by(_sample.c.attempt_id)
        .limit(limit)
    )
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def thin_samples(database: Database, attempt_ids: Collection[str], *, before_us: int) -> int:
    """Keep one sample a minute from before a time for some attempts; return how many were deleted."""
    old = (_sample.c.attempt_id.in_(attempt_ids), _sample.c.at_us < before_us)
    minute = sa.cast(_sample.c.at_us / _MINUTE_US, sa.BigInteger)
    kept = (
        sa.select(_sample.c.attempt_id, sa.func.min(_sample.c.at_us))
        .where(*old)
        .group_by(_sample.c.attempt_id, minute)
    )
    place = sa.tuple_(_sample.c.attempt_id, _sample.c.at_us)
    with database.write() as connection:
        return connection.execute(sa.delete(_sample).where(*old, place.not_in(kept))).rowcount

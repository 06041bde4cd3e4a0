"""What retention finds and deletes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.states import RUN_TERMINAL
from penstock.store.engine.records import EVENT_HORIZON, TRIGGERER
from penstock.store.sqlite.core import write_of
from penstock.store.sqlite.indexed import OPEN_CALLBACKS
from penstock.store.statements.rows import (
    act,
    asset_event,
    asset_queue,
    attempt,
    backfill,
    callback,
    dag,
    event,
    ledger,
    meta,
    pause,
    run,
    run_asset,
    sample,
    task,
    version,
)

_MINUTE_US = 60_000_000
_TERMINAL = sorted(state.value for state in RUN_TERMINAL)
_BEFORE: sa.BindParameter[Any] = sa.bindparam("before_us")

_LIVE = sa.select(task.c.run_pk).join(attempt, attempt.c.ti_id == task.c.id).where(attempt.c.end_us.is_(None))
_LOGS = (
    sa.select(task.c.run_pk, sa.func.sum(attempt.c.log_bytes).label("bytes"))
    .select_from(run.join(task, task.c.run_pk == run.c.id).join(attempt, attempt.c.ti_id == task.c.id))
    .where(run.c.dag_id == sa.bindparam("dag_id"))
    .group_by(task.c.run_pk)
    .subquery()
)
_UNTOLD = sa.select(callback.c.run_pk).where(OPEN_CALLBACKS)
_FORGETTABLE = sa.and_(run.c.state.in_(_TERMINAL), run.c.id.not_in(_LIVE), run.c.id.not_in(_UNTOLD))


def _newest_first(runs: sa.FromClause, log_bytes: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return (
        sa.select(
            run.c.id, run.c.dag_id, run.c.run_id, run.c.end_us, log_bytes.label("bytes"),
            _FORGETTABLE.label("free"),
        )
        .select_from(runs)
        .where(run.c.dag_id == sa.bindparam("dag_id"))
        .order_by(run.c.run_after_us.desc(), run.c.id.desc())
    )  # fmt: skip


DAGS_WITH_RUNS = sa.select(run.c.dag_id).distinct()
_ENDED = sa.or_(run.c.end_us < _BEFORE, sa.and_(run.c.end_us.is_(None), run.c.state.in_(_TERMINAL)))
OLD_ENDS = sa.select(run.c.dag_id, sa.func.coalesce(run.c.end_us, 0)).where(_ENDED)
"""Neither grouped nor sorted: that would have every run read, in the order of DAGs."""
NEWEST_FIRST = _newest_first(run, sa.literal(0))
"""Without the sizes of logs, which are read from every attempt."""
NEWEST_FIRST_WITH_LOGS = _newest_first(
    run.outerjoin(_LOGS, _LOGS.c.run_pk == run.c.id), sa.func.coalesce(_LOGS.c.bytes, 0)
)
STILL_FORGETTABLE = sa.select(run.c.id).where(run.c.id == sa.bindparam("key"), _FORGETTABLE)
SOME_TASKS = (
    sa.select(task.c.id)
    .where(task.c.run_pk == sa.bindparam("key"))
    .order_by(task.c.id)
    .limit(sa.bindparam("limit"))
)
ATTEMPTS_OF = sa.select(attempt.c.attempt_id).where(
    attempt.c.ti_id.in_(sa.bindparam("tasks", expanding=True))
)
DELETE_TASKS = sa.delete(task).where(task.c.id.in_(sa.bindparam("tasks", expanding=True)))
TOLD = sa.select(callback.c.attempt_id).where(
    callback.c.run_pk == sa.bindparam("key"), callback.c.attempt_id.is_not(None)
)
DELETE_RUN = sa.delete(run).where(run.c.id == sa.bindparam("key"))
DELETE_PAUSES = sa.delete(pause).where(
    pause.c.dag_id == sa.bindparam("dag_id"), pause.c.run_id == sa.bindparam("run_id")
)
DELETE_TRANSITIONS = sa.delete(event).where(
    event.c.dag_id == sa.bindparam("dag_id"),
    event.c.run_id == sa.bindparam("run_id"),
    event.c.kind.not_like("act%"),
)

_RUN_THERE = sa.exists().where(run.c.dag_id == event.c.dag_id, run.c.run_id == event.c.run_id)
_later = event.alias("later")
_FIRST_TO_STAY = (
    sa.select(_later.c.seq).where(_later.c.at_us >= _BEFORE).order_by(_later.c.seq).limit(1).scalar_subquery()
)
# Events are numbered by time: the first that is young enough ends the search.
OLD_EVENTS = (
    sa.select(event.c.seq)
    .where(event.c.seq < sa.func.coalesce(_FIRST_TO_STAY, 2**62), event.c.at_us < _BEFORE, ~_RUN_THERE)
    .order_by(event.c.seq)
)
DELETE_EVENTS = sa.delete(event).where(event.c.seq.in_(sa.bindparam("seqs", expanding=True)))
MOVE_HORIZON = sa.update(meta).where(meta.c.key == EVENT_HORIZON).values(value=sa.bindparam("value"))
SET_HORIZON = write_of(sa.insert(meta), ["key", "value"])

_WRITTEN = sa.func.coalesce(ledger.c.at_us, ledger.c.last_us)
DELETE_POINTS = sa.delete(ledger).where(
    ledger.c.id.in_(
        sa.select(ledger.c.id)
        .where(ledger.c.last_us < _BEFORE, _WRITTEN < _BEFORE)
        .limit(sa.bindparam("limit"))
    )
)
# No key is ever given twice: the newest stays.
DELETE_BACKFILLS = sa.delete(backfill).where(
    backfill.c.end_us < _BEFORE,
    backfill.c.id.not_in(sa.select(run.c.backfill_id).where(run.c.backfill_id.is_not(None))),
    backfill.c.id < sa.select(sa.func.max(backfill.c.id)).scalar_subquery(),
)
DELETE_ASSET_EVENTS = sa.delete(asset_event).where(
    asset_event.c.id.in_(
        sa.select(asset_event.c.id)
        .where(
            asset_event.c.at_us < _BEFORE,
            asset_event.c.id.not_in(
                sa.union(sa.select(run_asset.c.event_id), sa.select(asset_queue.c.event_id))
            ),
            asset_event.c.id < sa.select(sa.func.max(asset_event.c.id)).scalar_subquery(),
        )
        .limit(sa.bindparam("limit"))
    )
)
DELETE_VERSIONS = sa.delete(version).where(
    version.c.created_us < _BEFORE,
    version.c.id.not_in(sa.select(dag.c.version_id)),
    ~sa.exists().where(run.c.dag_id == version.c.dag_id, run.c.version_id == version.c.id),
    version.c.id < sa.select(sa.func.max(version.c.id)).scalar_subquery(),
)
SOURCES = sa.select(version.c.source_hash)
DELETE_ANSWERS = sa.delete(act).where(act.c.at_us < _BEFORE)

NEWEST_ATTEMPTS = (
    sa.select(sa.func.max(attempt.c.attempt_id)),
    sa.select(sa.func.max(callback.c.attempt_id)),
)
KNOWN_ATTEMPTS = tuple(
    sa.select(column).where(column.in_(sa.bindparam("attempts", expanding=True)))
    for column in (attempt.c.attempt_id, callback.c.attempt_id)
)
THE_TRIGGERER = sa.select(meta.c.value).where(meta.c.key == TRIGGERER)
"""The attempt that runs triggers, which has no row of its own."""

SAMPLED = (
    sa.select(sample.c.attempt_id)
    .where(sample.c.attempt_id > sa.bindparam("after"), sample.c.at_us < _BEFORE)
    .distinct()
    .order_by(sample.c.attempt_id)
    .limit(sa.bindparam("limit"))
)
_OLD = (sample.c.attempt_id.in_(sa.bindparam("attempts", expanding=True)), sample.c.at_us < _BEFORE)
_KEPT = (
    sa.select(sample.c.attempt_id, sa.func.min(sample.c.at_us))
    .where(*_OLD)
    .group_by(sample.c.attempt_id, sa.cast(sample.c.at_us / _MINUTE_US, sa.BigInteger))
)
THIN_SAMPLES = sa.delete(sample).where(*_OLD, sa.tuple_(sample.c.attempt_id, sample.c.at_us).not_in(_KEPT))

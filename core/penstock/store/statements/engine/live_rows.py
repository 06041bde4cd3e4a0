"""The rows that the engine works with from its start on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from penstock.store.engine import records
from penstock.store.engine.columns import RUN_FIELDS, TASK_FIELDS
from penstock.store.sqlite.indexed import LIVE_ATTEMPTS, OPEN_CALLBACKS, UNFINISHED_RUNS
from penstock.store.statements.rows import (
    attempt,
    backfill,
    callback,
    dag,
    pause,
    point,
    pool,
    quarantine,
    run,
    stored_value,
    task,
)


def _of(table: sa.Table, names: Iterable[str]) -> sa.Select[Any]:
    return sa.select(*(table.c[name] for name in names))


QUARANTINE = _of(quarantine, records.QuarantineRecord.__slots__).order_by(
    quarantine.c.since_us, quarantine.c.id
)
DAGS = _of(dag, records.DagRecord.__slots__)
PAUSES = _of(pause, records.PauseRecord.__slots__)
POOLS = _of(pool, records.PoolRecord.__slots__)
VALUES = _of(stored_value, records.ValueRecord.__slots__).order_by(stored_value.c.kind, stored_value.c.name)
BACKFILLS = _of(backfill, records.BackfillRecord.__slots__).where(backfill.c.end_us.is_(None))
POINTS = (
    _of(point, records.BackfillPointRecord.__slots__)
    .where(point.c.backfill_id == sa.bindparam("backfill_id"))
    .order_by(point.c.ordinal)
)
CALLBACKS = _of(callback, records.CallbackRecord.__slots__).where(OPEN_CALLBACKS).order_by(callback.c.id)

_LIVE = attempt.join(task, task.c.id == attempt.c.ti_id)
# Each half uses an index of its own with the unfinished rows: a condition that joined the two would scan
# every run there ever was.
_ACTIVE = sa.union(
    sa.select(run.c.id).where(UNFINISHED_RUNS),
    sa.select(task.c.run_pk).select_from(_LIVE).where(LIVE_ATTEMPTS),
)
_RUNS = _of(run, RUN_FIELDS).order_by(run.c.id)
ACTIVE_RUNS = _RUNS.where(run.c.id.in_(_ACTIVE))
ONE_RUN = _RUNS.where(run.c.dag_id == sa.bindparam("dag_id"), run.c.run_id == sa.bindparam("run_id"))
TASKS = (
    _of(task, TASK_FIELDS)
    .where(task.c.run_pk.in_(sa.bindparam("runs", expanding=True)))
    .order_by(task.c.run_pk, task.c.position, task.c.map_index)
)
APART = sa.select(
    run.c.id, run.c.dag_id, run.c.run_id, run.c.state, run.c.backfill_id, run.c.version_id
).where(run.c.id.in_(sa.bindparam("runs", expanding=True)))
LIVE_APART = (
    sa.select(task.c.run_pk, attempt.c.attempt_id, task.c.task_id)
    .select_from(_LIVE)
    .where(LIVE_ATTEMPTS, task.c.run_pk.in_(sa.bindparam("runs", expanding=True)))
)

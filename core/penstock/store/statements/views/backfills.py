"""Pools with what holds their slots, and backfills with their points."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.pauses import PauseKind
from penstock.model.states import TaskState
from penstock.store.sqlite.indexed import LIVE_ATTEMPTS, UNFINISHED_RUNS
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import attempt, backfill, pause, point, pool, run, task

_WHO = (run.c.version_id, run.c.dag_id, run.c.run_id, task.c.task_id, task.c.map_index)

HOLDING = (
    sa.select(*_WHO)
    .select_from(attempt.join(task, task.c.id == attempt.c.ti_id).join(run, run.c.id == task.c.run_pk))
    .where(LIVE_ATTEMPTS)
    .order_by(attempt.c.queued_us)
)
WAITING = (
    sa.select(*_WHO)
    .select_from(run.join(task, task.c.run_pk == run.c.id))
    .where(UNFINISHED_RUNS, task.c.state == TaskState.SCHEDULED)
    .order_by(run.c.run_after_us, task.c.id)
)
DEFERRED = (
    sa.select(*_WHO)
    .select_from(run.join(task, task.c.run_pk == run.c.id))
    .where(UNFINISHED_RUNS, task.c.state == TaskState.DEFERRED)
)
POOLS = sa.select(pool).order_by(pool.c.name)
FROZEN = sa.select(pause.c.by).where(
    pause.c.kind == PauseKind.FREEZE, pause.c.dag_id == sa.bindparam("dag_id")
)
POINTS = (
    sa.select(
        point.c.logical_us, point.c.state, point.c.run_id, point.c.reason, run.c.state.label("run_state")
    )
    .select_from(
        point.outerjoin(run, sa.and_(run.c.dag_id == sa.bindparam("dag_id"), run.c.run_id == point.c.run_id))
    )
    .where(point.c.backfill_id == sa.bindparam("backfill_id"))
    .order_by(point.c.ordinal)
)
ALL = sa.select(backfill).where(WHERE).order_by(backfill.c.id.desc())
COUNTS = (
    sa.select(point.c.backfill_id, point.c.state, sa.func.count())
    .where(WHERE)
    .group_by(point.c.backfill_id, point.c.state)
)
OF_DAG = backfill.c.dag_id == sa.bindparam("dag_id")
POINTS_OF_DAG = point.c.backfill_id.in_(
    sa.select(backfill.c.id).where(backfill.c.dag_id == sa.bindparam("dag_id"))
)
ONE = sa.select(backfill).where(backfill.c.id == sa.bindparam("backfill_id"))

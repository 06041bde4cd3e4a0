"""What a forecast begins with."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.backfills import BackfillPointState
from penstock.model.states import TERMINAL
from penstock.store.sqlite.indexed import UNFINISHED_RUNS
from penstock.store.statements.rows import attempt, backfill, dag, point, pool, run, task

RUNS = (
    sa.select(
        run.c.id, run.c.dag_id, run.c.run_id, run.c.version_id, run.c.state, run.c.run_after_us,
        run.c.logical_us, run.c.backfill_id,
    )
    .where(UNFINISHED_RUNS)
    .order_by(run.c.run_after_us, run.c.id)
)  # fmt: skip
TASKS = (
    sa.select(
        task.c.run_pk, task.c.task_id, task.c.map_index, task.c.state, task.c.next_us,
        task.c.queued_us, attempt.c.start_us,
    )
    .select_from(
        run.join(task, task.c.run_pk == run.c.id).outerjoin(
            attempt, attempt.c.attempt_id == task.c.attempt_id
        )
    )
    .where(UNFINISHED_RUNS, task.c.state.not_in(sorted(TERMINAL)))
    .order_by(task.c.run_pk, task.c.position, task.c.map_index)
)  # fmt: skip
# Runs of dates that the schedule has not reached: those triggered or backfilled ahead of it.
SERVED = (
    sa.select(run.c.dag_id, run.c.logical_us, run.c.run_id)
    .select_from(dag.join(run, run.c.dag_id == sa.literal_column("+dag.dag_id")))
    .where(run.c.logical_us > dag.c.cursor_start_us)
)
"""The ``+`` lets SQLite begin with the DAGs: it would go through all runs."""
POOLS = sa.select(pool.c.name, pool.c.slots)
BACKFILLS = (
    sa.select(
        backfill.c.id, backfill.c.dag_id, backfill.c.state, backfill.c.max_active_runs, backfill.c.canary
    )
    .where(backfill.c.end_us.is_(None))
    .order_by(backfill.c.id)
)
_WAITING = sa.and_(
    point.c.backfill_id == sa.bindparam("backfill_id"), point.c.state == BackfillPointState.WAITING
)
POINTS = (
    sa.select(point.c.logical_us, point.c.run_after_us, point.c.run_id)
    .where(_WAITING)
    .order_by(point.c.ordinal)
    .limit(sa.bindparam("limit"))
)
COUNT = sa.select(sa.func.count()).select_from(point).where(_WAITING)

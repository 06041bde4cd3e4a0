"""How long tasks took in the last runs of a DAG."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.states import RunState, TaskState
from penstock.store.statements.rows import run, task

_MOST_RUNS = 100
"""Finished runs that are looked at."""

FINISHED = (
    sa.select(run.c.id, run.c.version)
    .where(run.c.dag_id == sa.bindparam("dag_id"), run.c.state.in_((RunState.SUCCESS, RunState.FAILED)))
    .order_by(run.c.run_after_us.desc())
    .limit(_MOST_RUNS)
)
SUCCESSES = sa.select(task.c.run_pk, task.c.task_id, task.c.end_us - task.c.start_us).where(
    task.c.run_pk.in_(sa.bindparam("runs", expanding=True)),
    task.c.state == TaskState.SUCCESS,
    task.c.start_us.is_not(None),
)

"""The grid: the runs that are columns, and the cells on the screen."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.rows import dag, run, task

KEYS = sa.select(run.c.id, run.c.run_id).where(
    run.c.dag_id == sa.bindparam("dag_id"), run.c.run_id.in_(sa.bindparam("runs", expanding=True))
)
PRESENT = sa.select(dag.c.version_id).where(dag.c.dag_id == sa.bindparam("dag_id"))
_TOGETHER = (
    task.c.state,
    sa.func.count(),
    sa.func.min(task.c.start_us),
    sa.func.max(task.c.end_us),
    sa.func.sum(sa.and_(task.c.end_us.is_(None), task.c.start_us.is_not(None))),
    sa.func.max(task.c.try_number),
)
_IN = (
    task.c.run_pk.in_(sa.bindparam("runs", expanding=True)),
    task.c.task_id.in_(sa.bindparam("tasks", expanding=True)),
)
BY_TASK = (
    sa.select(task.c.run_pk, task.c.task_id, *_TOGETHER)
    .where(*_IN)
    .group_by(task.c.run_pk, task.c.task_id, task.c.state)
)
BY_INSTANCE = (
    sa.select(task.c.run_pk, task.c.task_id, task.c.map_index, *_TOGETHER)
    .where(*_IN, task.c.map_index.in_(sa.bindparam("indexes", expanding=True)))
    .group_by(task.c.run_pk, task.c.task_id, task.c.map_index)
)
BY_RUN = sa.select(task.c.run_pk, *_TOGETHER).where(*_IN).group_by(task.c.run_pk, task.c.state)

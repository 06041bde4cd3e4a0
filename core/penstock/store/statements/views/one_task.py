"""How one task went in its last runs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import run, task

_RUNS = (
    sa.select(run.c.id)
    .where(run.c.dag_id == sa.bindparam("dag_id"))
    .order_by(run.c.run_after_us.desc(), run.c.id.desc())
    .limit(sa.bindparam("limit"))
)


def _history(of_runs: sa.Select[Any]) -> sa.Select[Any]:
    runs = of_runs.subquery()
    return (
        sa.select(
            run.c.run_id, run.c.run_type, run.c.logical_us, run.c.run_after_us,
            task.c.state, task.c.start_us, task.c.end_us, task.c.peak_rss, task.c.cpu_seconds,
            task.c.try_number, task.c.outcome,
        )
        .join(runs, runs.c.id == run.c.id)
        .join(task, task.c.run_pk == run.c.id)
        .where(task.c.task_id == sa.bindparam("task_id"), WHERE)
        .order_by(run.c.run_after_us.desc(), run.c.id.desc(), task.c.map_index)
    )  # fmt: skip


HISTORY = _history(_RUNS)
OLDER_HISTORY = _history(_RUNS.where(run.c.run_after_us < sa.bindparam("before")))
OF_INSTANCE = task.c.map_index == sa.bindparam("map_index")
EVER = (
    sa.select(task.c.id)
    .join(run, run.c.id == task.c.run_pk)
    .where(run.c.dag_id == sa.bindparam("dag_id"), task.c.task_id == sa.bindparam("task_id"))
    .limit(1)
)

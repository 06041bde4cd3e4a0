"""Task instances of a run, with what live ones use."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.states import TaskState
from penstock.store.statements.rows import sample, task

_every = sample.alias("every_sample")


def _highest(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    return sa.select(sa.func.max(column)).where(_every.c.attempt_id == sample.c.attempt_id).scalar_subquery()


TASKS = (
    sa.select(
        task.c.task_id, task.c.map_index, task.c.state, task.c.try_number, task.c.max_tries,
        task.c.outcome, task.c.start_us, task.c.end_us, task.c.peak_rss, task.c.cpu_seconds,
        task.c.read_bytes, task.c.write_bytes, task.c.attempts, task.c.attempt_id, task.c.next_us,
        task.c.stop_us, task.c.reason, task.c.version, task.c.rush, task.c.rendered_map_index,
        task.c.first_poke_us, task.c.began_us,
    )
    .where(task.c.run_pk == sa.bindparam("run_pk"))
    .order_by(task.c.position, task.c.map_index)
)  # fmt: skip
SOME_TASKS = TASKS.where(task.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
LIVE = (
    sa.select(sample.c.attempt_id, sample.c.cpu_percent, _highest(_every.c.rss))
    .join(task, task.c.attempt_id == sample.c.attempt_id)
    .where(
        task.c.run_pk == sa.bindparam("run_pk"),
        task.c.state.in_([TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING]),
        sample.c.at_us == _highest(_every.c.at_us),
    )
)
"""The newest sample of each live attempt of a run."""

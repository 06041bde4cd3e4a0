"""Attempts, their samples, and where what they pushed lies."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import attempt, callback, run, sample, task, xcom

_MOST = 10_000
_OF_RUN = task.c.run_pk == sa.bindparam("run_pk")

TASK = sa.select(task.c.id).where(
    _OF_RUN, task.c.task_id == sa.bindparam("task_id"), task.c.map_index == sa.bindparam("map_index")
)
OF_TASK = (
    sa.select(attempt)
    .where(attempt.c.ti_id == sa.bindparam("ti_id"))
    .order_by(attempt.c.queued_us, attempt.c.attempt_id)
)
OF_RUN = (
    sa.select(attempt, task.c.task_id, task.c.map_index)
    .join(task, task.c.id == attempt.c.ti_id)
    .where(_OF_RUN, task.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
    .order_by(attempt.c.queued_us, attempt.c.attempt_id)
    .limit(_MOST)
)
PRINTED = (
    sa.select(
        attempt.c.attempt_id, task.c.task_id, task.c.map_index, attempt.c.try_number,
        attempt.c.queued_us, attempt.c.start_us, attempt.c.end_us,
    )
    .join(task, task.c.id == attempt.c.ti_id)
    .where(_OF_RUN, WHERE)
    .order_by(attempt.c.queued_us, attempt.c.attempt_id)
    .limit(_MOST)
)  # fmt: skip
ENDED_SINCE = sa.or_(attempt.c.end_us.is_(None), attempt.c.end_us >= sa.bindparam("since"))
"""That an attempt goes on, or ended since then."""
ENDS = tuple(
    sa.select(table.c.end_us).where(table.c.attempt_id == sa.bindparam("attempt_id"))
    for table in (attempt, callback)
)
SAMPLES = sa.select(sample).where(sample.c.attempt_id == sa.bindparam("attempt_id")).order_by(sample.c.at_us)
SOURCES = (
    sa.select(run.c.run_id, task.c.task_id, task.c.map_index, xcom.c.attempt_id)
    .join(task, task.c.id == xcom.c.ti_id)
    .join(run, run.c.id == task.c.run_pk)
    .where(
        run.c.dag_id == sa.bindparam("dag_id"),
        task.c.task_id.in_(sa.bindparam("tasks", expanding=True)),
        xcom.c.key == sa.bindparam("key"),
        WHERE,
    )
    .order_by(run.c.logical_us.desc(), run.c.id.desc(), task.c.map_index)
    .limit(_MOST)
)
IN_RUN = run.c.run_id == sa.bindparam("run_id")
UNTIL = run.c.logical_us <= sa.bindparam("until")

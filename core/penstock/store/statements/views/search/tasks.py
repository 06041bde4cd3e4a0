"""Task instances of all runs, a page at a time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.store.sqlite.indexed import UNFINISHED_RUNS
from penstock.store.statements.places import ORDER, WHERE
from penstock.store.statements.rows import attempt, run, task

COLUMNS = {
    "id": task.c.id,
    "dag_id": run.c.dag_id,
    "run_id": run.c.run_id,
    "dag_run_id": run.c.run_id,
    "task_id": task.c.task_id,
    "task_display_name": task.c.task_id,
    "map_index": task.c.map_index,
    "rendered_map_index": task.c.rendered_map_index,
    "state": task.c.state,
    "try_number": task.c.try_number,
    "logical_date": run.c.logical_us,
    "run_after": run.c.run_after_us,
    "data_interval_start": run.c.interval_start_us,
    "data_interval_end": run.c.interval_end_us,
    "queued_when": task.c.queued_us,
    "scheduled_when": task.c.queued_us,
    "start_date": task.c.start_us,
    "end_date": task.c.end_us,
    "updated_at": sa.func.coalesce(task.c.end_us, task.c.start_us, task.c.queued_us),
    "duration": task.c.end_us - task.c.start_us,
}
"""The fields of a task instance that can be searched and ordered by."""
ATTEMPTS, VERSION_ID = task.c.attempts, run.c.version_id
_TASKS = task.join(run, run.c.id == task.c.run_pk)


def _page(table: Any) -> sa.Select[Any]:
    return (
        sa.select(task.c.id)
        .select_from(table)
        .where(WHERE)
        .order_by(ORDER)
        .limit(sa.bindparam("limit"))
        .offset(sa.bindparam("offset"))
    )


def _count(table: Any) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(WHERE)


PAGE, COUNT = _page(_TASKS), _count(_TASKS)
PAGE_ALONE, COUNT_ALONE = _page(task), _count(task)
"""The same without looking at the rows of runs."""
FACTS = (
    sa.select(
        task, run.c.dag_id, run.c.run_id, run.c.logical_us, run.c.run_after_us, run.c.version_id,
        attempt.c.pid, attempt.c.queued_us.label("launched_us"),
    )
    .select_from(_TASKS.outerjoin(attempt, attempt.c.attempt_id == task.c.attempt_id))
    .where(task.c.id.in_(sa.bindparam("keys", expanding=True)))
)  # fmt: skip
VERSIONS = sa.select(run.c.version_id).distinct().where(WHERE)
BY_POOL = (
    sa.select(run.c.version_id, task.c.task_id, task.c.state, sa.func.count())
    .select_from(_TASKS)
    .where(UNFINISHED_RUNS)
    .group_by(run.c.version_id, task.c.task_id, task.c.state)
)

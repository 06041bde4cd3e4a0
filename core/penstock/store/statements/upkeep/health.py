"""How large the tables are, and what events say about the states of runs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.transitions import RunEvent, TaskEvent
from penstock.store.statements.rows import attempt, event, run, sample, task, version

_MOVES = sorted(
    {event.value for event in TaskEvent} | {"run_create", *(f"run_{event.value}" for event in RunEvent)}
)
_TASKS = run.join(task, task.c.run_pk == run.c.id)
_ATTEMPTS = _TASKS.join(attempt, attempt.c.ti_id == task.c.id)
_COUNT = sa.func.count()

ROWS = {str(table.name): sa.select(_COUNT).select_from(table) for table in run.metadata.sorted_tables}


def _by_dag(value: sa.ColumnElement[Any], table: Any) -> sa.Select[Any]:
    return sa.select(run.c.dag_id, value).select_from(table).group_by(run.c.dag_id)


OF_DAGS = {
    "runs": _by_dag(_COUNT, run),
    "tasks": _by_dag(_COUNT, _TASKS),
    "attempts": _by_dag(_COUNT, _ATTEMPTS),
    "log_bytes": _by_dag(sa.func.coalesce(sa.func.sum(attempt.c.log_bytes), 0), _ATTEMPTS),
    "samples": _by_dag(_COUNT, _ATTEMPTS.join(sample, sample.c.attempt_id == attempt.c.attempt_id)),
    "events": sa.select(event.c.dag_id, _COUNT).where(event.c.dag_id.is_not(None)).group_by(event.c.dag_id),
}
OLDEST_RUN = sa.select(sa.func.min(run.c.run_after_us))
TRAIL = (
    sa.select(
        event.c.dag_id, event.c.run_id, event.c.task_id, event.c.map_index, event.c.kind,
        event.c.before, event.c.after,
    )
    .where(event.c.run_id.is_not(None), event.c.kind.in_(_MOVES))
    .order_by(event.c.dag_id, event.c.run_id, event.c.seq)
)  # fmt: skip
RUNS = sa.select(run.c.id, run.c.dag_id, run.c.run_id, run.c.state)
STATES = sa.select(task.c.task_id, task.c.map_index, task.c.state).where(task.c.run_pk == sa.bindparam("key"))
SOURCES = sa.select(version.c.source_hash)

"""The engine's status, its events, and import errors."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.store.sqlite.indexed import FAILED_TASKS, LIVE_ATTEMPTS, LOGS, UNFINISHED_RUNS
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import attempt, dag, event, import_error, run, task

LAST_EVENT = sa.select(event.c.seq, event.c.at_us).order_by(event.c.seq.desc()).limit(1)
LIVE = sa.select(sa.func.count()).select_from(attempt).where(LIVE_ATTEMPTS)
# A scalar subquery, because with a join SQLite may begin with every task instance there ever was.
OCCUPIED = LIVE.where(
    sa.select(task.c.state).where(task.c.id == attempt.c.ti_id).scalar_subquery().in_(sorted(OCCUPIES_SLOT))
)
UNFINISHED = sa.select(sa.func.count()).select_from(run).where(UNFINISHED_RUNS)
QUEUED = (
    sa.select(sa.func.count())
    .select_from(run.join(task, task.c.run_pk == run.c.id))
    .where(UNFINISHED_RUNS, task.c.state == TaskState.SCHEDULED)
)
FAILED_SINCE = (
    sa.select(sa.func.count()).select_from(task).where(FAILED_TASKS, task.c.end_us >= sa.bindparam("since"))
)
DAGS = sa.select(sa.func.count()).select_from(dag).where(dag.c.missing.is_(False))
ERRORS = sa.select(sa.func.count()).select_from(import_error)
LOG_BYTES = sa.select(sa.func.coalesce(sa.func.sum(attempt.c.log_bytes), 0)).where(LOGS)
EVENTS = (
    sa.select(event)
    .where(event.c.seq > sa.bindparam("after"), WHERE)
    .order_by(event.c.seq.desc())
    .limit(sa.bindparam("limit"))
)
OF_DAG = event.c.dag_id == sa.bindparam("dag_id")
OF_RUN = event.c.run_id == sa.bindparam("run_id")
OF_INSTANCE = sa.and_(
    event.c.task_id == sa.bindparam("task_id"), event.c.map_index == sa.bindparam("map_index")
)
MOVED = (
    sa.select(event.c.dag_id, event.c.run_id)
    .where(event.c.seq > sa.bindparam("after"))
    .order_by(event.c.seq)
    .limit(sa.bindparam("limit"))
)
IMPORT_ERRORS = sa.select(import_error).order_by(import_error.c.file)

"""Tasks that took far longer than usual."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.states import TaskState
from penstock.store.sqlite.indexed import UNFINISHED_RUNS
from penstock.store.statements.rows import run, task

_ENDED = sa.and_(
    task.c.state.in_((TaskState.SUCCESS, TaskState.FAILED)), task.c.end_us >= sa.bindparam("since")
)
_STILL = task.c.state == TaskState.RUNNING

LONG = (
    sa.select(
        run.c.id.label("run_pk"), run.c.dag_id, run.c.run_id,
        task.c.task_id, task.c.map_index, task.c.state, task.c.start_us, task.c.end_us,
    )
    .select_from(run.join(task, sa.literal_column("+run.id") == task.c.run_pk))
    .where(
        sa.or_(run.c.end_us >= sa.bindparam("since"), UNFINISHED_RUNS),
        sa.or_(_ENDED, _STILL),
        sa.case((_STILL, sa.bindparam("now")), else_=task.c.end_us) - task.c.start_us
        >= sa.bindparam("least"),
    )
    .order_by(task.c.id)
)  # fmt: skip
"""Tasks that took so long that they can be slow; the usual durations are read for their DAGs alone."""

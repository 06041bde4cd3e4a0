"""What tasks ask people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from penstock.model.states import TaskState
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import attempt, question, run, task

_ASKED = question.join(attempt, attempt.c.attempt_id == question.c.attempt_id).join(
    task, task.c.id == attempt.c.ti_id
)
_OPEN = sa.and_(
    question.c.reply.is_(None),
    sa.func.likely(task.c.state == TaskState.DEFERRED),
    sa.func.likely(task.c.attempt_id == question.c.attempt_id),
)
"""It waits for an answer. Without `likely` SQLite would begin with all task instances, not with questions."""
_OF_RUNS = _ASKED.join(run, run.c.id == task.c.run_pk)
_ALL = (
    sa.select(
        run.c.dag_id, run.c.run_id, task.c.task_id, task.c.map_index, task.c.next_us, attempt.c.try_number,
        question.c.attempt_id, question.c.asked_us, question.c.question, question.c.reply,
        sa.case((_OPEN, 1), else_=0).label("open"),
    )
    .select_from(_OF_RUNS)
    .where(WHERE)
)  # fmt: skip


def _page(query: sa.Select[Any], order: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return query.order_by(order, question.c.attempt_id).limit(sa.bindparam("limit"))


ALL = _page(_ALL, question.c.asked_us.desc())
OPEN = _page(_ALL.where(_OPEN), question.c.asked_us.asc())
OF_DAG = run.c.dag_id == sa.bindparam("dag_id")
OF_RUN = run.c.run_id == sa.bindparam("run_id")
COUNT = sa.select(sa.func.count()).select_from(_ASKED).where(_OPEN)
BY_DAG = sa.select(run.c.dag_id, sa.func.count()).select_from(_OF_RUNS).where(_OPEN).group_by(run.c.dag_id)
BY_RUN = (
    sa.select(run.c.dag_id, run.c.run_id, sa.func.count())
    .select_from(_OF_RUNS)
    .where(_OPEN)
    .group_by(run.c.dag_id, run.c.run_id)
)

"""What the task instances of a run pushed."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import task, xcom

PUSHERS = (
    sa.select(task.c.task_id, task.c.map_index, task.c.attempt_id, xcom.c.key, xcom.c.value)
    .outerjoin(xcom, xcom.c.ti_id == task.c.id)
    .where(task.c.run_pk == sa.bindparam("run_pk"), task.c.attempt_id.is_not(None), WHERE)
    .order_by(task.c.position, task.c.map_index, xcom.c.key)
)
OF_TASK = task.c.task_id == sa.bindparam("task_id")
OF_INSTANCE = task.c.map_index == sa.bindparam("map_index")

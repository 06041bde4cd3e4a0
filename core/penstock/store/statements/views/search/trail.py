"""The event trail and pushed values, a page at a time."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.places import ORDER, WHERE
from penstock.store.statements.rows import attempt, event, run, task, xcom

EVENT_COLUMNS = {
    "id": event.c.seq,
    "event_log_id": event.c.seq,
    "when": event.c.at_us,
    "dttm": event.c.at_us,
    "dag_id": event.c.dag_id,
    "run_id": event.c.run_id,
    "task_id": event.c.task_id,
    "map_index": event.c.map_index,
    "event": event.c.kind,
    "owner": event.c.actor,
    "extra": event.c.reason,
}
"""The fields of an event that can be searched and ordered by."""
XCOM_COLUMNS = {
    "key": xcom.c.key,
    "xcom_key": xcom.c.key,
    "timestamp": attempt.c.end_us,
    "dag_id": run.c.dag_id,
    "run_id": run.c.run_id,
    "task_id": task.c.task_id,
    "map_index": task.c.map_index,
    "logical_date": run.c.logical_us,
    "run_after": run.c.run_after_us,
}
"""The fields of a pushed value that can be searched and ordered by."""
XCOM_INSTANCE = xcom.c.ti_id
_VALUES = (
    xcom.join(task, task.c.id == xcom.c.ti_id)
    .join(run, run.c.id == task.c.run_pk)
    .outerjoin(attempt, attempt.c.attempt_id == xcom.c.attempt_id)
)
_FACTS = (
    sa.select(
        xcom.c.key, xcom.c.value, xcom.c.attempt_id, xcom.c.ti_id, run.c.dag_id, run.c.run_id,
        task.c.task_id, task.c.map_index, attempt.c.end_us, run.c.logical_us, run.c.run_after_us,
    )
    .select_from(_VALUES)
    .where(WHERE)
)  # fmt: skip

EVENTS = (
    sa.select(event).where(WHERE).order_by(ORDER).limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
)
EVENT_COUNT = sa.select(sa.func.count()).select_from(event).where(WHERE)
XCOM = _FACTS
XCOMS = _FACTS.order_by(ORDER).limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
XCOM_COUNT = sa.select(sa.func.count()).select_from(_VALUES).where(WHERE)

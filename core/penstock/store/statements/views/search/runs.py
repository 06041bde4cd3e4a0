"""Runs of all DAGs, a page at a time."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store.statements.places import ORDER, WHERE
from penstock.store.statements.rows import run

COLUMNS = {
    "id": run.c.id,
    "dag_id": run.c.dag_id,
    "run_id": run.c.run_id,
    "dag_run_id": run.c.run_id,
    "state": run.c.state,
    "run_type": run.c.run_type,
    "logical_date": run.c.logical_us,
    "run_after": run.c.run_after_us,
    "data_interval_start": run.c.interval_start_us,
    "data_interval_end": run.c.interval_end_us,
    "queued_at": run.c.queued_us,
    "start_date": run.c.start_us,
    "end_date": run.c.end_us,
    "updated_at": sa.func.coalesce(run.c.end_us, run.c.turn_us, run.c.start_us, run.c.queued_us),
    "duration": sa.case((run.c.end_us.is_not(None), run.c.worked_us)),
    "conf": run.c.conf,
    "triggering_user_name": run.c.by,
}
"""The fields of a run that can be searched and ordered by."""
PAGE = sa.select(run).where(WHERE).order_by(ORDER).limit(sa.bindparam("limit")).offset(sa.bindparam("offset"))
COUNT = sa.select(sa.func.count()).select_from(run).where(WHERE)
STATES = (
    sa.select(run.c.dag_id, run.c.state, sa.func.count()).where(WHERE).group_by(run.c.dag_id, run.c.state)
)

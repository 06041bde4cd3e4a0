"""Breakpoints: those that are set, and those where runs have stopped."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.pauses import BREAKPOINTS
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import pause

is_reached = sa.and_(pause.c.kind.in_(sorted(BREAKPOINTS)), pause.c.reached_us.is_not(None))
"""The condition of a row of `pause` at which a run has stopped."""
_COLUMNS = (
    pause.c.dag_id, pause.c.kind, pause.c.run_id, pause.c.task_id, pause.c.by, pause.c.since_us, pause.c.why,
    pause.c.reached_us,
)  # fmt: skip

SET = (
    sa.select(*_COLUMNS)
    .where(pause.c.kind.in_(sorted(BREAKPOINTS)), WHERE)
    .order_by(pause.c.dag_id, pause.c.run_id, pause.c.since_us, pause.c.task_id)
)
REACHED = sa.select(*_COLUMNS).where(is_reached, WHERE).order_by(pause.c.reached_us)
OF_DAG = pause.c.dag_id == sa.bindparam("dag_id")
OF_RUN = pause.c.run_id == sa.bindparam("run_id")

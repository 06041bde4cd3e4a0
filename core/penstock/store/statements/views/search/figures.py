"""Counts of everything that is kept."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.model.states import RUN_TERMINAL
from penstock.store.statements.rows import ledger, run, task

ENDED = (
    sa.select(run.c.dag_id, run.c.state, sa.func.count(), sa.func.sum(run.c.worked_us))
    .where(run.c.state.in_(sorted(RUN_TERMINAL)))
    .group_by(run.c.dag_id, run.c.state)
)
TASKS = sa.select(task.c.state, sa.func.count()).group_by(task.c.state)
POINTS = sa.select(ledger.c.dag_id, ledger.c.status, ledger.c.reason, sa.func.sum(ledger.c.count)).group_by(
    ledger.c.dag_id, ledger.c.status, ledger.c.reason
)

"""Counts of everything that is kept. They read whole tables, so they are kept for a while."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.model.states import RUN_TERMINAL, RunState
from penstock.model.views.found import Figures, RunTimes
from penstock.store import tables
from penstock.store.statement import table_of
from penstock.store.views.search.runs import run_counts

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_ledger = table_of(tables.LedgerRow)
_ENDED = (
    sa.select(_run.c.dag_id, _run.c.state, sa.func.count(), sa.func.sum(_run.c.worked_us))
    .where(_run.c.state.in_(sorted(RUN_TERMINAL)))
    .group_by(_run.c.dag_id, _run.c.state)
)
_TASKS = sa.select(_task.c.state, sa.func.count()).group_by(_task.c.state)
_POINTS = sa.select(
    _ledger.c.dag_id, _ledger.c.status, _ledger.c.reason, sa.func.sum(_ledger.c.count)
).group_by(_ledger.c.dag_id, _ledger.c.status, _ledger.c.reason)


def read_figures(connection: Connection) -> Figures:
    """Return the counts of all runs, task instances and schedule points that are kept."""
    points: dict[str, dict[str, int]] = {}
    for dag_id, status, reason, count in connection.execute(_POINTS):
        name = f"{status}: {reason}" if reason and status == "skipped" else status
        points.setdefault(dag_id, {})[name] = int(count or 0)
    return Figures(
        runs=run_counts(connection, None),
        ended=tuple(
            RunTimes(dag_id=dag_id, state=RunState(state), count=count, seconds=(worked or 0) / 1e6)
            for dag_id, state, count, worked in connection.execute(_ENDED)
        ),
        tasks={row[0]: row[1] for row in connection.execute(_TASKS)},
        points=points,
    )

"""Counts of everything that is kept. They read whole tables, so they are kept for a while."""

from __future__ import annotations

from penstock.model.states import RunState
from penstock.model.views.found import Figures, RunTimes
from penstock.store.sql.views.search import figures as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.search.runs import run_counts


def read_figures(connection: Connection) -> Figures:
    """Return the counts of all runs, task instances and schedule points that are kept."""
    points: dict[str, dict[str, int]] = {}
    for dag_id, status, reason, count in connection.execute(sql.POINTS):
        name = f"{status}: {reason}" if reason and status == "skipped" else status
        points.setdefault(dag_id, {})[name] = int(count or 0)
    return Figures(
        runs=run_counts(connection, None),
        ended=tuple(
            RunTimes(dag_id=dag_id, state=RunState(state), count=count, seconds=(worked or 0) / 1e6)
            for dag_id, state, count, worked in connection.execute(sql.ENDED)
        ),
        tasks={row[0]: row[1] for row in connection.execute(sql.TASKS)},
        points=points,
    )

"""Reads callbacks and how they ended."""

from __future__ import annotations

from typing import Any

from penstock.clock import from_us, opt_from_us
from penstock.model.callbacks import CallbackState
from penstock.model.views.callbacks import CallbackRow
from penstock.store.checked import known
from penstock.store.sql.views import callbacks as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.runs import known_dag, run_row


def read_callbacks(connection: Connection, dag_id: str, run_id: str | None, limit: int) -> list[CallbackRow]:
    """Return deliveries of a DAG, or of one run of it, newest first."""
    query = sql.OF_DAG
    if run_id is None:
        known_dag(connection, dag_id)
    else:
        run_row(connection, dag_id, run_id)
        query = query.where(sql.OF_RUN)
    values = {"dag_id": dag_id, "run_id": run_id, "limit": limit}
    return [callback_view(row) for row in connection.execute(query, values)]


def callback_view(row: Any) -> CallbackRow:
    """Return the view of a delivery, read with its run's ``dag_id`` and ``run_id``."""
    return CallbackRow(
        id=row.id,
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        kind=row.kind,
        state=known(CallbackState, row.state, CallbackState.FAILED),
        created=from_us(row.created_us),
        end=opt_from_us(row.end_us),
        tries=row.tries,
        reason=row.reason,
        attempt_id=row.attempt_id,
    )

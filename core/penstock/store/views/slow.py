"""Reading which tasks took far longer than usual."""

from __future__ import annotations

from typing import Any

from penstock.clock import from_us
from penstock.model.digest import LEAST_LATE, late_by
from penstock.model.states import TaskState
from penstock.model.views.digest import SlowTask
from penstock.store.sql.views import slow as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.durations import Durations


def read_slow(connection: Connection, durations: Durations, since_us: int, now_us: int) -> list[SlowTask]:
    """Return the tasks that have taken far longer than usual since *since_us*, the slowest first."""
    values = {"since": since_us, "now": now_us, "least": int(LEAST_LATE * 1e6)}
    rows = [
        row
        for row in connection.execute(sql.LONG, values)
        if isinstance(row.start_us, int) and isinstance(row.end_us, int | None)  # or it was written by hand
    ]
    usuals = {dag_id: durations.usuals(connection, dag_id) for dag_id in {row.dag_id for row in rows}}
    found: list[tuple[float, SlowTask]] = []
    for row in rows:
        usual = usuals[row.dag_id]
        ended = row.state != TaskState.RUNNING
        seconds = ((row.end_us if ended else now_us) - row.start_us) / 1e6
        p95 = usual.p95(row.task_id, row.run_pk, seconds if row.state == TaskState.SUCCESS else None)
        over = late_by(seconds, p95)
        if over is not None and p95 is not None:
            found.append((over, _view(row, seconds, p95, now_us, ended=ended)))
    return [slow for _, slow in sorted(found, key=lambda each: -each[0])]


def _view(row: Any, seconds: float, p95: float, now_us: int, *, ended: bool) -> SlowTask:
    return SlowTask(
        dag_id=row.dag_id,
        run_id=row.run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        at=from_us(row.end_us if ended else now_us),
        seconds=seconds,
        p95=p95,
        ended=ended,
    )

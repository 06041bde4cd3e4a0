"""Reading which tasks took far longer than usual."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.clock import from_us
from penstock.model.digest import LEAST_LATE, late_by
from penstock.model.states import TaskState
from penstock.model.views.digest import SlowTask
from penstock.store import tables
from penstock.store.sqlite.indexed import UNFINISHED_RUNS
from penstock.store.statement import table_of
from penstock.store.views.durations import Durations

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)

_ENDED = sa.and_(
    _task.c.state.in_((TaskState.SUCCESS, TaskState.FAILED)), _task.c.end_us >= sa.bindparam("since")
)
_STILL = _task.c.state == TaskState.RUNNING
_LONG = (
    sa.select(
        _run.c.id.label("run_pk"), _run.c.dag_id, _run.c.run_id,
        _task.c.task_id, _task.c.map_index, _task.c.state, _task.c.start_us, _task.c.end_us,
    )
    .select_from(_run.join(_task, _task.c.run_pk == _run.c.id))
    .where(
        sa.or_(_run.c.end_us >= sa.bindparam("since"), UNFINISHED_RUNS),
        sa.or_(_ENDED, _STILL),
        sa.case((_STILL, sa.bindparam("now")), else_=_task.c.end_us) - _task.c.start_us
        >= sa.bindparam("least"),
    )
)  # fmt: skip
"""Tasks that took so long that they can be slow; the usual durations are read for their DAGs alone."""


def read_slow(connection: Connection, durations: Durations, since_us: int, now_us: int) -> list[SlowTask]:
    """Return the tasks that have taken far longer than usual since *since_us*, the slowest first."""
    values = {"since": since_us, "now": now_us, "least": int(LEAST_LATE * 1e6)}
    rows = [
        row
        for row in connection.execute(_LONG, values)
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

"""Rows that cannot be read: finding them without reading them, and what removes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from penstock.model.backfills import OPEN_POINTS, BackfillPointState
from penstock.model.states import RUN_TERMINAL
from penstock.store.engine.columns import ROW_KEYS
from penstock.store.sqlite.any_value import ROW_NUMBER, insert_unless_there
from penstock.store.statements.places import WHERE
from penstock.store.statements.rows import (
    asset_queue,
    attempt,
    backfill,
    edge,
    event,
    pause,
    point,
    run,
    task,
    version,
)

_ENDS = sorted(each.value for each in RUN_TERMINAL)
_TABLES = run.metadata.tables
_KEYS: dict[str, tuple[str, ...]] = {"run": ("dag_id", "run_id"), "dag": ("dag_id",), **ROW_KEYS}
_KEY: sa.BindParameter[Any] = sa.bindparam("key")

ROWS = {name: sa.select(_TABLES[name]).where(WHERE) for name in _KEYS}
DELETE = {name: sa.delete(_TABLES[name]).where(WHERE) for name in _KEYS}


def _numbers(name: str, columns: Sequence[str]) -> sa.Select[Any]:
    table = _TABLES[name]
    return sa.select(ROW_NUMBER, *(table.c[column] for column in columns)).select_from(table)


NUMBERS = {name: _numbers(name, columns) for name, columns in _KEYS.items()}
"""Each row's number, and its key as it is stored."""
BY_NUMBER = sa.bindparam("number") == ROW_NUMBER
SAME = {
    name: {column: _TABLES[name].c[column] == sa.bindparam(column) for column in columns}
    for name, columns in _KEYS.items()
}
"""That a column of the key is as it is said, by the index."""
SAME_TEXT = {
    name: {column: sa.cast(_TABLES[name].c[column], sa.String) == sa.bindparam(column) for column in columns}
    for name, columns in _KEYS.items()
}
"""The same, whatever the type of the stored value is."""

_LIVE = (
    sa.select(task.c.run_pk)
    .select_from(attempt.join(task, task.c.id == attempt.c.ti_id))
    .where(attempt.c.end_us.is_(None))
)
UNFINISHED_OF_DAG = (
    sa.select(run)
    .where(run.c.dag_id == sa.bindparam("dag_id"), sa.or_(run.c.state.not_in(_ENDS), run.c.id.in_(_LIVE)))
    .order_by(run.c.id)
)
OPEN_BACKFILLS = sa.select(backfill.c.id).where(
    backfill.c.dag_id == sa.bindparam("dag_id"), backfill.c.end_us.is_(None)
)
CANCEL_POINTS = (
    sa.update(point)
    .where(point.c.backfill_id == _KEY, point.c.state.in_(sorted(OPEN_POINTS)))
    .values(state="cancelled", reason=sa.bindparam("why"))
)
CANCEL_BACKFILL = (
    sa.update(backfill).where(backfill.c.id == _KEY).values(state="cancelled", end_us=sa.bindparam("now_us"))
)
DROP_PAUSES_OF_DAG = sa.delete(pause).where(pause.c.dag_id == _KEY)
DROP_QUEUE_OF_DAG = sa.delete(asset_queue).where(asset_queue.c.dag_id == _KEY)
POINTS = sa.select(point).where(point.c.backfill_id == _KEY)
FREE_RUNS = sa.update(run).where(run.c.backfill_id == _KEY).values(backfill_id=sa.null())

_ENDED = (
    sa.select(run.c.state)
    .where(run.c.backfill_id == point.c.backfill_id, run.c.run_id == point.c.run_id)
    .where(run.c.state.in_(_ENDS))
    .scalar_subquery()
)
SETTLE_POINTS = (
    sa.update(point)
    .where(
        sa.cast(point.c.backfill_id, sa.String) == _KEY,
        point.c.state == BackfillPointState.RUNNING,
    )
    .where(_ENDED.is_not(None))
    .values(state=_ENDED)
)
FAIL_POINT = (
    sa.update(point)
    .where(
        point.c.backfill_id == _KEY,
        point.c.run_id == sa.bindparam("its_run"),
        point.c.state == BackfillPointState.RUNNING,
    )
    .values(state=BackfillPointState.FAILED, reason=sa.bindparam("why"))
)
DROP_PAUSES_OF_RUN = sa.delete(pause).where(
    pause.c.dag_id == sa.bindparam("dag_id"), pause.c.run_id == sa.bindparam("run_id")
)
TASKS = sa.select(task).where(task.c.run_pk == _KEY)
_OF_RUN = sa.and_(
    attempt.c.ti_id.in_(sa.select(task.c.id).where(task.c.run_pk == _KEY)), attempt.c.end_us.is_(None)
)
LIVE = sa.select(attempt.c.attempt_id).where(_OF_RUN)
LOSE = sa.update(attempt).where(_OF_RUN).values(end_us=sa.bindparam("now_us"), outcome=sa.bindparam("lost"))


def _learn(subject: str, table: sa.Table) -> sa.Insert:
    """Return what makes a move from a row's state legal; as it is in the row."""
    move = sa.select(sa.literal(subject), table.c.state, sa.bindparam("to")).where(table.c.id == _KEY)
    return insert_unless_there(edge).from_select(["subject", "before", "after"], move)


LEARN_MOVE = {"run": _learn("run", run), "task_instance": _learn("task_instance", task)}
FORGET_MOVES = sa.delete(edge).where(
    edge.c.subject == sa.bindparam("of"),
    edge.c.after == sa.bindparam("to"),
    edge.c.before.not_in(sa.bindparam("legal", expanding=True)),
)
NEWEST_VERSION = sa.select(sa.func.max(version.c.id))
NEWEST_VERSION_OF = NEWEST_VERSION.where(version.c.dag_id == sa.bindparam("dag_id"))
LAST_STATE = (
    sa.select(event.c.after)
    .where(
        event.c.dag_id == sa.bindparam("dag_id"),
        event.c.run_id == sa.bindparam("run_id"),
        event.c.task_id.is_not_distinct_from(sa.bindparam("task_id")),
        event.c.after.in_(sa.bindparam("known", expanding=True)),
    )
    .order_by(event.c.seq.desc())
    .limit(1)
)

"""Times that move with the wall clock, of rows outside the working set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from penstock.model.states import TERMINAL
from penstock.store.engine.columns import RUN_MOMENTS, TASK_MOMENTS
from penstock.store.sqlite.any_value import is_whole_number
from penstock.store.statements.rows import run, task

_PKS: sa.BindParameter[Any] = sa.bindparam("run_pks", expanding=True)


def _moved(table: sa.Table, names: Sequence[str]) -> dict[str, Any]:
    by_us: sa.BindParameter[int] = sa.bindparam("by_us")
    return {
        name: sa.case((is_whole_number(table.c[name]), table.c[name] + by_us), else_=table.c[name])
        for name in names
    }


SHIFT_RUNS = sa.update(run).where(run.c.id.in_(_PKS)).values(_moved(run, RUN_MOMENTS))
SHIFT_TASKS = (
    sa.update(task)
    .where(task.c.run_pk.in_(_PKS), task.c.state.not_in(sorted(state.value for state in TERMINAL)))
    .values(_moved(task, TASK_MOMENTS))
)

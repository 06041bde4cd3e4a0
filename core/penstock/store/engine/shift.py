"""Shifts the times of rows outside the working set, when the wall clock was set."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.model.states import TERMINAL
from penstock.store import tables
from penstock.store.sqlite.any_value import is_whole_number
from penstock.store.statement import table_of

_task = table_of(tables.TaskInstanceRow)
_run = table_of(tables.RunRow)


def shift_runs(
    connection: Connection,
    *,
    run_pks: Collection[int],
    by_us: int,
    of_runs: Sequence[str],
    of_tasks: Sequence[str],
) -> None:
    """Shift times of runs and of their unfinished tasks by microseconds.

    ``of_runs`` and ``of_tasks`` are the columns; a value that is not a number stays as it is.
    """
    ended = sorted(state.value for state in TERMINAL)
    of_them = sa.and_(_task.c.run_pk.in_(run_pks), _task.c.state.not_in(ended))
    connection.execute(sa.update(_run).where(_run.c.id.in_(run_pks)).values(_moved(_run, of_runs, by_us)))
    connection.execute(sa.update(_task).where(of_them).values(_moved(_task, of_tasks, by_us)))


def _moved(table: sa.Table, names: Sequence[str], by_us: int) -> dict[str, Any]:
    return {
        name: sa.case((is_whole_number(table.c[name]), table.c[name] + by_us), else_=table.c[name])
        for name in names
    }

"""Shifts the times of rows outside the working set, when the wall clock was set."""

from __future__ import annotations

from collections.abc import Collection

from penstock.store.sql.engine import shift as sql
from penstock.store.sqlite.connection import Connection


def shift_runs(connection: Connection, *, run_pks: Collection[int], by_us: int) -> None:
    """Shift times of runs and of their unfinished tasks by microseconds; what is not a number stays."""
    values = {"run_pks": list(run_pks), "by_us": by_us}
    connection.execute(sql.SHIFT_RUNS, values)
    connection.execute(sql.SHIFT_TASKS, values)

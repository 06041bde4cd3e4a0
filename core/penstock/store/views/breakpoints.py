"""Reads breakpoints: those that are set, and the places where runs have stopped."""

from __future__ import annotations

from typing import Literal

import msgspec

from penstock.clock import from_us, opt_from_us
from penstock.ids import instance_key
from penstock.model.pauses import PauseKind
from penstock.model.subject import about_row
from penstock.model.views.pauses import BreakpointRow, PauseInfo
from penstock.model.views.runs import TaskRow
from penstock.store.query import Row
from penstock.store.sieve import Sieve
from penstock.store.sql.views import breakpoints as sql
from penstock.store.sqlite.connection import Connection


def read_breakpoints(connection: Connection, dag_id: str | None, run_id: str | None) -> list[BreakpointRow]:
    """Return the breakpoints of all DAGs, of a DAG, or of a run."""
    wanted = ([] if dag_id is None else [sql.OF_DAG]) + ([] if run_id is None else [sql.OF_RUN])
    rows = connection.execute(sql.SET.where(*wanted), {"dag_id": dag_id, "run_id": run_id}).all()
    return Sieve().rows(rows, lambda row: about_row("pause", row.run_id), _view)


def with_stops(tasks: list[TaskRow], set_here: list[BreakpointRow]) -> list[TaskRow]:
    """Return the tasks of a run with the breakpoints among *set_here* that are still to be reached."""
    ahead: dict[str, list[str]] = {}
    for each in set_here:
        if each.reached is None:
            ahead.setdefault(each.task_id, []).append(each.where)
    if not ahead:
        return tasks
    return [
        task if stops is None else msgspec.structs.replace(task, stops=tuple(stops))
        for task in tasks
        for stops in [ahead.get(instance_key(task.task_id, task.map_index)) or ahead.get(task.task_id)]
    ]


def stopped_runs(connection: Connection, dag_id: str | None = None) -> dict[tuple[str, str], PauseInfo]:
    """Return where runs have stopped, by (dag_id, run_id): the first breakpoint of each."""
    found: dict[tuple[str, str], PauseInfo] = {}
    for row in _reached(connection, dag_id):
        found.setdefault((row.dag_id, row.run_id), _stop(row, f"{row.kind} {row.task_id}"))
    return found


def stopped_tasks(connection: Connection, dag_id: str) -> dict[tuple[str, str], PauseInfo]:
    """Return the tasks of a DAG before which a run has stopped, by (run_id, task_id)."""
    rows = _reached(connection, dag_id)
    before = [row for row in rows if row.kind == PauseKind.BEFORE]
    return {(row.run_id, row.task_id): _stop(row, f"before {row.task_id}") for row in before}


def _reached(connection: Connection, dag_id: str | None) -> list[Row]:
    query = sql.REACHED if dag_id is None else sql.REACHED.where(sql.OF_DAG)
    good = []
    for row in connection.execute(query, {"dag_id": dag_id}):
        try:
            from_us(row.reached_us)
        except (TypeError, ValueError, OverflowError):
            continue  # written by hand: it is in quarantine, and shown there
        good.append(row)
    return good


def _stop(row: Row, where: str) -> PauseInfo:
    return PauseInfo(by=row.by, since=from_us(row.reached_us), why=row.why, breakpoint=where)


def _view(row: Row) -> BreakpointRow:
    where: Literal["before", "after"] = "after" if row.kind == PauseKind.AFTER else "before"
    return BreakpointRow(
        dag_id=row.dag_id,
        run_id=row.run_id or None,
        task_id=row.task_id,
        where=where,
        by=row.by,
        set_at=from_us(row.since_us),
        why=row.why,
        reached=opt_from_us(row.reached_us),
    )

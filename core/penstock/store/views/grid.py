"""Reads the grid: the runs that are columns, and the cells on the screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from penstock.clock import opt_from_us
from penstock.ids import split_instance
from penstock.model.states import SUCCESS_LIKE, TERMINAL, TaskState
from penstock.model.summary import summary
from penstock.model.views.grid import GridCell, GridRuns
from penstock.model.views.nodes import TaskNode
from penstock.model.views.runs import RunDetail
from penstock.store.sql.views import grid as sql
from penstock.store.sql.views.runs import NEWEST, OLDER
from penstock.store.sqlite.connection import Connection
from penstock.store.views.durations import Durations
from penstock.store.views.quarantine import reasons
from penstock.store.views.runs import aware_us, holds, known_dag, read_one_run, run_row, run_view
from penstock.store.views.task_rows import TASK_STATES, read_tasks
from penstock.store.views.versions import Versions


class _Part(NamedTuple):
    """The instances of a cell that are in one state."""

    state: TaskState
    instances: int
    start: int | None
    end: int | None
    going: int
    tries: int


def read_grid_runs(
    connection: Connection, versions: Versions, dag_id: str, limit: int, before: datetime | None
) -> GridRuns:
    """Return the newest runs of a DAG, newest first, and the tasks that only they have."""
    known_dag(connection, dag_id)
    values: dict[str, Any] = {"dag_id": dag_id, "limit": limit + 1}
    if before is not None:
        values["before"] = aware_us(before)
    rows = connection.execute(NEWEST if before is None else OLDER, values).all()
    more, rows = len(rows) > limit, rows[:limit]
    present = connection.scalar(sql.PRESENT, {"dag_id": dag_id})
    pinned = versions.load(connection, {row.version_id for row in rows} | {present or 0})
    held, quarantined = holds(connection, dag_id), reasons(connection)
    known = set(pinned[present].tasks) if present is not None else set()
    gone: dict[str, TaskNode] = {}
    for version_id in sorted({row.version_id for row in rows} - {present}, reverse=True):
        for node in pinned[version_id].nodes:
            if node.task_id not in known:
                gone.setdefault(node.task_id, node)
    return GridRuns(
        runs=tuple(
            run_view(
                row,
                {},
                pinned[row.version_id].name,
                held.get((row.run_id, "")),
                quarantined.get(f"{dag_id}/{row.run_id}"),
            )
            for row in rows
        ),
        more=more,
        gone=tuple(gone.values()),
    )


def read_grid_cells(
    connection: Connection,
    versions: Versions,
    dag_id: str,
    runs: Sequence[str],
    rows: Sequence[str],
) -> dict[str, list[GridCell | None]]:
    """Return the cells of *rows* in *runs*, by row; None where a run does not have it.

    A row is a task (all its instances), ``task[3]``, or a group of the DAG's present version.
    """
    known_dag(connection, dag_id)
    keys = {
        run_id: key for key, run_id in connection.execute(sql.KEYS, {"dag_id": dag_id, "runs": list(runs)})
    }
    present = connection.scalar(sql.PRESENT, {"dag_id": dag_id})
    groups = versions.one(connection, present).members if present is not None else {}
    parts: dict[tuple[str, int], list[_Part]] = defaultdict(list)
    plain: list[str] = []
    mapped: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        task, index = split_instance(row)
        if row in groups:
            query = {"runs": list(keys.values()), "tasks": list(groups[row])}
            for run_pk, *rest in connection.execute(sql.BY_RUN, query):
                _take(parts[row, run_pk], rest)
        elif index is not None:
            mapped[task].add(index)
        else:
            plain.append(row)
    if plain:
        query = {"runs": list(keys.values()), "tasks": plain}
        for run_pk, task_id, *rest in connection.execute(sql.BY_TASK, query):
            _take(parts[task_id, run_pk], rest)
    for task, indexes in mapped.items():
        chosen: dict[str, Any] = {"runs": list(keys.values()), "tasks": [task], "indexes": list(indexes)}
        for run_pk, task_id, map_index, *rest in connection.execute(sql.BY_INSTANCE, chosen):
            _take(parts[f"{task_id}[{map_index}]", run_pk], rest)
    return {row: [_cell(parts.get((row, keys.get(run_id, -1)), ())) for run_id in runs] for row in rows}


def read_run_part(
    connection: Connection,
    versions: Versions,
    durations: Durations,
    names: tuple[str, str],
    rows: Sequence[str],
) -> RunDetail:
    """Return the run *names* (dag_id, run_id) with only the task instances that *rows* stand for."""
    dag_id, run_id = names
    stored = run_row(connection, dag_id, run_id)
    version = versions.one(connection, stored.version_id)
    present = connection.scalar(sql.PRESENT, {"dag_id": dag_id})
    groups = versions.one(connection, present).members if present is not None else {}
    whole: set[str] = set()
    single: set[tuple[str, int]] = set()
    for row in rows:
        task, index = split_instance(row)
        if index is not None:
            single.add((task, index))
        else:
            whole.update(groups.get(row, (row,)))
    usuals, held = durations.usuals(connection, dag_id), holds(connection, dag_id)
    wanted = sorted(whole | {task for task, _ in single})
    tasks = read_tasks(connection, stored, version, usuals, held, wanted)
    return RunDetail(
        run=read_one_run(connection, stored, version.name),
        tasks=tuple(
            task for task in tasks if task.task_id in whole or (task.task_id, task.map_index) in single
        ),
        groups=version.groups,
        frozen=held.get(("", "")),
    )


def _take(parts: list[_Part], values: Sequence[Any]) -> None:
    state, count, start, end, going, tries = values
    if state in TASK_STATES:  # a row written by hand may hold anything
        first, last, tried = (value if isinstance(value, int) else None for value in (start, end, tries))
        parts.append(_Part(TASK_STATES[state], count, first, last, going or 0, tried or 0))


def _single(part: _Part) -> GridCell:
    over = not part.going or part.state in TERMINAL
    return GridCell(
        state=part.state,
        count=part.instances,
        done=part.instances if part.state in SUCCESS_LIKE else 0,
        start=opt_from_us(part.start),
        end=opt_from_us(part.end) if over else None,
        try_number=part.tries,
        failed=part.instances if part.state is TaskState.FAILED else 0,
    )


def _cell(parts: Collection[_Part]) -> GridCell | None:
    if not parts:
        return None
    if len(parts) == 1:  # nearly all cells: worked out for a screen full of them at once
        return _single(*parts)
    going = sum(part.going for part in parts)
    ends = [part.end for part in parts if part.end is not None]
    unfinished = any(part.state not in TERMINAL for part in parts)
    return GridCell(
        state=summary(part.state for part in parts),
        count=sum(part.instances for part in parts),
        done=sum(part.instances for part in parts if part.state in SUCCESS_LIKE),
        start=opt_from_us(min((part.start for part in parts if part.start is not None), default=None)),
        end=None if going and unfinished else opt_from_us(max(ends, default=None)),
        try_number=max(part.tries for part in parts),
        failed=sum(part.instances for part in parts if part.state is TaskState.FAILED),
    )

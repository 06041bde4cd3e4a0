"""Reads task instances: turns rows of `task_instance` into views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from penstock.clock import from_us, opt_from_us
from penstock.decoding import decoder
from penstock.ids import instance_key
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.rush import Rush
from penstock.model.states import RUN_TERMINAL, TaskState
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import TaskRow
from penstock.store.checked import checked
from penstock.store.query import Row
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import task_rows as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.durations import Usuals
from penstock.store.views.versions import StoredVersion

TASK_STATES = {state.value: state for state in TaskState}
_outcomes = decoder(Outcome)
_TASK_NAMES = sql.TASKS.columns
_task_row = checked(TABLES["task_instance"], _TASK_NAMES, state=Literal[tuple(TASK_STATES)], rush=Rush | None)


def read_tasks(
    connection: Connection,
    run: Row,
    version: StoredVersion,
    usuals: Usuals,
    held: Mapping[tuple[str, str], PauseInfo],
    task_ids: Sequence[str] | None = None,
) -> list[TaskRow]:
    """Return the task instances of a run in topological order: all of them, or those of *task_ids*.

    *held* are the holds of its DAG by run id and task (`runs.holds`).
    """
    if task_ids is None:
        rows = connection.execute(sql.TASKS, {"run_pk": run.id})
    else:
        rows = connection.execute(sql.SOME_TASKS, {"run_pk": run.id, "tasks": list(task_ids)})
    live = _live_figures(connection, run)
    tasks: list[TaskRow] = []
    for stored in rows:
        task = _readable(stored)
        own = held.get((run.run_id, instance_key(task[0], task[1]))) or held.get((run.run_id, task[0]))
        view = _task_view(task, version, usuals, run.id, own)
        if view.attempt_id in live:
            cpu, peak = live[view.attempt_id]
            view = msgspec.structs.replace(view, cpu_percent=cpu, peak_rss=peak)
        tasks.append(view)
    return tasks


def _live_figures(connection: Connection, run: Row) -> dict[str | None, tuple[float, int]]:
    """Return CPU per cent and peak memory by live attempt; none for a run that has ended."""
    if run.state in RUN_TERMINAL:
        return {}
    rows = connection.execute(sql.LIVE, {"run_pk": run.id})
    return {row[0]: (row[1], row[2]) for row in rows if isinstance(row[1], float) and isinstance(row[2], int)}


def outcome_view(text: str | None) -> Outcome | None:
    """Return the outcome stored as JSON; an invalid one becomes `lost`."""
    if text is None:
        return None
    try:
        return _outcomes.decode(text)
    except (msgspec.MsgspecError, TypeError):
        return Outcome(kind=OutcomeKind.LOST, reason="its stored outcome cannot be read")


def _readable(row: Row) -> Sequence[Any]:
    """Return the values of a task's row, with blanks for those that cannot be read."""
    try:
        return _task_row(row)
    except ValueError as error:
        found = dict(zip(_TASK_NAMES, row, strict=True))
        kept: dict[str, Any] = dict.fromkeys(_TASK_NAMES)
        kept |= dict.fromkeys(("try_number", "max_tries", "attempts", "version"), 0)
        kept["task_id"] = str(found["task_id"])
        kept["map_index"] = found["map_index"] if isinstance(found["map_index"], int) else -1
        text = str(found["state"])
        kept["state"] = text if text in TASK_STATES else TaskState.PENDING.value
        kept["reason"] = f"cannot be read: {error}"
        return tuple(kept.values())


def _task_view(
    row: Sequence[Any], pinned: StoredVersion, usuals: Usuals, run_pk: int, held: PauseInfo | None
) -> TaskRow:
    (
        task_id, map_index, state, try_number, max_tries, outcome, start, end, peak_rss, cpu_seconds,
        read_bytes, write_bytes, attempts, attempt_id, next_us, stop_us, reason, version, rush,
        rendered_map_index, first_poke, began,
    ) = row  # fmt: skip
    spec = pinned.tasks.get(task_id)  # a removed task may not be in the run's current version
    succeeded = state == TaskState.SUCCESS and start is not None and end is not None
    return TaskRow(
        task_id=task_id,
        map_index=map_index,
        state=TASK_STATES[state],
        try_number=try_number,
        max_tries=max_tries,
        operator=spec.operator if spec else "",
        upstream=spec.upstream if spec else (),
        group=spec.group if spec else None,
        trigger_rule=spec.trigger_rule if spec else "all_success",
        outcome=outcome_view(outcome),
        start=None if start is None else from_us(start),
        end=None if end is None else from_us(end),
        peak_rss=peak_rss,
        cpu_seconds=cpu_seconds,
        read_bytes=read_bytes,
        write_bytes=write_bytes,
        attempts=attempts,
        attempt_id=attempt_id,
        next_at=opt_from_us(next_us),
        stop_deadline=opt_from_us(stop_us),
        held=held,
        reason=reason,
        pool=spec.pool if spec else "default_pool",
        p50=usuals.p50(task_id),
        p95=usuals.p95(task_id, run_pk, (end - start) / 1e6 if succeeded else None),
        version=version,
        rush=None if rush is None else Rush(rush),
        mapped=task_id in pinned.mapping,
        rendered_map_index=rendered_map_index,
        first_look=opt_from_us(began if first_poke is None else first_poke),
    )

"""Reads task instances: turns rows of `task_instance` into views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from penstock.clock import from_us, opt_from_us
from penstock.decoding import decoder
from penstock.ids import instance_key
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.rush import Rush
from penstock.model.states import RUN_TERMINAL, TaskState
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import TaskRow
from penstock.store import tables
from penstock.store.checked import checked
from penstock.store.statement import table_of
from penstock.store.views.durations import Usuals
from penstock.store.views.versions import StoredVersion

AnyRow = Row[*tuple[Any, ...]]

_task = table_of(tables.TaskInstanceRow)
_sample = table_of(tables.SampleRow)
_every = _sample.alias("every_sample")

_TASKS = (
    sa.select(
        _task.c.task_id, _task.c.map_index, _task.c.state, _task.c.try_number, _task.c.max_tries,
        _task.c.outcome, _task.c.start_us, _task.c.end_us, _task.c.peak_rss, _task.c.cpu_seconds,
        _task.c.read_bytes, _task.c.write_bytes, _task.c.attempts, _task.c.attempt_id, _task.c.next_us,
        _task.c.stop_us, _task.c.reason, _task.c.version, _task.c.rush, _task.c.rendered_map_index,
        _task.c.first_poke_us, _task.c.began_us,
    )
    .where(_task.c.run_pk == sa.bindparam("run_pk"))
    .order_by(_task.c.position, _task.c.map_index)
)  # fmt: skip
_SOME_TASKS = _TASKS.where(_task.c.task_id.in_(sa.bindparam("tasks", expanding=True)))
_LIVE = (
    sa.select(
        _sample.c.attempt_id,
        _sample.c.cpu_percent,
        sa.select(sa.func.max(_every.c.rss))
        .where(_every.c.attempt_id == _sample.c.attempt_id)
        .scalar_subquery(),
    )
    .join(_task, _task.c.attempt_id == _sample.c.attempt_id)
    .where(
        _task.c.run_pk == sa.bindparam("run_pk"),
        _task.c.state.in_([TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING]),
        _sample.c.at_us
        == sa.select(sa.func.max(_every.c.at_us))
        .where(_every.c.attempt_id == _sample.c.attempt_id)
        .scalar_subquery(),
    )
)
"""The newest sample of each live attempt of a run."""

TASK_STATES = {state.value: state for state in TaskState}
_outcomes = decoder(Outcome)
_TASK_NAMES = [column.name for column in _TASKS.selected_columns]
_task_row = checked(_task, _TASK_NAMES, state=Literal[tuple(TASK_STATES)], rush=Rush | None)


def read_tasks(
    connection: Connection,
    run: AnyRow,
    version: StoredVersion,
    usuals: Usuals,
    held: Mapping[tuple[str, str], PauseInfo],
    task_ids: Sequence[str] | None = None,
) -> list[TaskRow]:
    """Return the task instances of a run in topological order: all of them, or those of *task_ids*.

    *held* are the holds of its DAG by run id and task (`runs.holds`).
    """
    if task_ids is None:
        rows = connection.execute(_TASKS, {"run_pk": run.id})
    else:
        rows = connection.execute(_SOME_TASKS, {"run_pk": run.id, "tasks": list(task_ids)})
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


def _live_figures(connection: Connection, run: AnyRow) -> dict[str | None, tuple[float, int]]:
    """Return CPU per cent and peak memory by live attempt; none for a run that has ended."""
    if run.state in RUN_TERMINAL:
        return {}
    rows = connection.execute(_LIVE, {"run_pk": run.id})
    return {row[0]: (row[1], row[2]) for row in rows if isinstance(row[1], float) and isinstance(row[2], int)}


def outcome_view(text: str | None) -> Outcome | None:
    """Return the outcome stored as JSON; an invalid one becomes `lost`."""
    if text is None:
        return None
    try:
        return _outcomes.decode(text)
    except (msgspec.MsgspecError, TypeError):
        return Outcome(kind=OutcomeKind.LOST, reason="its stored outcome cannot be read")


def _readable(row: AnyRow) -> Sequence[Any]:
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

"""Failures by cause, and those of one cause, as columns and cells. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from penstock.ids import instance_key
from penstock.model.places import bare, place_of
from penstock.model.states import TaskState
from penstock.model.views.failures import FailedTask, FailureGroup
from penstock.model.views.runs import RunRow, TaskRow
from penstock_tui.clean import label
from penstock_tui.target import RunTarget, TaskTarget
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("line", "error line", 30, most=200),
    Column("new", "new", 3),
    Column("count", "count", 5, align="right"),
    Column("last", "last", 11, drop=3),
    Column("first", "first", 11, drop=5),
    Column("dags", "DAGs", 8, most=16, drop=2),
    Column("note", "note", 8, most=24, drop=4),
)
FIELDS = ("dag",)
TASK_COLUMNS = (
    Column("dag", "DAG", 14, most=36),
    Column("run", "run", 16, most=40),
    Column("task", "task", 10, most=40),
    Column("new", "new", 3, drop=5),
    Column("try", "try", 3, drop=4, align="right"),
    Column("at", "failed", 11, drop=1),
    Column("state", "now", 12, drop=2),
    Column("line", "error line", 10, most=160, drop=6),
)
TASK_FIELDS = ("dag", "state", "task")


def cells(group: FailureGroup, now: datetime, zone: tzinfo, *, open_ones: bool) -> tuple[Spans, ...]:
    """Return the cells of one group, in the order of COLUMNS; *open_ones*: only those are counted."""
    style = "red" if group.open else "bright_black"
    count = f"{group.count}" if open_ones or group.open == group.count else f"{group.open}/{group.count}"
    return (
        [(label(group.line), style)],
        [("new", "bold yellow")] if group.new else [],
        [(count, "")],
        [(durations.past(group.last, now, zone), "")],
        [(durations.past(group.first, now, zone), "bright_black")],
        [(label(", ".join(map(bare, group.dags))), "")],
        [(label(note(group, now, zone)), "blue")],
    )


def note(group: FailureGroup, now: datetime, zone: tzinfo) -> str:
    """Return what was said about a group, and whether it happened again."""
    notes = []
    if group.acknowledged is not None:
        said = group.acknowledged
        again = "again since " if group.open else ""
        why = f": {said.why}" if said.why else ""
        notes.append(f"{again}acknowledged by {said.by}, {durations.past(said.at, now, zone)}{why}")
    if group.snoozed is not None and group.snoozed.until is not None and group.snoozed.until > now:
        why = f": {group.snoozed.why}" if group.snoozed.why else ""
        until = durations.coming(group.snoozed.until, now, zone)
        notes.append(f"snoozed by {group.snoozed.by}, ends {until}{why}")
    return "; ".join(notes)


def seen(group: FailureGroup) -> dict[str, list[str]]:
    """Return the fields of a group that the filter looks at."""
    dags = [name for dag_id in group.dags for name in {dag_id, bare(dag_id)}]
    return {
        "dag": dags,
        "host": [place_of(group.fingerprint)],
        "text": [group.line, group.fingerprint, *group.dags],
    }


def task_key(task: FailedTask) -> str:
    """Return what names one failure on the screen."""
    name = instance_key(task.task_id, task.map_index)
    return f"{task.dag_id}/{task.run_id}/{name}#{task.try_number}" + (
        "" if name else f"@{task.at.isoformat()}"
    )


def task_cells(task: FailedTask, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one failure, in the order of TASK_COLUMNS."""
    run = durations.stamp(task.logical_date, zone) if task.logical_date else task.run_id
    return (
        [(label(task.dag_id), "")],
        [(label(run), "")],
        [(label(instance_key(task.task_id, task.map_index)) or "(the run)", "")],
        [("new", "bold yellow")] if task.new else [],
        [(str(task.try_number), "bright_black")],
        [(durations.past(task.at, now, zone), "")],
        [looks.worded(task.state.value)],
        [(label(task.line), "red" if task.open else "bright_black")],
    )


def task_seen(task: FailedTask) -> dict[str, list[str]]:
    """Return the fields of one failure that the filter looks at."""
    return {
        "dag": [task.dag_id],
        "state": [task.state.value],
        "task": [task.task_id],
        "text": [task.dag_id, task.run_id, task.task_id, task.line],
    }


def targets_of(tasks: Iterable[FailedTask], *, marked: bool) -> tuple[TaskTarget | RunTarget, ...]:
    """Return the task instances that failed, by run, as far as an act has to know them.

    Where a run failed without a task that did, it is the run.
    """
    by_run: dict[tuple[str, str], list[FailedTask]] = {}
    for task in tasks:
        by_run.setdefault((task.dag_id, task.run_id), []).append(task)
    return tuple(
        RunTarget(run=_run(found[0]), marked=marked)
        if any(not task.task_id for task in found)
        else TaskTarget(run=_run(found[0]), tasks=_tasks(found), marked=marked)
        for found in by_run.values()
    )


def _tasks(found: Sequence[FailedTask]) -> tuple[TaskRow, ...]:
    """Return each task instance once, however often it failed."""
    once = {(task.task_id, task.map_index): task for task in reversed(found)}
    return tuple(
        TaskRow(
            task_id=task.task_id,
            map_index=task.map_index,
            state=task.state,
            try_number=task.try_number,
            max_tries=task.try_number,
            operator="",
            attempts=1,
            attempt_id=task.attempt_id,
            mapped=task.map_index >= 0,
        )
        for task in once.values()
    )


def _run(task: FailedTask) -> RunRow:
    return RunRow(
        dag_id=task.dag_id,
        run_id=task.run_id,
        run_type=task.run_type,
        state=task.run_state,
        logical_date=task.logical_date,
        data_interval_start=None,
        data_interval_end=None,
        run_after=task.run_after,
        start=None,
        end=None,
        counts={TaskState.FAILED.value: 1},
        dag_version=task.dag_version,
    )

"""Breakpoints: go on from one at once, or ask where to stop."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.views.runs import TaskRow
from penstock_tui.dialogs.breakpoint import BreakpointDialog, going_on
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget, run_of
from penstock_tui.verbs.at_once import commit_at_once
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.view.task_rows import key_of, run_name


async def breakpoint(shell: Shell, targets: Sequence[Target]) -> None:  # noqa: A001
    """Let a run go on if the cursor is on what has stopped; otherwise ask where to stop."""
    target = targets[0]
    if not isinstance(target, DagTarget | RunTarget | TaskTarget):
        return
    run = run_of(target)
    held = None if run is None else run.held
    stopped = None if held is None else held.breakpoint
    tasks = tuple(key_of(task) for task in target.tasks) if isinstance(target, TaskTarget) else ()
    here = [f"before {key_of(task)}" for task in _tasks(target) if task.held and task.held.breakpoint]
    if stopped is not None and not here:
        _, _, place = stopped.partition(" ")
        known = {name for task in _tasks(target) for name in (key_of(task), task.task_id)}
        here = [stopped] if not isinstance(target, TaskTarget) or place in known else []
    if run is not None and here:
        await commit_at_once(shell, [going_on(run.dag_id, run.run_id, place) for place in here])
        return
    run_id = None if run is None or isinstance(target, DagTarget) else run.run_id
    place = target.dag_id
    if run is not None and run_id is not None:
        place = f"{place} {run_name(run, await zone_of(shell, target))}"
    await shell.push_screen_wait(BreakpointDialog(target.dag_id, run_id, tasks, place=place, stopped=stopped))


def _tasks(target: Target) -> tuple[TaskRow, ...]:
    return target.tasks if isinstance(target, TaskTarget) else ()

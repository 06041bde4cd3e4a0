"""Inside a task: everything that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.screens.task import TaskScreen
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget


async def inside(shell: Shell, targets: Sequence[Target]) -> None:
    """Show the task from inside."""
    target = targets[0]
    if isinstance(target, TaskTarget):
        task = target.tasks[0]
        await shell.push_screen(TaskScreen(target.dag_id, target.run.run_id, task.task_id, task.map_index))

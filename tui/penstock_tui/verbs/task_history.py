"""How a task went in its last runs."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.screens.history import HistoryScreen
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget


async def task_history(shell: Shell, targets: Sequence[Target]) -> None:
    """Show the history of the task; of one instance of a mapped task its own."""
    target = targets[0]
    if isinstance(target, TaskTarget):
        task = target.tasks[0]
        if len({each.task_id for each in target.tasks}) > 1:
            shell.say("several tasks in one row: enter opens it")
            return
        several = len(target.tasks) > 1
        index = None if several else task.map_index
        await shell.push_screen(HistoryScreen(target.dag_id, task.task_id, index, target.run.run_id))

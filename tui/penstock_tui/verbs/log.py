"""The log of a task, or the one that matters most in a run."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget, run_of


async def log(shell: Shell, targets: Sequence[Target]) -> None:
    """Show the log of the task; for a run, of its first failure, else of a running task, else the last."""
    target = targets[0]
    run = run_of(target)
    if isinstance(target, TaskTarget):
        task = target.tasks[0]
        shell.open_log(target.dag_id, target.run.run_id, task.task_id, task.map_index)
    elif run is not None:
        shell.open_log_of(run.dag_id, run.run_id)

"""Jump the queue: let tasks or queued runs go before the others, or past the limits."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.rush import RushDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget, run_of
from penstock_tui.view.task_rows import key_of


async def rush(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask whether they go next or now."""
    places: list[tuple[str, str, str | None]] = []
    for target in targets:
        run = run_of(target)
        if run is not None:
            names = [key_of(task) for task in target.tasks] if isinstance(target, TaskTarget) else [None]
            places += [(run.dag_id, run.run_id, name) for name in names]
    await shell.push_screen_wait(RushDialog(places, rushed=sum(map(_rushed, targets))))


def _rushed(target: Target) -> int:
    """Return how many of its tasks, or whether the run, are to go first already."""
    if isinstance(target, TaskTarget):
        return sum(task.rush is not None for task in target.tasks)
    run = run_of(target)
    return run is not None and run.rush is not None

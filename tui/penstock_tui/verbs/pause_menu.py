"""All four pauses of a DAG, a run or tasks, each with why and until."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.pause import PauseDialog
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget


async def pause_menu(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask which pause, why and until when."""
    target = targets[0]
    if not isinstance(target, DagTarget | RunTarget | TaskTarget):
        return
    detail = await shell.feed.dag(target.dag_id)
    if detail is not None:
        await shell.push_screen_wait(PauseDialog(target, detail.dag))

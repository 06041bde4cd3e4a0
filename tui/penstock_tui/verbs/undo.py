"""Undo the newest clear, retry or mark."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.undo import UndoDialog
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, Target, run_of
from penstock_tui.verbs.dag_zone import zone_of


async def undo(shell: Shell, targets: Sequence[Target]) -> None:
    """Offer to undo the newest act that changed the run, or of the DAG where one is chosen."""
    target = targets[0]
    if isinstance(target, DagTarget):
        await shell.push_screen_wait(UndoDialog(target.dag_id))
        return
    run = run_of(target)
    if run is not None:
        await shell.push_screen_wait(UndoDialog(run.dag_id, run, await zone_of(shell, target)))

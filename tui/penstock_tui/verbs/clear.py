"""Clear: run tasks again, with scopes."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.clear import ClearDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget, run_of
from penstock_tui.verbs.dag_zone import zone_of


async def clear(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the scopes, of tasks of one run or several."""
    parts = [
        (run, target.tasks if isinstance(target, TaskTarget) else ())
        for target in targets
        if (run := run_of(target)) is not None
    ]
    if parts:
        await shell.push_screen_wait(ClearDialog(parts, await zone_of(shell, targets[0])))

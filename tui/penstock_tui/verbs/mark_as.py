"""Mark: set success, failed or skipped by hand."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.mark import MarkDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget
from penstock_tui.verbs.dag_zone import zone_of


async def mark_as(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the state and the scopes."""
    parts = [(target.run, target.tasks) for target in targets if isinstance(target, TaskTarget)]
    if parts:
        await shell.push_screen_wait(MarkDialog(parts, await zone_of(shell, targets[0])))

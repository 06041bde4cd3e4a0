"""Changes pools, and takes a change of one back."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.resize_pool import ResizePoolDialog
from penstock_tui.dialogs.undo import UndoDialog
from penstock_tui.shell import Shell
from penstock_tui.target import PoolTarget, Target


async def resize(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the number of slots of the pool."""
    target = targets[0]
    if isinstance(target, PoolTarget):
        await shell.push_screen_wait(ResizePoolDialog(target.pool))


async def undo(shell: Shell, _targets: Sequence[Target]) -> None:
    """Offer to undo the newest change of a pool."""
    await shell.push_screen_wait(UndoDialog(""))

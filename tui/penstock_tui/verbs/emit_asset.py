"""Records by hand that an asset has changed."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.emit_asset import EmitAssetDialog
from penstock_tui.shell import Shell
from penstock_tui.target import AssetTarget, Target


async def emit_asset(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the details, and show which DAGs wait for it."""
    target = targets[0]
    if isinstance(target, AssetTarget):
        await shell.push_screen_wait(EmitAssetDialog(target.asset))

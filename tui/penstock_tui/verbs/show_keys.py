"""The sheet of the keys of the view in front."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.help import help_sheet
from penstock_tui.screens.view import View
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def show_keys(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show what each key does here."""
    view = shell.screen
    if isinstance(view, View):
        cells = min(98, shell.size.width - 6)
        shell.push_screen(help_sheet(view.view, shell.keys, shell.looks, cells, read_only=shell.read_only))

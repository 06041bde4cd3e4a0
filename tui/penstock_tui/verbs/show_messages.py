"""Every message of this session in full."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.message_history import message_history
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def show_messages(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show the messages, the newest at the end."""
    shell.push_screen(message_history(shell.notes.history, min(100, shell.size.width - 6)))

"""Pause all DAGs for maintenance; the same key resumes exactly what that stopped."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.errors import PenstockError
from penstock.model.acts import ResumeAll
from penstock_tui.dialogs.confirm import Ask
from penstock_tui.dialogs.pause_all import PauseAllDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def pause_all(shell: Shell, _targets: Sequence[Target]) -> None:
    """Resume what a pause of all stopped, if there is one; else ask why and until when, and pause all."""
    try:
        plan = await shell.feed.plan(ResumeAll())
    except PenstockError as error:
        shell.say(error.message, "error")
        return
    if plan.items:
        await shell.push_screen_wait(Ask("Resume what the pause of all stopped", [ResumeAll()]))
    else:
        await shell.push_screen_wait(PauseAllDialog())

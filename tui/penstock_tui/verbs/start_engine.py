"""Start an engine when none runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from penstock.errors import PenstockError
from penstock_tui.dialogs.start import StartDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def start_engine(shell: Shell, _targets: Sequence[Target]) -> None:
    """Ask, start an engine, and show what it printed."""
    if shell.start_engine is None or not await shell.push_screen_wait(StartDialog(shell.feed.age())):
        return
    shell.say("starting an engine: penstock up -d")
    try:
        answer = await asyncio.get_running_loop().run_in_executor(None, shell.start_engine)
    except PenstockError as error:
        shell.say(error.message, "error")
    else:
        shell.feed.look_now()
        shell.say(answer or "the engine was started")

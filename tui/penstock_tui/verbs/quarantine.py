"""Quarantine: take back in what the engine put aside, or drop it for good."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.quarantine import QuarantineDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, quarantined_in
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.verbs.wording import words_of


async def quarantine(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask which of the two, and show what it would do."""
    found = dict(each for each in map(quarantined_in, targets) if each is not None)
    if len(found) == 1:
        words = words_of(targets[:1], await zone_of(shell, targets[0]))
    else:
        words = f"{len(found)} things"
    await shell.push_screen_wait(QuarantineDialog(f"In quarantine: {words}", found))

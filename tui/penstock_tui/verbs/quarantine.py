"""Quarantine: take back in what the engine put aside, or drop it for good."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.quarantine import QuarantineDialog
from penstock_tui.shell import Shell
from penstock_tui.target import RunTarget, Target, TaskTarget, quarantined_in, run_of
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.verbs.wording import words_of


async def quarantine(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask which of the two, and show what it would do."""
    found = dict(each for each in map(quarantined_in, targets) if each is not None)
    if len(found) == 1:
        target, run = targets[0], run_of(targets[0])
        if run is not None and isinstance(target, TaskTarget):  # it is the run that was put aside
            target = RunTarget(run=run)
        words = words_of((target,), await zone_of(shell, target))
    else:
        words = f"{len(found)} things"
    await shell.push_screen_wait(QuarantineDialog(f"In quarantine: {words}", found))

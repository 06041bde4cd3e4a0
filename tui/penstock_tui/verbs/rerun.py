"""Re-run: a new run that repeats one."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.rerun import RerunDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, run_of


async def rerun(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the parameters of the new run."""
    run = run_of(targets[0])
    if run is None:
        return
    detail = await shell.feed.dag(run.dag_id)
    if detail is not None:
        await shell.push_screen_wait(RerunDialog(detail, run))

"""Goes to the failure that was announced: its log, or Triage if there are several."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.screens.failures import FailuresScreen
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def announced(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show what failed elsewhere; it is seen then."""
    fresh = shell.attendance.take()
    shell.flash()
    if not fresh:
        shell.say("nothing has failed elsewhere since you looked")
    elif len(fresh) == 1 and fresh[0].task_id:
        shell.open_log(fresh[0].dag_id, fresh[0].run_id, fresh[0].task_id, fresh[0].map_index)
    elif len(fresh) == 1:
        shell.open_run(fresh[0].dag_id, fresh[0].run_id)
    else:
        await shell.push_screen(FailuresScreen())

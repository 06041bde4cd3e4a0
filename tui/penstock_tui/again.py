"""Second thoughts: taking an act back, repeating a run with other parameters, letting something go first."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ids import instance_key
from penstock.model import acts
from penstock_tui.shell import Shell
from penstock_tui.target import Target


async def undo(shell: Shell, targets: Sequence[Target]) -> None:
    """Offer to take back the newest clear, retry or mark of the run, or of the DAG in its list."""
    from penstock_tui.dialogs.confirm import Confirm

    target = targets[0]
    run_id = None if target.kind == "dag" else target.run_id
    act = acts.Undo(dag_id=target.dag_id, run_id=run_id)
    await shell.push_screen_wait(Confirm(f"Take back, in {run_id or target.dag_id}", [act]))


async def rerun(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the parameters of a run that repeats the chosen one."""
    from penstock_tui.dialogs.rerun import RerunDialog

    target = targets[0]
    detail = await shell.feed.ask(lambda engine: engine.dag(target.dag_id))
    if detail is not None and target.run is not None:
        await shell.push_screen_wait(RerunDialog(detail, target.run))


async def rush(shell: Shell, targets: Sequence[Target]) -> None:
    """Let tasks or queued runs go before the others, or past the limits."""
    from penstock_tui.dialogs.rush import RushDialog

    places: list[tuple[str, str, str | None]] = []
    for target in targets:
        run_id = target.run_id or ""
        names = [instance_key(task.task_id, task.map_index) for task in target.tasks]
        places += [(target.dag_id, run_id, name) for name in names] or [(target.dag_id, run_id, None)]
    await shell.push_screen_wait(RushDialog(places))

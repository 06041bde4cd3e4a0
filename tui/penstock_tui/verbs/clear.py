"""Clear: run tasks again, with scopes."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock_tui.dialogs.clear import ClearDialog
from penstock_tui.dialogs.confirm import Confirm
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget, run_of
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.verbs.wording import words_of
from penstock_tui.view.task_rows import key_of


async def clear(shell: Shell, targets: Sequence[Target]) -> None:
    """Ask for the scopes of one run's tasks, or show what clearing tasks of several changes."""
    runs = [run for target in targets if (run := run_of(target)) is not None]
    if len(runs) == 1:
        target = targets[0]
        tasks = target.tasks if isinstance(target, TaskTarget) else ()
        await shell.push_screen_wait(ClearDialog(runs[0], tasks, await zone_of(shell, target)))
        return
    chosen: list[AnyAct] = [act for target in targets if (act := _act(target)) is not None]
    await shell.push_screen_wait(Confirm(f"Clear {words_of(targets)}", chosen))


def _act(target: Target) -> AnyAct | None:
    run = run_of(target)
    if run is None:
        return None
    tasks = tuple(key_of(task) for task in target.tasks) if isinstance(target, TaskTarget) else ()
    return acts.Clear(dag_id=run.dag_id, run_id=run.run_id, tasks=tasks)

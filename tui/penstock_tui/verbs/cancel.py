"""Cancel: end a run, a task or a backfill; its processes are stopped."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock.model.states import TERMINAL
from penstock_tui.dialogs.confirm import Confirm
from penstock_tui.shell import Shell
from penstock_tui.target import BackfillTarget, Target, TaskTarget, run_of
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.verbs.wording import words_of
from penstock_tui.view.tally import done_of
from penstock_tui.view.task_rows import key_of


async def cancel(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what would end."""
    chosen = [act for target in targets for act in _acts(target)]
    keep = "Keep them running" if len(targets) > 1 else "Keep running"
    await shell.push_screen_wait(
        Confirm(f"Cancel {words_of(targets, await zone_of(shell, targets[0]))}", chosen, keep)
    )


def _acts(target: Target) -> list[AnyAct]:
    if isinstance(target, BackfillTarget):
        return [acts.CancelBackfill(backfill_id=target.backfill.backfill_id)]
    if isinstance(target, TaskTarget) and not _all_that_lives(target):
        run = target.run
        return [
            acts.Cancel(dag_id=run.dag_id, run_id=run.run_id, task_id=key_of(task))
            for task in target.tasks
            if task.state not in TERMINAL
        ]
    meant = run_of(target)
    return [acts.Cancel(dag_id=meant.dag_id, run_id=meant.run_id)] if meant is not None else []


def _all_that_lives(target: TaskTarget) -> bool:
    """Return whether the chosen tasks are all that is unfinished in the run: then the run is cancelled."""
    alive = sum(task.state not in TERMINAL for task in target.tasks)
    done, total = done_of(target.run.counts)
    return len(target.tasks) > 1 and alive >= total - done > 0

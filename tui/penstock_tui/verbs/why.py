"""Why is it not running: every barrier with its holder."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui import actions
from penstock_tui.dialogs.why import failed_callback_lines, pause_lines, why_sheet
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget, quarantined_in, run_of
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.view.task_rows import run_name


async def why(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what holds the task, the run or the DAG that has none yet, and the run's failed callbacks."""
    target, cells = targets[0], min(96, shell.size.width - 10)
    if not isinstance(target, DagTarget | RunTarget | TaskTarget):
        return
    dag_id, run = target.dag_id, run_of(target)
    run_id = run.run_id if run is not None else None
    task_id, index = None, -1
    if isinstance(target, TaskTarget):
        task_id, index = target.tasks[0].task_id, target.tasks[0].map_index
    answer = await shell.feed.ask(lambda engine: engine.why(dag_id, run_id, task_id, index))
    callbacks = None
    if run_id is not None:
        callbacks = await shell.feed.ask(lambda engine: engine.callbacks(dag_id, run_id))
    if answer is not None:
        head = pause_lines(target.dag, cells) if target.dag is not None and run_id is not None else []
        tail = failed_callback_lines(callbacks or [], cells)
        way_out = actions.BY_ID["quarantine"]
        if quarantined_in(target) is not None and shell.offers(way_out):
            key = actions.key_names(way_out, shell.keys)
            tail = [*tail, [], [(f"{key} takes it back in, or drops it", "yellow")]]
        subject = answer.subject
        if run is not None and subject == run.run_id:
            subject = run_name(run, await zone_of(shell, target))
        sheet = why_sheet(
            answer, f"{dag_id} {subject}", shell.now(), shell.zone, shell.looks, cells, head=head, tail=tail
        )
        shell.push_screen(sheet)

"""Why is it not running: every barrier with its holder."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.dialogs.why import failed_callback_lines, pause_lines, why_sheet
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, RunTarget, Target, run_of


async def why(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what holds the run, or the DAG that has none yet, and which of the run's callbacks failed."""
    target, cells = targets[0], min(96, shell.size.width - 10)
    if not isinstance(target, DagTarget | RunTarget):
        return
    dag_id, run = target.dag_id, run_of(target)
    run_id = run.run_id if run is not None else None
    answer = await shell.feed.ask(lambda engine: engine.why(dag_id, run_id))
    callbacks = None
    if run_id is not None:
        callbacks = await shell.feed.ask(lambda engine: engine.callbacks(dag_id, run_id))
    if answer is not None:
        head = pause_lines(target.dag, cells) if target.dag is not None and run_id is not None else []
        tail = failed_callback_lines(callbacks or [], cells)
        title = f"{dag_id} {answer.subject}"
        sheet = why_sheet(answer, title, shell.now(), shell.zone, shell.looks, cells, head=head, tail=tail)
        shell.push_screen(sheet)

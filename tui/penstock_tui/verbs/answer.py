"""Answers: what the tasks under the cursor ask, or everything that waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.views.questions import QuestionRow
from penstock_tui.dialogs.answer import AnswerDialog
from penstock_tui.dialogs.questions import QuestionsDialog
from penstock_tui.shell import Shell
from penstock_tui.target import DagTarget, RunTarget, Target, TaskTarget


async def answer(shell: Shell, targets: Sequence[Target]) -> None:
    """Answer what is asked in the task, the run or the DAG under the cursor; of several ask which."""
    target = targets[0] if targets else None
    if not isinstance(target, DagTarget | RunTarget | TaskTarget):
        await everything(shell)
        return
    dag_id = target.dag_id
    run_id = None if isinstance(target, DagTarget) else target.run.run_id
    rows = await shell.feed.ask(lambda engine: engine.questions(dag_id, run_id))
    if rows is None:
        return
    if isinstance(target, TaskTarget):
        keys = {(task.task_id, task.map_index) for task in target.tasks}
        rows = [row for row in rows if (row.task_id, row.map_index) in keys] or rows
    await _choose(shell, rows, f"What {run_id or dag_id} asks")


async def everything(shell: Shell, targets: Sequence[Target] = ()) -> None:
    """Show everything that waits for an answer, and answer what is chosen."""
    del targets
    rows = await shell.feed.ask(lambda engine: engine.questions())
    if rows is not None:
        await _choose(shell, rows, "What waits for an answer", ask=True)


async def _choose(shell: Shell, rows: Sequence[QuestionRow], title: str, *, ask: bool = False) -> None:
    if not rows:
        shell.say("nothing waits for an answer" if ask else "nothing waits for an answer here")
        return
    chosen: QuestionRow | None = rows[0]
    if ask or len(rows) > 1:
        chosen = await shell.push_screen_wait(QuestionsDialog(title, rows))
    if chosen is not None:
        await shell.push_screen_wait(AnswerDialog(chosen))

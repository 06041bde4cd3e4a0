"""Retry: run again what failed and what it blocked."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import acts
from penstock.model.states import TaskState
from penstock_tui.dialogs.retry import RetryDialog
from penstock_tui.shell import Shell
from penstock_tui.target import Target, TaskTarget, run_of
from penstock_tui.verbs.dag_zone import zone_of
from penstock_tui.verbs.wording import words_of
from penstock_tui.view.task_rows import key_of

_FAILED = frozenset({TaskState.FAILED, TaskState.CANCELLED})


async def retry(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what would run again, on the run's own version of the DAG or on the newest."""
    chosen: list[acts.Retry] = []
    behind = 0
    newest: dict[str, str | None] = {}
    for target in targets:
        run = run_of(target)
        if run is None:
            continue
        chosen.append(acts.Retry(dag_id=run.dag_id, run_id=run.run_id, tasks=_failed(target)))
        if run.dag_id not in newest:
            newest[run.dag_id] = await _version(shell, run.dag_id)
        behind += newest[run.dag_id] not in {None, run.dag_version}
    if len(chosen) > 1:  # the plan has what was blocked too, and the button says how many tasks that is
        title = f"Retry what failed in {len(chosen)} runs"
    else:
        title = f"Retry {words_of(targets, await zone_of(shell, targets[0]), tasks=chosen[0].tasks)}"
    await shell.push_screen_wait(RetryDialog(title, chosen, behind))


def _failed(target: Target) -> tuple[str, ...]:
    """Return the marked failed or blocked tasks, or what failed under the cursor; none: the whole run."""
    if not isinstance(target, TaskTarget):
        return ()
    wanted = _FAILED | {TaskState.UPSTREAM_FAILED} if target.marked else _FAILED
    return tuple(key_of(task) for task in target.tasks if task.state in wanted)


async def _version(shell: Shell, dag_id: str) -> str | None:
    """Return the newest version of the DAG, None when it is not known."""
    detail = await shell.feed.dag(dag_id)
    return detail.version if detail is not None else None

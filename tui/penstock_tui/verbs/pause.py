"""Pause: the schedule of a DAG, a run, marked tasks, a backfill; the same key lifts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from penstock.errors import PenstockError
from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock.model.backfills import BackfillState
from penstock.model.states import TERMINAL
from penstock_tui.dialogs.confirm import Ask
from penstock_tui.dialogs.pause_many import PauseManyDialog
from penstock_tui.shell import Shell
from penstock_tui.target import BackfillTarget, DagTarget, OfNoDag, RunTarget, Target, TaskTarget
from penstock_tui.verbs.at_once import commit_at_once
from penstock_tui.view.pauses import is_hold
from penstock_tui.view.task_rows import key_of


class _Pausable(NamedTuple):
    """One thing that can be paused, and the two acts for it."""

    paused: bool
    pause: AnyAct
    lift: AnyAct


async def pause(shell: Shell, targets: Sequence[Target]) -> None:
    """Pause or resume at once: the same key undoes it. Ask first if there are several things.

    Several get the same verb, which is asked for: pause those that are not paused, or resume those that are.
    """
    things = [thing for target in targets for thing in _pausable(target)]
    if not things:
        return
    if len(things) > 1:
        pause, lift = (
            [each.pause for each in things if not each.paused],
            [each.lift for each in things if each.paused],
        )
        await shell.push_screen_wait(PauseManyDialog(f"{len(things)} {_noun(targets)}", pause, lift))
        return
    [thing] = things
    act = thing.lift if thing.paused else thing.pause
    if thing.paused and await _starts_runs(shell, act):
        await shell.push_screen_wait(Ask(f"Resume {_of(targets[0])}", [act], "Keep it paused"))
    else:
        await commit_at_once(shell, [act])


def _of(target: Target) -> str:
    return "it" if isinstance(target, OfNoDag) else target.dag_id


def _noun(targets: Sequence[Target]) -> str:
    nouns = {target.noun for target in targets}
    return f"{nouns.pop()}s" if len(nouns) == 1 else "things"


async def _starts_runs(shell: Shell, act: AnyAct) -> bool:
    """Whether lifting a pause starts something, which the same key would not take back."""
    if not isinstance(act, acts.UnpauseSchedule):
        return False
    try:
        return bool((await shell.feed.plan(act)).notes)
    except PenstockError:
        return False  # committing it says what is wrong


def _pausable(target: Target) -> list[_Pausable]:
    match target:
        case BackfillTarget():
            number, paused = target.backfill.backfill_id, target.backfill.state is BackfillState.PAUSED
            resume = acts.ResumeBackfill(backfill_id=number)
            return [_Pausable(paused, acts.PauseBackfill(backfill_id=number), resume)]
        case DagTarget():
            dag_id, paused = target.dag_id, target.dag is not None and target.dag.paused is not None
            unpause = acts.UnpauseSchedule(dag_id=dag_id)
            return [_Pausable(paused, acts.PauseSchedule(dag_id=dag_id), unpause)]
        case TaskTarget(marked=True):
            return [
                _holdable(target, key_of(task), held=is_hold(task.held))
                for task in target.tasks
                if task.state not in TERMINAL
            ]
        case RunTarget() | TaskTarget():
            return [_holdable(target, None, held=is_hold(target.run.held))]
    return []


def _holdable(target: RunTarget | TaskTarget, task: str | None, *, held: bool) -> _Pausable:
    run = target.run
    hold = acts.Hold(dag_id=run.dag_id, run_id=run.run_id, task_id=task)
    return _Pausable(held, hold, acts.Release(dag_id=run.dag_id, run_id=run.run_id, task_id=task))

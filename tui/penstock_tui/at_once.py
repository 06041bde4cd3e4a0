"""What is done at once, because the same key undoes it: pauses, and how many runs a backfill has at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from penstock.errors import PenstockError
from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock.model.states import TERMINAL
from penstock_tui.clean import label
from penstock_tui.shell import Shell
from penstock_tui.target import Target
from penstock_tui.view.task_rows import key_of


async def pause(shell: Shell, targets: Sequence[Target]) -> None:
    """Pause or lift at once: it harms nothing and the same key undoes it. Many things are asked first.

    All of them get one and the same verb: what is not paused is paused; only when all are, all go on.
    """
    things = [thing for target in targets for thing in _pausable(target)]
    lift = all(thing.paused for thing in things)
    chosen = [thing.lift if lift else thing.pause for thing in things if thing.paused is lift]
    if len(things) == 1:
        await _at_once(shell, chosen)
        return
    from penstock_tui.dialogs.confirm import Ask

    of = "" if len(chosen) == len(things) else f" of {len(things)} (the others are paused already)"
    verb = "Resume" if lift else "Pause"
    await shell.push_screen_wait(Ask(f"{verb} {len(chosen)}{of}", chosen))


class _Pausable(NamedTuple):
    """One thing that can be paused, and the two acts for it."""

    paused: bool
    pause: AnyAct
    lift: AnyAct


def _pausable(target: Target) -> list[_Pausable]:
    dag_id, run_id = target.dag_id, target.run_id or ""
    if target.backfill is not None:
        number, paused = target.backfill.backfill_id, target.backfill.state == "paused"
        lift = acts.ResumeBackfill(backfill_id=number)
        return [_Pausable(paused, acts.PauseBackfill(backfill_id=number), lift)]
    if target.kind == "dag":
        paused = target.dag is not None and target.dag.paused is not None
        return [_Pausable(paused, acts.PauseSchedule(dag_id=dag_id), acts.UnpauseSchedule(dag_id=dag_id))]
    if target.kind == "task" and target.marked:
        return [
            _Pausable(
                task.held is not None,
                acts.Hold(dag_id=dag_id, run_id=run_id, task_id=key_of(task)),
                acts.Release(dag_id=dag_id, run_id=run_id, task_id=key_of(task)),
            )
            for task in target.tasks
            if task.state not in TERMINAL
        ]
    held = target.run is not None and target.run.held is not None
    hold, release = acts.Hold(dag_id=dag_id, run_id=run_id), acts.Release(dag_id=dag_id, run_id=run_id)
    return [_Pausable(held, hold, release)]


async def pause_menu(shell: Shell, targets: Sequence[Target]) -> None:
    """Open the dialog of all four pauses."""
    from penstock_tui.dialogs.pause import PauseDialog

    target = targets[0]
    here = "task" if target.tasks else "run" if target.kind != "dag" else "dag"
    if target.dag is None and target.dag_id:
        detail = await shell.feed.ask(lambda engine: engine.dag(target.dag_id))
        if detail is None:
            return
        target = replace(target, dag=detail.dag)
    await shell.push_screen_wait(PauseDialog(target, here))


async def more(shell: Shell, targets: Sequence[Target]) -> None:
    """Let one more run of the backfill go at once."""
    await _resize(shell, targets, 1)


async def fewer(shell: Shell, targets: Sequence[Target]) -> None:
    """Let one run fewer of the backfill go at once."""
    await _resize(shell, targets, -1)


async def _resize(shell: Shell, targets: Sequence[Target], step: int) -> None:
    backfill = targets[0].backfill
    if backfill is None:
        return
    wanted = backfill.max_active_runs + step
    if wanted < 1:
        shell.say("one run at once is the least; p pauses it")
        return
    await _at_once(shell, [acts.ResizeBackfill(backfill_id=backfill.backfill_id, max_active_runs=wanted)])


async def _at_once(shell: Shell, chosen: Sequence[AnyAct]) -> None:
    """Plan and commit without a dialog, and say what was done."""
    for act in chosen:
        try:
            plan = await shell.feed.call(lambda engine, act=act: engine.plan(act))  # type: ignore[misc]
            done = await shell.feed.commit(act, expect=plan.fingerprint, act_id=uuid.uuid4().hex)
        except PenstockError as error:
            shell.say(error.message, "error")
            return
        twin = f"   $ {label(plan.cli)}" if plan.cli else ""
        shell.say(done.message + twin)

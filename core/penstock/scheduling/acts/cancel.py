"""Cancel: end a run or a task for good. Processes really die, and the state sticks."""

from __future__ import annotations

from penstock.errors import EndedError
from penstock.model.acts import Cancel
from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL, TERMINAL
from penstock.model.transitions import RunEvent
from penstock.model.views.plans import Done
from penstock.scheduling.acts.planned import amount, counted, make_plan, task_item
from penstock.scheduling.acts.scope import chosen_tasks
from penstock.scheduling.moves.cancel import cancel
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.teardown import to_be_ended
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World


def plan_cancel(world: World, act: Cancel) -> Planned:
    """Plan to end a run, or one task instance of it. Teardowns of finished setups still run.

    Raises `UnknownError` for what does not exist and `EndedError` for what has ended.
    """
    live = world.run(act.dag_id, act.run_id)
    notes: list[str] = []
    settled = None
    if act.task_id is None:
        if live.record.state in RUN_TERMINAL:
            raise EndedError(f"run {act.run_id} has already ended: {live.record.state}")
        unfinished = [task for task in live.tasks.values() if task.state not in TERMINAL]
        again = live.record.intent == RunEvent.CANCEL.value
        gently = to_be_ended(live)
        tasks = unfinished if again else gently
        if len(unfinished) > len(gently):
            kept = f"{amount(len(unfinished) - len(gently), 'teardown')} still to run"
            once_more = f"{kept}; cancel once more to leave them out"
            if again:
                message = f"the run is being cancelled already, {once_more}"
                settled = Done(act="cancel", message=message, touched=0, run_id=act.run_id)
            else:
                notes.append(once_more)
    else:
        named = chosen_tasks(live, [act.task_id])
        tasks = [task for task in named if task.state not in TERMINAL]
        if not tasks:
            raise EndedError(
                f"task {act.task_id} has already ended: {named[0].state if named else 'removed'}"
            )
    items = [
        task_item(live, task, "cancelled", "is killed" if task.state in OCCUPIES_SLOT else None)
        for task in tasks
    ]
    title = counted("Cancel", len(tasks), "task")
    if act.task_id is None:
        title = f"Cancel run, {amount(len(items), 'task')}"
    cli = ["cancel", act.dag_id, act.run_id, *([act.task_id] if act.task_id else [])]
    seen = ["without teardowns"] if settled else []
    plan = make_plan("cancel", title, items, means=act, seen=seen, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        killed = cancel(tick, live, tasks, whole=act.task_id is None)
        what = "the run" if act.task_id is None else act.task_id
        left = [f"{killed} still to be killed"] if killed else []
        left += [f"{amount(len(live.ending), 'task')} still to be ended"] if live.ending else []
        message = f"{what} is being cancelled, {', '.join(left)}" if left else f"{what} was cancelled"
        return Done(act="cancel", message=message, touched=len(tasks), run_id=act.run_id)

    return Planned(plan, commit, settled)

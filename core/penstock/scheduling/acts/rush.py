"""Run next and run now: a task instance or queued run goes before the others, or past the limits."""

from __future__ import annotations

from penstock.errors import RefusedError
from penstock.model.acts import RunNext, RunNow
from penstock.model.rush import Rush
from penstock.model.states import OCCUPIES_SLOT, TERMINAL, TIMED, RunState, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.acts.scope import instance
from penstock.scheduling.moves.task import move
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord

RushAct = RunNext | RunNow

_MEANS = {
    Rush.NEXT: "goes before the others as soon as there is a slot",
    Rush.NOW: "does not wait for a slot: it ignores limits, but not dependencies and pauses",
}


def plan_rush(world: World, act: RushAct) -> Planned:
    """Plan to run something next or now; refuse it if it does not wait."""
    live = world.run(act.dag_id, act.run_id)
    rush = Rush.NOW if isinstance(act, RunNow) else Rush.NEXT
    verb = f"Run {rush}"
    if act.task_id is None:
        return _plan_run(live, act, rush, verb)
    task = instance(live, act.task_id)
    if task.state in TERMINAL:
        raise RefusedError(
            f"{act.task_id} has ended: {task.state}. Run it again with: "
            f"penstock clear {act.dag_id} {act.run_id} {act.task_id}"
        )
    if task.state in OCCUPIES_SLOT:
        raise RefusedError(f"{act.task_id} does not wait: it is {task.state}")
    item = _item(act, task.state.value, rush, map_index=task.map_index, task_id=task.task_id)
    notes = [_MEANS[rush], *_waits(live, task, rush)]
    plan = make_plan(
        f"run_{rush}",
        f"{verb}: {act.task_id}",
        [item],
        means=act,
        notes=notes,
        cli=[f"run-{rush}", act.dag_id, act.run_id, act.task_id],
    )

    def commit(tick: Tick) -> Done:
        task.rush = rush
        live.rushed.append(task)
        if rush == Rush.NOW and task.state in TIMED:
            move(tick, live, task, TaskEvent.MEET, reason=f"run now by {tick.gate.actor}")
        else:
            tick.gate.save_task(live.record, task)
        return Done(act=plan.act, message=f"{act.task_id} runs {rush}", touched=1, run_id=act.run_id)

    return Planned(plan, commit)


def _plan_run(live: LiveRun, act: RushAct, rush: Rush, verb: str) -> Planned:
    run = live.record
    if run.state is not RunState.QUEUED:
        state = "has started" if run.state is RunState.RUNNING else f"has ended: {run.state}"
        raise RefusedError(f"run {act.run_id} {state}: name one of its tasks, or a run that is queued")
    item = _item(act, run.state.value, rush)
    plan = make_plan(
        f"run_{rush}",
        f"{verb}: {act.run_id}",
        [item],
        means=act,
        notes=[_MEANS[rush], "its tasks then wait for slots like all others"],
        cli=[f"run-{rush}", act.dag_id, act.run_id],
    )

    def commit(tick: Tick) -> Done:
        run.rush = rush
        tick.gate.save_run(run)
        return Done(act=plan.act, message=f"{act.run_id} runs {rush}", touched=1, run_id=act.run_id)

    return Planned(plan, commit)


def _item(
    act: RushAct, before: str, rush: Rush, *, map_index: int = -1, task_id: str | None = None
) -> PlanItem:
    return PlanItem(
        dag_id=act.dag_id, run_id=act.run_id, task_id=task_id, map_index=map_index, before=before,
        after="launched first" if rush == Rush.NEXT else "launched",
    )  # fmt: skip


def _waits(live: LiveRun, task: TaskRecord, rush: Rush) -> list[str]:
    """Return what the task still waits for."""
    notes = []
    if live.record.state is RunState.QUEUED:
        notes.append(f"its run is queued: penstock run-{rush} without a task starts the run")
    if task.state is TaskState.PENDING:
        notes.append("its dependencies are not met: it runs once they are")
    if rush == Rush.NEXT and task.state in TIMED:
        notes.append("it waits for its next try or check: run-now does not wait")
    return notes

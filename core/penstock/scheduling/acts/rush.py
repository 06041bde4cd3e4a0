"""Run next and run now: something goes before the others, or past the limits; and taking that back."""

from __future__ import annotations

from penstock.errors import EndedError
from penstock.model.acts import RunInTurn, RunNext, RunNow
from penstock.model.rush import MEANS, Rush
from penstock.model.states import OCCUPIES_SLOT, TERMINAL, TIMED, RunState, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import make_plan
from penstock.scheduling.acts.scope import instance
from penstock.scheduling.moves.task import move
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import RunRecord, TaskRecord

RushAct = RunNext | RunNow


def plan_rush(world: World, act: RushAct) -> Planned:
    """Plan to run something next or now; refuse it if it does not wait."""
    live = world.run(act.dag_id, act.run_id)
    rush = Rush.NOW if isinstance(act, RunNow) else Rush.NEXT
    verb = f"Run {rush}"
    if act.task_id is None:
        return _plan_run(live, act, rush, verb)
    task = instance(live, act.task_id)
    if task.state in TERMINAL:
        raise EndedError(
            f"{act.task_id} has ended: {task.state}. Run it again with: "
            f"penstock clear {act.dag_id} {act.run_id} {act.task_id}"
        )
    if task.state in OCCUPIES_SLOT:
        raise EndedError(f"{act.task_id} does not wait: it is {task.state}")
    item = _item(act, task.state.value, rush, map_index=task.map_index, task_id=task.task_id)
    notes = [MEANS[rush], *_waits(live, task, rush)]
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
        raise EndedError(f"run {act.run_id} {state}: name one of its tasks, or a run that is queued")
    item = _item(act, run.state.value, rush)
    plan = make_plan(
        f"run_{rush}",
        f"{verb}: {act.run_id}",
        [item],
        means=act,
        notes=[MEANS[rush], "its tasks then wait for slots like all others"],
        cli=[f"run-{rush}", act.dag_id, act.run_id],
    )

    def commit(tick: Tick) -> Done:
        run.rush = rush
        tick.gate.save_run(run)
        return Done(act=plan.act, message=f"{act.run_id} runs {rush}", touched=1, run_id=act.run_id)

    return Planned(plan, commit)


def plan_in_turn(world: World, act: RunInTurn) -> Planned:
    """Plan to take back that something goes first; where nothing does, it does nothing and says so.

    Raises `EndedError` for what was launched or has ended meanwhile.
    """
    live = world.run(act.dag_id, act.run_id)
    task = None if act.task_id is None else instance(live, act.task_id)
    held: RunRecord | TaskRecord = live.record if task is None else task
    name = act.task_id or act.run_id
    if held.rush is None and not _waits_still(held):
        raise EndedError(f"{name} no longer waits: it is {held.state}")
    before = f"runs {held.rush}" if held.rush else "in turn"
    item = PlanItem(
        dag_id=act.dag_id, run_id=act.run_id, task_id=None if task is None else task.task_id,
        map_index=-1 if task is None else task.map_index, before=before, after="in turn",
    )  # fmt: skip
    notes = [] if held.rush else [f"nothing to do: {name} waits in its turn"]
    cli = ["run-in-turn", act.dag_id, act.run_id, *([act.task_id] if act.task_id else [])]
    items = [item] if held.rush else []
    plan = make_plan("run_in_turn", f"Run in turn: {name}", items, means=act, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        if not items:
            return Done(act=plan.act, message=notes[0], touched=0, run_id=act.run_id)
        if task is None:
            live.record.rush = None
            tick.gate.save_run(live.record)
        else:
            task.rush = None  # the dispatch step drops it from those that go first
            tick.gate.save_task(live.record, task)
        return Done(act=plan.act, message=f"{name} waits in its turn again", touched=1, run_id=act.run_id)

    return Planned(plan, commit)


def _waits_still(held: RunRecord | TaskRecord) -> bool:
    if isinstance(held, TaskRecord):
        return held.state not in TERMINAL and held.state not in OCCUPIES_SLOT
    return held.state is RunState.QUEUED


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

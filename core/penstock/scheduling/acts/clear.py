"""Clear and retry: run task instances again, in place. Old attempts, logs and outcomes stay."""

from __future__ import annotations

from penstock.model.acts import Clear, Retry
from penstock.model.states import FAILURE_LIKE, OCCUPIES_SLOT, RUN_TERMINAL, TaskState
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.model.views import Done, PlanItem
from penstock.scheduling.acts.planned import Planned, counted, make_plan, task_item
from penstock.scheduling.acts.scope import chosen_runs, chosen_tasks, known_names, scope_flags
from penstock.scheduling.moves import clear_fields, move, stop
from penstock.scheduling.slots import run_again
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import LiveRun, World
from penstock.store.records import TaskRecord

_RETRIED = FAILURE_LIKE | {TaskState.CANCELLED}

Targets = list[tuple[LiveRun, list[TaskRecord]]]


def plan_clear(world: World, act: Clear) -> Planned:
    """Plan to run the chosen task instances again."""
    live = world.run(act.dag_id, act.run_id)
    targets: Targets = []
    for run in chosen_runs(world, live, past=act.past, future=act.future):
        names = act.tasks if run is live else known_names(run, act.tasks)
        if act.tasks and not names:
            continue
        ids = chosen_tasks(run, names, upstream=act.upstream, downstream=act.downstream)
        wanted = [run.tasks[task_id] for task_id in ids]
        wanted = [task for task in wanted if _clearable(task, only_failed=act.only_failed)]
        targets.append((run, _with_setups(run, wanted)))
    flags = [*scope_flags(act), *(["--only-failed"] if act.only_failed else [])]
    return _planned("clear", "Clear", targets, ["clear", act.dag_id, act.run_id, *act.tasks, *flags])


def plan_retry(world: World, act: Retry) -> Planned:
    """Plan to run again what failed, was blocked or was cancelled."""
    live = world.run(act.dag_id, act.run_id)
    chosen = chosen_tasks(live, act.tasks, downstream=True)
    again = [live.tasks[task_id] for task_id in chosen if live.tasks[task_id].state in _RETRIED]
    return _planned(
        "retry", "Retry", [(live, _with_setups(live, again))], ["retry", act.dag_id, act.run_id, *act.tasks]
    )


def _with_setups(live: LiveRun, tasks: list[TaskRecord]) -> list[TaskRecord]:
    """Return *tasks* and what has to be set up and torn down again for them."""
    extra = live.structure.setups.belonging(task.task_id for task in tasks)
    if not extra:
        return tasks
    chosen = extra | {task.task_id for task in tasks}
    found = [live.tasks[task_id] for task_id in live.structure.graph.order if task_id in live.tasks]
    return [
        task
        for task in found
        if task.task_id in chosen and (task.task_id not in extra or _clearable(task, only_failed=False))
    ]


def _clearable(task: TaskRecord, *, only_failed: bool) -> bool:
    if only_failed:
        return task.state in _RETRIED
    return task.state not in (TaskState.PENDING, TaskState.RESTARTING)


def _planned(act: str, verb: str, targets: Targets, cli: list[str]) -> Planned:
    targets = [(live, tasks) for live, tasks in targets if tasks]
    items: list[PlanItem] = []
    seen: list[object] = []
    killed = 0
    for live, tasks in targets:
        seen.append((live.record.run_id, live.record.version))
        for task in tasks:
            alive = task.state in OCCUPIES_SLOT
            killed += alive
            items.append(task_item(live, task, "pending", "is killed first" if alive else None))
            seen.append(task.version)
    notes = []
    if not items:
        notes.append("nothing to do: no task instance is in a state that this would change")
    if killed:
        notes.append(f"{killed} running attempt(s) will be killed first")
    if len(targets) > 1:
        notes.append(f"in {len(targets)} runs")
    plan = make_plan(act, counted(verb, len(items), "task"), items, seen=seen, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        for live, tasks in targets:
            clear_tasks(tick, live, tasks, reason=f"{act} by {tick.gate.actor}")
        state = targets[0][0].record.state.value if targets else None
        run_id = targets[0][0].record.run_id if targets else None
        message = f"{len(items)} task instance(s) will run again" if items else notes[0]
        return Done(act=act, message=message, touched=len(items), state=state, run_id=run_id)

    return Planned(plan, commit)


def clear_tasks(tick: Tick, live: LiveRun, tasks: list[TaskRecord], *, reason: str) -> None:
    """Clear task instances of one run and reopen it if it had ended."""
    tick.world.adopt(live)
    run = live.record
    if run.state in RUN_TERMINAL:
        reopen(tick, live, reason=reason)
    elif run.intent is not None:
        _go_on(tick, live)
    for task in tasks:
        if task.state in OCCUPIES_SLOT:
            stop(tick, live, task, TaskEvent.CLEAR, reason=reason)
        else:
            clear_fields(live, task)
            move(tick, live, task, TaskEvent.CLEAR)
    tick.world.stirred.add(run.id)


def _go_on(tick: Tick, live: LiveRun) -> None:
    """Take back that a run is about to end; its time limit starts anew, else it would end at once."""
    run = live.record
    run.intent = run.reason = None
    run.stood_us = 0
    if run.start_us is not None:
        run.start_us = tick.now_us
    tick.gate.save_run(run)


def reopen(tick: Tick, live: LiveRun, *, reason: str) -> None:
    """Take an ended run back to queued."""
    run = live.record
    run.end_us = run.start_us = run.reason = run.intent = None
    run.stood_us = 0
    run.queued_us = tick.now_us
    tick.gate.move_run(run, RunEvent.REOPEN, reason=reason)
    run_again(tick, run)

"""Mark: set the state of task instances by hand."""

from __future__ import annotations

from penstock.errors import UsageError
from penstock.model.acts import Mark
from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL, TERMINAL, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.clear import with_setups
from penstock.scheduling.acts.memory import Change, remember
from penstock.scheduling.acts.planned import amount, counted, make_plan, task_item
from penstock.scheduling.acts.scope import chosen_runs, chosen_tasks, known_names, scope_flags
from penstock.scheduling.moves.clear import clear_tasks, reopen
from penstock.scheduling.moves.task import move, stop
from penstock.scheduling.world.instances import in_order, instances, reach
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord

Target = tuple[LiveRun, list[TaskRecord], list[TaskRecord]]
"""A run, the tasks marked in it, and the tasks that this unblocks."""

_EVENTS = {
    "success": TaskEvent.MARK_SUCCESS,
    "failed": TaskEvent.MARK_FAILED,
    "skipped": TaskEvent.MARK_SKIPPED,
}

_FREED = {TaskState.UPSTREAM_FAILED: "no longer blocked"}


def plan_mark(world: World, act: Mark) -> Planned:
    """Plan to mark task instances.

    What was blocked by a task that is now marked success or skipped becomes pending again, so that
    the run goes on from there.

    Raises `UsageError` if no task is named and `UnknownError` for what does not exist.
    """
    if not act.tasks:
        raise UsageError("mark needs at least one task")
    live = world.run(act.dag_id, act.run_id)
    wanted = TaskState(act.state)
    targets: list[Target] = []
    for run in chosen_runs(world, live, past=act.past, future=act.future):
        names = act.tasks if run is live else known_names(run, act.tasks)
        if not names:
            continue
        chosen = chosen_tasks(run, names, upstream=act.upstream, downstream=act.downstream)
        marked = [task for task in chosen if task.state is not wanted]
        freed = [] if wanted is TaskState.FAILED else _freed(run, marked)
        if marked:
            targets.append((run, marked, freed))
    items: list[PlanItem] = []
    seen: list[object] = []
    for run, marked, freed in targets:
        items += [
            task_item(run, task, wanted.value, "is killed first" if task.state in OCCUPIES_SLOT else None)
            for task in marked
        ]
        items += [
            task_item(run, task, "pending", _FREED.get(task.state, "its work runs again")) for task in freed
        ]
        seen += [run.record.version, *(task.version for task in (*marked, *freed))]
    count = sum(len(marked) for _, marked, _ in targets)
    notes = [] if count else [f"nothing to do: already {wanted.value}"]
    cli = ["mark", act.state, act.dag_id, act.run_id, *act.tasks, *scope_flags(act)]
    title = f"{counted('Mark', count, 'task')} {wanted.value}"
    plan = make_plan("mark", title, items, seen=seen, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        changes = [
            Change(run, [*marked, *freed], _following(run, [*marked, *freed]))
            for run, marked, freed in targets
        ]
        changes += _later(tick.world, targets)
        undo_id = remember(tick, plan, act.dag_id, act.run_id, changes)
        for run, marked, freed in targets:
            _mark(tick, run, marked, freed, _EVENTS[act.state])
        message = f"{amount(count, 'task')} marked {wanted.value}" if count else notes[0]
        return Done(act="mark", message=message, touched=count, run_id=act.run_id, undo_id=undo_id)

    return Planned(plan, commit)


def _freed(live: LiveRun, marked: list[TaskRecord]) -> list[TaskRecord]:
    """Return the tasks that are blocked by those about to count as done.

    If one of them needs a setup that was torn down meanwhile, setup and teardown run again.
    """
    freed = [task for task in _below(live, marked) if task.state is TaskState.UPSTREAM_FAILED]
    again = with_setups(live, freed, live.structure)
    gone = [task for task in again if task.task_id in live.structure.setups.teardowns and task not in freed]
    return [task for task in again if task not in marked] if gone else freed


def _following(live: LiveRun, touched: list[TaskRecord]) -> list[TaskRecord]:
    """Return the waiting tasks downstream, which the mark may start."""
    waiting = _below(live, touched)
    return [task for task in waiting if task.state not in TERMINAL and task.state not in OCCUPIES_SLOT]


def _below(live: LiveRun, tasks: list[TaskRecord]) -> list[TaskRecord]:
    below = reach(live, tasks, live.structure) - {task.key for task in tasks}
    return in_order(live, below)


def _later(world: World, targets: list[Target]) -> list[Change]:
    """Return tasks of later runs that wait for the past, which the mark may start."""
    if not targets:
        return []
    here = {run.record.id for run, _, _ in targets}
    marked = {task.task_id for _, tasks, _ in targets for task in tasks}
    found = []
    for pk in world.looking_back.get(targets[0][0].record.dag_id, ()):
        later = world.runs[pk]
        watching = {each for task_id in marked for each in later.structure.watchers.get(task_id, ())}
        waiting = [
            task
            for task_id in watching
            for task in instances(later, task_id)
            if pk not in here and task.state in (TaskState.PENDING, TaskState.SCHEDULED)
        ]
        if waiting:
            found.append(Change(later, (), waiting))
    return found


def _mark(
    tick: Tick, live: LiveRun, marked: list[TaskRecord], freed: list[TaskRecord], event: TaskEvent
) -> None:
    reason = f"marked by {tick.gate.actor}"
    tick.world.adopt(live)
    if live.record.state in RUN_TERMINAL:
        reopen(tick, live, reason=reason)
    for task in marked:
        if task.state in OCCUPIES_SLOT:
            stop(tick, live, task, event, reason=reason)
        else:
            task.skips = None
            move(tick, live, task, event, reason=reason, columns="moved")
    if freed:
        clear_tasks(tick, live, freed, reason=reason)
    tick.world.to_advance.add(live.record.id)

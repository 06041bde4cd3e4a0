"""Clear and retry: run task instances again, in place. Old attempts, logs and outcomes stay."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.model.acts import Clear, Retry
from penstock.model.states import FAILURE_LIKE, OCCUPIES_SLOT, TaskState
from penstock.model.structure import Structure
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.memory import Change, remember
from penstock.scheduling.acts.planned import amount, counted, make_plan, task_item
from penstock.scheduling.acts.scope import chosen_runs, chosen_tasks, known_names, scope_flags
from penstock.scheduling.acts.versions import VersionChange, latest_version, take_to
from penstock.scheduling.moves.clear import clear_tasks
from penstock.scheduling.world.instances import beside
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord

_RETRIED = FAILURE_LIKE | {TaskState.CANCELLED}


@dataclass(slots=True)
class Target:
    """What is cleared in one run, and the version that the run moves to."""

    live: LiveRun
    tasks: list[TaskRecord]
    version: VersionChange | None = None

    def __bool__(self) -> bool:
        """Whether anything changes in the run."""
        return bool(self.tasks or (self.version and (self.version.new or self.version.gone)))


def plan_clear(world: World, act: Clear) -> Planned:
    """Plan to run the chosen task instances again."""
    live = world.run(act.dag_id, act.run_id)
    targets: list[Target] = []
    for run in chosen_runs(world, live, past=act.past, future=act.future):
        version = latest_version(world, run) if act.latest_version else None
        structure = version.structure if version else run.structure
        names = act.tasks if run is live else known_names(run, act.tasks, structure)
        if act.tasks and not names:
            continue
        chosen = chosen_tasks(
            run, names, upstream=act.upstream, downstream=act.downstream, structure=structure
        )
        tasks = [task for task in chosen if _clearable(task, only_failed=act.only_failed)]
        tasks = _staying(with_setups(run, tasks, structure), version)
        targets.append(Target(run, tasks, version))
    flags = [*scope_flags(act), *(["--only-failed"] if act.only_failed else []), *_version_flag(act)]
    return _planned(world, act, "Clear", targets, ["clear", act.dag_id, act.run_id, *act.tasks, *flags])


def plan_retry(world: World, act: Retry) -> Planned:
    """Plan to run again what failed, was blocked, cancelled, or given up when the run failed as a whole."""
    live = world.run(act.dag_id, act.run_id)
    version = latest_version(world, live) if act.latest_version else None
    structure = version.structure if version else live.structure
    chosen = chosen_tasks(live, act.tasks, downstream=True, structure=structure)
    again = [task for task in chosen if task.state in _RETRIED or _given_up(live, task)]
    cli = ["retry", act.dag_id, act.run_id, *act.tasks, *_version_flag(act)]
    target = Target(live, _staying(with_setups(live, again, structure), version), version)
    return _planned(world, act, "Retry", [target], cli)


def _given_up(live: LiveRun, task: TaskRecord) -> bool:
    """Whether a task was skipped because its run failed as a whole, as by its timeout."""
    run = live.record
    return task.state is TaskState.SKIPPED and bool(run.reason) and task.reason == run.reason


def _staying(tasks: list[TaskRecord], version: VersionChange | None) -> list[TaskRecord]:
    """Return those of *tasks* that still exist in the version that the run moves to."""
    gone = {task.key for task in version.gone} if version else set()
    return [task for task in tasks if task.key not in gone]


def with_setups(live: LiveRun, tasks: list[TaskRecord], structure: Structure) -> list[TaskRecord]:
    """Return *tasks* and the setups and teardowns that must run again for them."""
    if not structure.setups.needing and not structure.setups.teardowns:
        return tasks
    chosen = {task.key for task in tasks}
    for task in tasks:
        for name in structure.setups.belonging([task.task_id]):
            others = beside(live, task, name, structure)
            chosen.update(other.key for other in others if _clearable(other, only_failed=False))
    return [task for task in chosen_tasks(live, (), structure=structure) if task.key in chosen]


def _version_flag(act: Clear | Retry) -> list[str]:
    return ["--latest-version"] if act.latest_version else []


def _clearable(task: TaskRecord, *, only_failed: bool) -> bool:
    if only_failed:
        return task.state in _RETRIED
    return task.state not in (TaskState.PENDING, TaskState.RESTARTING)


def _planned(world: World, act: Clear | Retry, verb: str, targets: list[Target], cli: list[str]) -> Planned:
    targets = [target for target in targets if target]
    items: list[PlanItem] = []
    seen: list[object] = []
    killed = 0
    for target in targets:
        live = target.live
        seen.append((live.record.run_id, live.record.version))
        for task in target.tasks:
            alive = task.state in OCCUPIES_SLOT
            killed += alive
            items.append(task_item(live, task, "pending", "is killed first" if alive else None))
            seen.append(task.version)
        if target.version is not None:
            items += target.version.items(live)
            seen.append(target.version.structure.id)
    count = sum(item.after == TaskState.PENDING for item in items)
    notes = _notes(world, act, targets, killed)
    name = verb.lower()
    plan = make_plan(name, counted(verb, count, "task"), items, seen=seen, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        changes = [_change(target) for target in targets]
        undo_id = remember(tick, plan, act.dag_id, act.run_id, changes)
        for target in targets:
            _carry_out(tick, target, reason=f"{name} by {tick.gate.actor}")
        state = targets[0].live.record.state.value if targets else None
        run_id = targets[0].live.record.run_id if targets else None
        message = f"{amount(count, 'task')} will run again" if items else notes[0]
        return Done(
            act=name, message=message, touched=len(items), state=state, run_id=run_id, undo_id=undo_id
        )

    return Planned(plan, commit)


def _change(target: Target) -> Change:
    """Return what to remember for undo: a new version may remove instances, or unmap a task."""
    if target.version is None:
        return Change(target.live, target.tasks)
    follow = [task for task in target.version.whole if task not in target.tasks]
    return Change(target.live, [*target.tasks, *target.version.gone], follow)


def _notes(world: World, act: Clear | Retry, targets: list[Target], killed: int) -> list[str]:
    notes = []
    if not targets:
        notes.append("nothing to do: no task is in a state that this would change")
    if killed:
        notes.append(f"{amount(killed, 'running attempt')} will be killed first")
    if len(targets) > 1:
        notes.append(f"in {len(targets)} runs")
    current = world.dag(act.dag_id).structure.id
    behind = sum(target.live.structure.id != current for target in targets)
    if act.latest_version and behind:
        notes.append(f"{amount(behind, 'run')} will use the latest version of the DAG")
    elif behind:
        notes.append("the DAG has a later version than the run; --latest-version runs that one")
    return notes


def _carry_out(tick: Tick, target: Target, *, reason: str) -> None:
    live = target.live
    if target.version is not None:
        tick.world.adopt(live)
        live = take_to(tick, live, target.version)
        tick.gate.save_run(live.record)
    clear_tasks(tick, live, target.tasks, reason=reason)

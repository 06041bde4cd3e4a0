"""Breakpoints: stop a run before or after a task, and go on from there."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.errors import UnknownError, UsageError
from penstock.ids import split_instance
from penstock.model.acts import ClearBreakpoint, SetBreakpoint
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.states import OCCUPIES_SLOT, TERMINAL
from penstock.model.structure import Structure
from penstock.model.views.plans import Done, PlanItem
from penstock.scheduling.acts.planned import amount, make_plan
from penstock.scheduling.acts.scope import chosen_tasks
from penstock.scheduling.moves.breakpoints import put_breakpoint, take_away
from penstock.scheduling.world.breakpoints import words
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import PauseRecord, TaskRecord


def plan_set_breakpoint(world: World, act: SetBreakpoint) -> Planned:
    """Plan to stop before or after tasks of a run, or without a run of the DAG's next run.

    A group means its first tasks, or after it its last. Raises `UnknownError` for what does not exist,
    `UsageError` without a task.
    """
    if not act.tasks:
        raise UsageError("name a task to stop at")
    kind = PauseKind(act.where)
    entry = world.dag(act.dag_id)
    live = None if act.run_id is None else world.run(act.dag_id, act.run_id)
    structure = entry.structure if live is None else live.structure
    names = _places(structure, live, act.tasks, kind, act.dag_id)
    at = act.run_id or "next run"
    keys = [(kind, act.dag_id, act.run_id or "", name) for name in names]
    items = [
        _item(act.dag_id, act.run_id, name, _now(live, name), f"{PAUSES[kind].name} it", act.why)
        for name in names
    ]
    notes = [note for name in names if (note := _late(live, name, kind))]
    if live is None and entry.facts.missing:
        notes.append("the DAG's file is gone, so no run is made until it is back")
    title = f"{PAUSES[kind].pause_verb} {_listed(names)}"
    flags = [f"--{kind}", *(["--why", act.why] if act.why else [])]
    cli = ["breakpoint", "set", act.dag_id, *_run_word(act), *act.tasks, *flags]
    plan = make_plan(PAUSES[kind].pause, title, items, means=act, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        for key in keys:
            put_breakpoint(tick, PauseRecord(*key, tick.gate.actor, tick.now_us, act.why))
        message = f"{at} of {act.dag_id} {PAUSES[kind].name} {_listed(names)}"
        return Done(act=plan.act, message=message, touched=len(keys), run_id=act.run_id)

    return Planned(plan, commit)


def plan_clear_breakpoint(world: World, act: ClearBreakpoint) -> Planned:
    """Plan to take breakpoints away; a run that has stopped at one goes on. None there is nothing to do.

    Raises `UnknownError` for a DAG or run that does not exist.
    """
    world.dag(act.dag_id)
    live = None if act.run_id is None else world.run(act.dag_id, act.run_id)
    found = _chosen(world, act, live)
    at = act.run_id or "the next run"
    items = [
        _item(act.dag_id, act.run_id, each.task_id, f"{_standing(each)} it", "goes on", each.why)
        for each in found
    ]
    place = f"{act.where or 'at'} {_listed(act.tasks) or 'any task'} of {at}"
    notes = [] if found else [f"nothing to do: there is no breakpoint {place}"]
    reached = [each for each in found if each.reached_us is not None]
    verb = "Go on from" if reached else "Clear"
    title = f"{verb} {words(found[0]) if len(found) == 1 else amount(len(found), 'breakpoint')}"
    flags = [f"--{act.where}"] if act.where else []
    cli = ["breakpoint", "clear", act.dag_id, *_run_word(act), *act.tasks, *flags]
    cli += [] if act.tasks else ["--all"]
    plan = make_plan("breakpoint_clear", title, items, means=act, notes=notes, cli=cli)

    def commit(tick: Tick) -> Done:
        taken = _chosen(tick.world, act, live)
        if not taken:
            return Done(act=plan.act, message=notes[0] if notes else "nothing to do", touched=0)
        going = any(each.reached_us is not None for each in taken)
        for each in taken:
            take_away(tick, each)
        names = words(taken[0]) if len(taken) == 1 else amount(len(taken), "breakpoint")
        message = f"{at} of {act.dag_id} {'goes on from' if going else 'no longer stops'} {names}"
        return Done(act=plan.act, message=message, touched=len(taken), run_id=act.run_id)

    return Planned(plan, commit)


def _run_word(act: SetBreakpoint | ClearBreakpoint) -> list[str]:
    return ["next" if act.run_id is None else act.run_id]


def _places(
    structure: Structure, live: LiveRun | None, names: Sequence[str], kind: PauseKind, dag_id: str
) -> list[str]:
    """Return the tasks or instances that *names* mean: of a group its first or last tasks."""
    found: dict[str, None] = {}
    for name in names:
        task_id, index = split_instance(name)
        if task_id in structure.tasks:
            if live is not None:
                chosen_tasks(live, [name])  # raises for one that is not there
            found[name] = None
            continue
        members = structure.members.get(name)
        if not members or index is not None:
            where = dag_id if live is None else f"run {live.record.run_id} of {dag_id}"
            raise UnknownError(f"{where} has no task {name!r}")
        graph = structure.graph
        edges = graph.upstream if kind is PauseKind.BEFORE else graph.downstream
        found.update(dict.fromkeys(each for each in members if not set(edges.get(each, ())) & set(members)))
    return list(found)


def _chosen(world: World, act: ClearBreakpoint, live: LiveRun | None) -> list[PauseRecord]:
    """Return the breakpoints that an act takes away; a task or group means those of all in it."""
    structure = world.dag(act.dag_id).structure if live is None else live.structure
    names = {name for task in act.tasks for name in (task, *structure.members.get(task, ()))}
    return [
        each
        for each in world.pauses.breakpoints(act.dag_id, act.run_id or "")
        if act.where in (None, each.kind.value)
        and (not names or each.task_id in names or split_instance(each.task_id)[0] in names)
    ]


def _item(dag_id: str, run_id: str | None, name: str, before: str, after: str, note: str | None) -> PlanItem:
    task_id, index = split_instance(name)
    return PlanItem(
        dag_id=dag_id,
        run_id=run_id,
        task_id=task_id,
        map_index=-1 if index is None else index,
        before=before,
        after=after,
        note=note,
    )


def _tasks(live: LiveRun, name: str) -> list[TaskRecord]:
    task_id, index = split_instance(name)
    return [task for task in live.instances.get(task_id, ()) if index in (None, task.map_index)]


def _now(live: LiveRun | None, name: str) -> str:
    states = set() if live is None else {task.state.value for task in _tasks(live, name)}
    return states.pop() if len(states) == 1 else ("mixed" if states else "pending")


def _standing(at: PauseRecord) -> str:
    return f"{'stops' if at.reached_us is None else 'has stopped'} {at.kind}"


def _late(live: LiveRun | None, name: str, kind: PauseKind) -> str | None:
    """Return what a breakpoint means for a task that it comes late for."""
    if live is None:
        return None
    tasks = _tasks(live, name)
    if kind is PauseKind.BEFORE and any(task.state in OCCUPIES_SLOT for task in tasks):
        return f"{name} runs already: it stops before the next time it starts, as for a retry"
    if tasks and all(task.state in TERMINAL for task in tasks):
        if kind is PauseKind.BEFORE:
            return f"{name} has ended already: it stops once it is to run again, after a clear or retry"
        return f"{name} has ended already: what comes after it and has not started waits"
    return None


def _listed(names: Sequence[str], limit: int = 3) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more

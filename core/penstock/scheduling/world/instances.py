"""The instances of a run's tasks: how they depend on each other, and what they wait for.

A task has one instance, or, mapped, one per map index. Within a mapped group an instance looks at the
instances of its own map index; everything else looks at all instances of a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from penstock.ids import instance_key
from penstock.model.expansion import sources
from penstock.model.states import TERMINAL, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.trigger_rules import ParentCounts
from penstock.store.engine.records import TaskRecord

if TYPE_CHECKING:
    from penstock.model.structure import Structure
    from penstock.scheduling.world.live_run import LiveRun


def in_order(live: LiveRun, names: Iterable[str]) -> list[TaskRecord]:
    """Return the task instances of *names*, keys or ids of tasks, in topological order, then by map index."""
    position = live.structure.graph.position
    found: dict[int, TaskRecord] = {}
    for name in names:
        one = live.tasks.get(name)
        for task in instances(live, name) if one is None else (one,):
            found[task.id] = task
    return sorted(found.values(), key=lambda task: (position.get(task.task_id, 0), task.map_index))


def counts(task: TaskRecord) -> bool:
    """Whether an instance is part of its task: one that a later expansion removes is not."""
    return task.map_index < 0 or not (task.state is TaskState.REMOVED or task.intent == TaskEvent.REMOVE)


def instances(live: LiveRun, task_id: str, map_index: int | None = None) -> list[TaskRecord]:
    """Return the instances of a task by map index, or the one with *map_index*; may be empty."""
    found = live.instances.get(task_id, ())
    if map_index is None and len(found) == 1 and found[0].map_index < 0:
        return [found[0]]
    return [task for task in found if counts(task) and map_index in (None, task.map_index)]


def parent_counts(live: LiveRun, task: TaskRecord) -> ParentCounts:
    """Return the counts of the states of *task*'s direct parents."""
    shared = live.counts[task.task_id]
    own = live.own_counts.get(task.key)
    return shared if own is None else shared + own


def relevant(live: LiveRun, task: TaskRecord, parent_id: str) -> Iterable[TaskRecord]:
    """Return the instances of *parent_id*, an upstream task, that *task* depends on."""
    if not _together(live.structure, task.task_id, parent_id):
        return instances(live, parent_id)
    same = live.tasks.get(instance_key(parent_id, task.map_index))
    if same is None and task.map_index >= 0:  # the parent has no instances (yet)
        same = live.tasks.get(parent_id)
    return () if same is None or not counts(same) else (same,)


def direct_parents(live: LiveRun, task: TaskRecord) -> Iterator[TaskRecord]:
    """Yield every instance that *task* directly depends on."""
    for parent_id in live.structure.graph.upstream.get(task.task_id, ()):
        yield from relevant(live, task, parent_id)


def needed_setups(live: LiveRun, task: TaskRecord) -> list[TaskRecord]:
    """Return the instances of setups that must succeed before *task*; see `model.setups`."""
    names = live.structure.setups.needed.get(task.task_id, ())
    return [each for name in names for each in relevant(live, task, name)]


def recount(live: LiveRun, task_id: str) -> None:
    """Recount what the instances of a task wait for, and mark them to be checked again.

    Parents in the same mapped group are counted for each instance, all others once for the whole task:
    a thousand instances that look at another thousand would be a million steps.
    """
    parents = live.structure.graph.upstream.get(task_id, ())
    near = [parent for parent in parents if _together(live.structure, task_id, parent)]
    far = [each for parent in parents if parent not in near for each in instances(live, parent)]
    live.counts[task_id] = ParentCounts.of(each.state for each in far)
    for task in live.instances.get(task_id, ()):
        live.own_counts.pop(task.key, None)
        if not counts(task):
            continue
        if near:
            beside_it = [each for parent in near for each in relevant(live, task, parent)]
            live.own_counts[task.key] = ParentCounts.of(each.state for each in beside_it)
        if task.state is TaskState.PENDING:
            live.dirty.add(task.key)


def recount_around(live: LiveRun, task_id: str) -> None:
    """Update the counts after a task got other instances."""
    recount(live, task_id)
    for child_id in live.structure.graph.downstream.get(task_id, ()):
        recount(live, child_id)


def tell_children(live: LiveRun, task: TaskRecord, before: TaskState, after: TaskState) -> None:
    """Update the counts of the instances that depend on *task*, and mark them to be checked again.

    An instance that goes or comes back is not a counted transition. The code that
    decides it calls `recount_around`, once for all of them.
    """
    if task.map_index >= 0 and TaskState.REMOVED in (before, after):
        return
    for child_id in live.structure.graph.downstream.get(task.task_id, ()):
        if _together(live.structure, task.task_id, child_id):
            children = beside(live, task, child_id)
            changed = [live.own_counts[child.key] for child in children]
            live.dirty.update(child.key for child in children)
        else:
            changed = [live.counts[child_id]]
            live.dirty.add(child_id)
        for found in changed:
            found.add(before, -1)
            found.add(after)


def alike(live: LiveRun, task_id: str) -> bool:
    """Whether all instances of a task depend on the same others, and no branch decided about one."""
    parents = live.structure.graph.upstream.get(task_id, ())
    setups = live.structure.setups.needed.get(task_id, ())
    if any(_together(live.structure, task_id, other) for other in (*parents, *setups)):
        return False
    return not any(task_id in others for found in live.decisions.values() for others in found.values())


def reach(live: LiveRun, starts: Iterable[TaskRecord], structure: Structure, *, up: bool = False) -> set[str]:
    """Return the keys of all instances after *starts*, or before them, by the edges of *structure*."""
    edges = structure.graph.upstream if up else structure.graph.downstream
    found: set[str] = set()
    whole: set[str] = set()
    stack = list(starts)
    while stack:
        task = stack.pop()
        for other_id in edges.get(task.task_id, ()):
            if other_id in whole:
                continue
            others = beside(live, task, other_id, structure)
            if task.map_index < 0 or not _together(structure, task.task_id, other_id):
                whole.add(other_id)
            stack += [other for other in others if other.key not in found]
            found.update(other.key for other in others)
    return found


def beside(
    live: LiveRun, task: TaskRecord, other_id: str, structure: Structure | None = None
) -> list[TaskRecord]:
    """Return the instances of an up- or downstream task that *task* is connected to."""
    if task.map_index < 0 or not _together(structure or live.structure, task.task_id, other_id):
        return instances(live, other_id)
    same = live.tasks.get(instance_key(other_id, task.map_index)) or live.tasks.get(other_id)
    return [] if same is None or not counts(same) else [same]


def decider(live: LiveRun, task: TaskRecord) -> str | None:
    """Return the branch or short circuit that decided against *task*, or None.

    One with several instances decides for the instances of the same map index only.
    """
    for index in {-1, task.map_index}:
        for by, others in live.decisions.get(index, {}).items():
            if task.task_id in others and (index < 0 or _decides(live, by, task)):
                return by
    return None


def _decides(live: LiveRun, by: str, task: TaskRecord) -> bool:
    decided = live.tasks[by].task_id
    if _together(live.structure, decided, task.task_id):
        return True
    return decided in live.structure.graph.upstream.get(task.task_id, ())


def returned_length(live: LiveRun, task_id: str) -> int | None:
    """Return how many items a task returned, or None if that is not known (yet).

    For a task with several instances it is the number of those that returned something.
    """
    found = list(instances(live, task_id))
    if not found or any(task.state not in TERMINAL for task in found):
        return None
    if len(found) == 1 and found[0].map_index < 0:
        return found[0].mapped_length if found[0].state is TaskState.SUCCESS else None
    return sum(task.mapped_length or 0 for task in found if task.state is TaskState.SUCCESS)


def unexpanded(live: LiveRun, task: TaskRecord) -> bool:
    """Whether *task* is a mapped task without instances (yet)."""
    return task.map_index < 0 and task.task_id in live.structure.mapping


def mapping_sources(live: LiveRun, task_id: str) -> list[TaskRecord]:
    """Return the instances whose values decide how many instances a mapped task has."""
    names = sorted(sources(live.structure.mapping[task_id]))
    return [task for name in names for task in instances(live, name)]


def _together(structure: Structure, one: str, other: str) -> bool:
    """Whether two tasks are in the same mapped group."""
    group = structure.group_of.get(one)
    return group is not None and structure.group_of.get(other) == group

"""Finds the task instances of an act: tasks, their neighbours in the graph, other runs of the DAG."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.errors import UnknownError, UsageError
from penstock.ids import split_instance
from penstock.model.acts import Clear, Mark
from penstock.model.states import TaskState
from penstock.model.structure import Structure
from penstock.scheduling.world.instances import instances, reach
from penstock.scheduling.world.names import unknown_task
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord


def chosen_runs(world: World, live: LiveRun, *, past: bool, future: bool) -> list[LiveRun]:
    """Return the run and, if asked for, the DAG's runs before and after it, oldest first."""
    dag_id, logical = live.record.dag_id, live.record.logical_us
    earlier: list[str] = []
    later: list[str] = []
    if logical is not None:
        earlier = world.reads.run_ids(dag_id, before=logical) if past else []
        later = world.reads.run_ids(dag_id, after=logical) if future else []
    return [
        *(world.run(dag_id, run_id) for run_id in earlier),
        live,
        *(world.run(dag_id, run_id) for run_id in later),
    ]


def chosen_tasks(
    live: LiveRun,
    names: Sequence[str],
    *,
    upstream: bool = False,
    downstream: bool = False,
    structure: Structure | None = None,
) -> list[TaskRecord]:
    """Return task instances in topological order; no *names* means all. Raises `UnknownError`.

    A name is a task's, which means all its instances; ``task[3]``, which means that one; or a
    group's, which means every task in it. Neighbours come with all their instances, within a mapped
    group with that of the same map index. With *structure* the edges and groups are those of another
    version than the run's own.
    """
    structure = structure or live.structure
    chosen: set[str] = set()
    for name in names:
        task_id, map_index = split_instance(name)
        members = members_of(live, task_id, structure)
        found = [task for member in members for task in instances(live, member, map_index)]
        if not members or (map_index is not None and not found):
            raise UnknownError(unknown_task(live, name, structure))
        chosen.update(task.key for task in found)
        if upstream:
            chosen |= reach(live, found, structure, up=True)
        if downstream:
            chosen |= reach(live, found, structure)
    return [
        task
        for task_id in structure.graph.order
        for task in instances(live, task_id)
        if task.state is not TaskState.REMOVED and (not names or task.key in chosen)
    ]


def instance(live: LiveRun, name: str) -> TaskRecord:
    """Return the one instance called *name* (``task`` or ``task[3]``); raise `UnknownError`."""
    task_id, map_index = split_instance(name)
    found = instances(live, task_id, map_index)
    if not found:
        raise UnknownError(unknown_task(live, name))
    if len(found) > 1:
        raise UsageError(f"{name} has {len(found)} instances: name one of them, such as {name}[0]")
    return found[0]


def known_names(live: LiveRun, names: Sequence[str], structure: Structure | None = None) -> list[str]:
    """Return those of *names* that exist in the run, which may be of another version."""
    found = []
    for name in names:
        task_id, map_index = split_instance(name)
        members = members_of(live, task_id, structure or live.structure)
        if members and (map_index is None or instances(live, task_id, map_index)):
            found.append(name)
    return found


def scope_flags(act: Clear | Mark) -> list[str]:
    """Return the command line's flags for the act's scope."""
    return [f"--{name}" for name in ("upstream", "downstream", "past", "future") if getattr(act, name)]


def members_of(live: LiveRun, name: str, structure: Structure) -> list[str]:
    """Return the tasks called *name* in *structure*: one task, or those of a group."""
    if name in structure.tasks:
        return [name] if name in live.instances or structure is not live.structure else []
    return list(structure.members.get(name, ()))

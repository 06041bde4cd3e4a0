"""Which task instances an act means: tasks, their neighbours in the graph, other runs of the DAG."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.errors import UnknownError
from penstock.model.acts import Clear, Mark
from penstock.model.states import TaskState
from penstock.scheduling.world import LiveRun, World


def chosen_runs(world: World, live: LiveRun, *, past: bool, future: bool) -> list[LiveRun]:
    """Return the run and, when asked, the DAG's runs before and after it, oldest first."""
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
    live: LiveRun, tasks: Sequence[str], *, upstream: bool = False, downstream: bool = False
) -> list[str]:
    """Return task ids in topological order; no *tasks* means all. Raises `UnknownError`.

    An id may also name a group, which means every task in it.
    """
    graph = live.structure.graph
    if not tasks:
        return [task_id for task_id in graph.order if task_id in live.tasks]
    chosen: set[str] = set()
    for name in tasks:
        members = _members(live, name)
        if not members:
            raise UnknownError(
                f"DAG {live.record.dag_id!r} has no task {name!r} in run {live.record.run_id!r}"
            )
        for task_id in members:
            chosen.add(task_id)
            if upstream:
                chosen |= graph.ancestors(task_id)
            if downstream:
                chosen |= graph.descendants(task_id)
    return [
        task_id
        for task_id in graph.order
        if task_id in chosen and task_id in live.tasks and live.tasks[task_id].state is not TaskState.REMOVED
    ]


def known_names(live: LiveRun, names: Sequence[str]) -> list[str]:
    """Return those of *names* that mean a task or a group in the run, which may be of another version."""
    return [name for name in names if _members(live, name)]


def scope_flags(act: Clear | Mark) -> list[str]:
    """Return the flags with which the command line says the act's scope."""
    return [f"--{name}" for name in ("upstream", "downstream", "past", "future") if getattr(act, name)]


def _members(live: LiveRun, name: str) -> list[str]:
    if name in live.tasks:
        return [name]
    inside = {name}
    for group in live.structure.spec.groups:  # parents come before their children
        if group.parent in inside:
            inside.add(group.group_id)
    return [task.task_id for task in live.structure.spec.tasks if task.group in inside]

"""One version of a DAG, with everything that can be worked out from it once."""

from __future__ import annotations

from penstock.model.graph import Graph, priority_weights
from penstock.model.setups import Setups
from penstock.model.spec import DagSpec, ExpandSpec, TaskSpec
from penstock.model.trigger_rules import TriggerRule
from penstock.store.engine.working_set import Version


class Structure:
    """One version of a DAG, with everything that can be worked out from it once."""

    def __init__(self, version: Version) -> None:
        self.id = version.id
        self.spec: DagSpec = version.spec
        self.source_hash = version.source_hash
        self.tasks: dict[str, TaskSpec] = {task.task_id: task for task in self.spec.tasks}
        for task in self.spec.tasks:
            _check_rule(task)
        self.graph = Graph.of(self.spec.tasks)
        self.setups = Setups(self.spec.tasks, self.graph)
        self.weights = priority_weights(self.spec.tasks, self.graph)
        self.watchers = _watchers(self.spec, self.graph)
        """Task id -> tasks of a later run that may wait for it."""
        self.group_of = _mapped_groups(self.spec)
        """Task id -> the mapped group that it is in."""
        self.mapping = _mapping(self.spec, self.group_of)
        """Task id -> how it is mapped, by itself or by its group."""


def _check_rule(task: TaskSpec) -> None:
    try:
        TriggerRule(task.trigger_rule)
    except ValueError:
        text = f"task {task.task_id}: there is no trigger rule {task.trigger_rule!r}"
        raise ValueError(f"{text} (line {task.line})" if task.line else text) from None


def _watchers(spec: DagSpec, graph: Graph) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for task in spec.tasks:
        watched: set[str] = set()
        if task.depends_on_past or task.wait_for_downstream:
            watched.add(task.task_id)
        if task.wait_for_downstream:
            watched.update(graph.downstream[task.task_id])
        for other in watched:
            found.setdefault(other, set()).add(task.task_id)
    return {task_id: tuple(sorted(watching)) for task_id, watching in found.items()}


def _mapped_groups(spec: DagSpec) -> dict[str, str]:
    around: dict[str, str] = {}
    for group in spec.groups:  # parents come before their children
        mapped = group.group_id if group.expand is not None else around.get(group.parent or "")
        if mapped is not None:
            around[group.group_id] = mapped
    return {task.task_id: around[task.group] for task in spec.tasks if task.group in around}


def _mapping(spec: DagSpec, group_of: dict[str, str]) -> dict[str, ExpandSpec]:
    groups = {group.group_id: group.expand for group in spec.groups}
    found = {task.task_id: task.expand or groups.get(group_of.get(task.task_id, "")) for task in spec.tasks}
    return {task_id: expand for task_id, expand in found.items() if expand is not None}

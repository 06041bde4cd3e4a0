"""One version of a DAG, and what follows from its spec alone: edges, groups, mapping, weights. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from penstock.model.graph import Graph, priority_weights
from penstock.model.setups import Setups
from penstock.model.spec import DagSpec, ExpandSpec, TaskSpec
from penstock.model.trigger_rules import TriggerRule

_CHECKED = ("graph",)
_OF_RUNS = ("tasks", "graph", "setups", "weights", "watchers", "around", "group_of", "mapping", "early")
_LARGE = 100
"""Tasks of a DAG whose first run would wait for it."""

if TYPE_CHECKING:
    of_spec = cached_property
else:

    class of_spec:  # noqa: N801 - used like `cached_property`
        """Computed when first used, once for all structures of the same spec object."""

        def __init__(self, compute: Callable[[Structure], Any]) -> None:
            self._compute = compute
            self._name = compute.__name__

        def __get__(self, structure: Structure | None, owner: type | None = None) -> Any:
            if structure is None:
                return self
            kept = vars(structure.spec)
            if self._name not in kept:
                kept[self._name] = self._compute(structure)
            found = vars(structure)[self._name] = kept[self._name]
            return found


class Structure:
    """One version of a DAG, by its key in the store. Each part is computed when first used."""

    def __init__(self, version_id: int, spec: DagSpec, source_hash: str) -> None:
        self.id = version_id
        self.spec = spec
        self.source_hash = source_hash

    def checked(self) -> Self:
        """Check what scheduling needs, compute what takes long, and return this.

        What a small DAG needs is computed for its first run: of thousands, most have none for hours. Raises
        ValueError for a cycle, a parent that is not in the DAG, or an unknown trigger rule.
        """
        for task in self.spec.tasks:
            _check_rule(task)
        for name in _CHECKED if len(self.spec.tasks) < _LARGE else _OF_RUNS:
            getattr(self, name)
        return self

    @of_spec
    def tasks(self) -> dict[str, TaskSpec]:
        """Task id -> task, in the order of making."""
        return {task.task_id: task for task in self.spec.tasks}

    @of_spec
    def graph(self) -> Graph:
        """The tasks' edges and order."""
        return Graph.of(self.spec.tasks)

    @of_spec
    def setups(self) -> Setups:
        """What setups and teardowns mean for the other tasks."""
        return Setups(self.spec.tasks, self.graph)

    @of_spec
    def weights(self) -> dict[str, int]:
        """Task id -> its effective priority weight."""
        return priority_weights(self.spec.tasks, self.graph)

    @of_spec
    def watchers(self) -> dict[str, tuple[str, ...]]:
        """Task id -> tasks of a later run that may wait for it."""
        found: dict[str, set[str]] = {}
        for task in self.spec.tasks:
            watched: set[str] = set()
            if task.depends_on_past or task.wait_for_downstream:
                watched.add(task.task_id)
            if task.wait_for_downstream:
                watched.update(self.graph.downstream[task.task_id])
            for other in watched:
                found.setdefault(other, set()).add(task.task_id)
        return {task_id: tuple(sorted(watching)) for task_id, watching in found.items()}

    @of_spec
    def around(self) -> dict[str, tuple[str, ...]]:
        """Group id -> the group itself and those around it, from the inside out."""
        found: dict[str, tuple[str, ...]] = {}
        for group in self.spec.groups:  # parents come before their children
            found[group.group_id] = (group.group_id, *found.get(group.parent or "", ()))
        return found

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Group id -> the tasks in it and in the groups inside it, in the order of making."""
        found: dict[str, list[str]] = {group_id: [] for group_id in self.around}
        for task in self.spec.tasks:
            for group_id in self.around.get(task.group or "", ()):
                found[group_id].append(task.task_id)
        return {group_id: tuple(task_ids) for group_id, task_ids in found.items()}

    @of_spec
    def group_of(self) -> dict[str, str]:
        """Task id -> the mapped group that it is in."""
        mapped = {group.group_id for group in self.spec.groups if group.expand is not None}
        found = {}
        for task in self.spec.tasks:
            around = [group_id for group_id in self.around.get(task.group or "", ()) if group_id in mapped]
            if around:
                found[task.task_id] = around[0]
        return found

    @of_spec
    def mapping(self) -> dict[str, ExpandSpec]:
        """Task id -> how it is mapped, by itself or by its group; absent if it has one instance only."""
        of_groups = {group.group_id: group.expand for group in self.spec.groups}
        found = {
            task.task_id: task.expand or of_groups.get(self.group_of.get(task.task_id, ""))
            for task in self.spec.tasks
        }
        return {task_id: expand for task_id, expand in found.items() if expand is not None}

    @of_spec
    def early(self) -> frozenset[str]:
        """Tasks that may begin, or be given up, before one of their parents has ended."""
        return frozenset(
            task.task_id
            for task in self.spec.tasks
            if not task.upstream
            or task.trigger_rule == TriggerRule.ALWAYS
            or task.task_id in self.mapping
            or task.task_id in self.setups.needed
            or task.task_id in self.setups.teardowns
        )


def _check_rule(task: TaskSpec) -> None:
    try:
        TriggerRule(task.trigger_rule)
    except ValueError:
        text = f"task {task.task_id}: trigger rule {task.trigger_rule!r} does not exist"
        raise ValueError(f"{text} (line {task.line})" if task.line else text) from None

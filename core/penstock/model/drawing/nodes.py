"""The nodes of a drawing: the task instances of a run, or the tasks of a DAG. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.ids import instance_key
from penstock.model.drawing.order import Node
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.runs import RunDetail, TaskRow

MAPPED = "[]"
"""How the row of a mapped task ends: it is drawn like a group, with its instances inside."""


def run_nodes(detail: RunDetail) -> tuple[Node, ...]:
    """Return the task instances of a run.

    The instances of a mapped task are a group of their own. What stands between the instances of two
    mapped tasks is drawn once, or from index to index: a thousand by a thousand lines show nothing.
    """
    instances: dict[str, list[TaskRow]] = {}
    for task in detail.tasks:
        instances.setdefault(task.task_id, []).append(task)
    keys = {instance_key(task.task_id, task.map_index) for task in detail.tasks}
    return tuple(
        Node(
            instance_key(task.task_id, task.map_index),
            tuple(key for up in task.upstream for key in _looked_at(task, up, instances.get(up, []), keys)),
            task.group if task.map_index < 0 else task.task_id + MAPPED,
        )
        for task in detail.tasks
    )


def _looked_at(task: TaskRow, up: str, ups: Sequence[TaskRow], keys: set[str]) -> Sequence[str]:
    same = instance_key(up, task.map_index)
    if task.map_index >= 0 and len(ups) > 1:
        return [same if same in keys else instance_key(ups[0].task_id, ups[0].map_index)]
    return [instance_key(other.task_id, other.map_index) for other in ups]


def run_groups(detail: RunDetail) -> dict[str, str | None]:
    """Return the groups by id, each with the group around it; mapped tasks are among them."""
    groups = {group.group_id: group.parent for group in detail.groups}
    return groups | {task.task_id + MAPPED: task.group for task in detail.tasks if task.map_index >= 0}


def dag_nodes(nodes: Sequence[TaskNode]) -> tuple[Node, ...]:
    """Return the tasks of a DAG, without a run."""
    return tuple(Node(node.task_id, node.upstream, node.group) for node in nodes)


def dag_groups(groups: Sequence[GroupNode]) -> dict[str, str | None]:
    """Return the groups by id, each with the group around it."""
    return {group.group_id: group.parent for group in groups}

"""DAG versions as readers need them: decoded once, kept by version id, never changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.model.graph import Graph
from penstock.model.spec import DagSpec, ScheduleSpec, TaskSpec, decode_spec
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.store import tables
from penstock.store.statement import table_of

_version = table_of(tables.DagVersionRow)
_KEPT = 256


def version_name(spec_hash: str, source_hash: str) -> str:
    """Return a version's name: eight digits for what the DAG says, eight for the file that says it."""
    return f"{spec_hash[:8]}-{source_hash[:8]}"


class Shape:
    """One version of a DAG. ``version`` is the name of the version, as people see it."""

    def __init__(self, spec: DagSpec, version: str, *, readable: bool = True) -> None:
        self.spec = spec
        self.readable = readable
        self.version = version
        self.tasks: dict[str, TaskSpec] = {task.task_id: task for task in spec.tasks}

    @cached_property
    def graph(self) -> Graph:
        """The tasks' edges and order."""
        return Graph.of(self.spec.tasks)

    @cached_property
    def nodes(self) -> tuple[TaskNode, ...]:
        """The tasks in topological order."""
        return tuple(self._node(self.tasks[task_id]) for task_id in self.graph.order)

    @cached_property
    def groups(self) -> tuple[GroupNode, ...]:
        """The task groups, as the author wrote them."""
        return tuple(
            GroupNode(
                group_id=group.group_id,
                parent=group.parent,
                tooltip=group.tooltip,
                mapped=group.expand is not None,
            )
            for group in self.spec.groups
        )

    @cached_property
    def mapped(self) -> frozenset[str]:
        """The tasks that may have several instances: mapped, or in a mapped group."""
        inside: set[str] = set()
        for group in self.spec.groups:  # parents come before their children
            if group.expand is not None or group.parent in inside:
                inside.add(group.group_id)
        return frozenset(task.task_id for task in self.spec.tasks if task.is_mapped or task.group in inside)

    def _node(self, task: TaskSpec) -> TaskNode:
        return TaskNode(
            task_id=task.task_id,
            operator=task.operator,
            upstream=task.upstream,
            downstream=self.graph.downstream[task.task_id],
            group=task.group,
            trigger_rule=task.trigger_rule,
            retries=task.retries,
            pool=task.pool,
            doc=task.doc,
            line=task.line,
            mapped=task.task_id in self.mapped,
        )


def _shape(row: Any) -> Shape:
    name = version_name(str(row.spec_hash), str(row.source_hash))
    try:
        return Shape(decode_spec(row.spec), name)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        return _unreadable(str(row.dag_id), str(row.file), name, str(error))


def _unreadable(dag_id: str, file: str, name: str, reason: str) -> Shape:
    """Return what stands for a version that cannot be read: a DAG without tasks."""
    schedule = ScheduleSpec(text="?")
    spec = DagSpec(
        dag_id=dag_id, file=file, schedule=schedule, description=f"this version cannot be read: {reason}"
    )
    return Shape(spec, name, readable=False)


class Shapes:
    """The versions used of late, by id. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Shape] = OrderedDict()

    def load(self, connection: Connection, ids: Iterable[int]) -> dict[int, Shape]:
        """Return the shapes of *ids*, reading those not kept with one statement."""
        with self._lock:
            wanted = set(ids)
            found = {key: shape for key in wanted if (shape := self._kept.get(key)) is not None}
            # A row that somebody wrote by hand may name anything, and this is no number then.
            missing = sorted(key for key in wanted - found.keys() if type(key) is int)
            if missing:
                rows = connection.execute(sa.select(_version).where(_version.c.id.in_(missing)))
                found |= {row.id: _shape(row) for row in rows}
            for key, shape in found.items():
                if shape.readable:
                    self._kept[key] = shape
                    self._kept.move_to_end(key)
            found |= {key: _unreadable("", "", "", "it is not stored") for key in wanted - found.keys()}
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def one(self, connection: Connection, key: int) -> Shape:
        """Return the shape of one version."""
        return self.load(connection, [key])[key]

"""Reads DAG versions: each is decoded once and cached by version id."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from penstock.model.one_spec import stored_spec
from penstock.model.spec import DagSpec, ScheduleSpec, TaskSpec
from penstock.model.structure import Structure
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.store.sql.views import versions as sql
from penstock.store.sqlite.connection import Connection

_KEPT = 256
"""Versions that are kept at least; as many as were asked for at once, if that is more."""


def version_name(spec_hash: str, source_hash: str) -> str:
    """Return a version's name: eight digits of the spec's hash, eight of the file's."""
    return f"{spec_hash[:8]}-{source_hash[:8]}"


class StoredVersion(Structure):
    """One version as readers need it. ``name`` is for people; an unreadable version has no tasks."""

    def __init__(
        self, version_id: int, spec: DagSpec, source_hash: str, name: str, *, readable: bool = True
    ) -> None:
        super().__init__(version_id, spec, source_hash)
        self.name = name
        self.readable = readable

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
            mapped=task.task_id in self.mapping,
        )


def _stored(row: Any) -> StoredVersion:
    name = version_name(str(row.spec_hash), str(row.source_hash))
    try:
        return StoredVersion(row.id, stored_spec(row.spec), str(row.source_hash), name)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        return _unreadable(row.id, str(row.dag_id), str(row.file), name, str(error))


def _unreadable(key: int, dag_id: str, file: str, name: str, reason: str) -> StoredVersion:
    """Return a DAG without tasks in place of a version that cannot be read."""
    schedule = ScheduleSpec(text="?")
    spec = DagSpec(
        dag_id=dag_id, file=file, schedule=schedule, description=f"this version cannot be read: {reason}"
    )
    return StoredVersion(key, spec, "", name, readable=False)


class Versions:
    """A cache of versions, by id. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, StoredVersion] = OrderedDict()
        self._room = _KEPT

    def load(self, connection: Connection, ids: Iterable[int]) -> dict[int, StoredVersion]:
        """Return the versions *ids*, reading those not cached with one statement."""
        with self._lock:
            wanted = set(ids)
            found = {key: version for key in wanted if (version := self._kept.get(key)) is not None}
            # A row written by hand may contain anything, so this may not be a number.
            missing = sorted(key for key in wanted - found.keys() if type(key) is int)
            if missing:
                rows = connection.execute(sql.SOME, {"keys": missing})
                found |= {row.id: _stored(row) for row in rows}
            for key, version in found.items():
                if version.readable:
                    self._kept[key] = version
                    self._kept.move_to_end(key)
            found |= {key: _unreadable(key, "", "", "", "it is not stored") for key in wanted - found.keys()}
            self._room = max(self._room, len(wanted))  # a list of all DAGs is asked for again
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return found

    def one(self, connection: Connection, key: int) -> StoredVersion:
        """Return one version."""
        return self.load(connection, [key])[key]

"""The structure of a DAG as views: tasks and groups, independent of any run."""

from __future__ import annotations

import msgspec


class TaskNode(msgspec.Struct, frozen=True, kw_only=True):
    """One task of a DAG's structure."""

    task_id: str
    operator: str
    upstream: tuple[str, ...]
    downstream: tuple[str, ...]
    group: str | None
    trigger_rule: str
    retries: int
    pool: str
    doc: str | None = None
    line: int | None = None
    mapped: bool = False
    """Whether it may have several instances: it is mapped itself, or in a mapped group."""


class GroupNode(msgspec.Struct, frozen=True, kw_only=True):
    """One TaskGroup of a DAG's structure."""

    group_id: str
    parent: str | None = None
    tooltip: str | None = None
    mapped: bool = False

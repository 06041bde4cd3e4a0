"""Assets for people and scripts: which tasks make them, which DAGs wait for them, what changed them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.model.views.view import View


class AssetEventRow(View, frozen=True, kw_only=True):
    """One change of an asset. If it has no source, a person made it (``by``)."""

    event_id: int
    at: datetime
    name: str
    uri: str
    extra: dict[str, Any]
    by: str
    aliases: tuple[str, ...] = ()
    source_dag_id: str | None = None
    source_run_id: str | None = None
    source_task_id: str | None = None
    source_map_index: int = -1
    source_logical_date: datetime | None = None
    source_data_interval_start: datetime | None = None
    source_data_interval_end: datetime | None = None
    partition_key: str | None = None
    """Which partition of the asset has changed."""
    runs: tuple[tuple[str, str], ...] = ()
    """The runs that it started: (dag_id, run_id)."""


class AssetTask(View, frozen=True, kw_only=True):
    """A task that makes or reads an asset."""

    dag_id: str
    task_id: str


class AssetConsumer(View, frozen=True, kw_only=True):
    """A DAG whose schedule waits for an asset."""

    dag_id: str
    schedule: str
    paused: bool
    queued: int
    """Changes of any asset that have not had a run yet."""
    waits_for: tuple[str, ...]
    """What must still change before it runs; empty when it is due."""


class AssetRow(View, frozen=True, kw_only=True):
    """One asset, or one alias."""

    name: str
    uri: str
    group: str = "asset"
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    alias: bool = False
    producers: tuple[AssetTask, ...] = ()
    readers: tuple[AssetTask, ...] = ()
    """Tasks that have it among their inlets."""
    consumers: tuple[AssetConsumer, ...] = ()
    events: int = 0
    last_event: AssetEventRow | None = None


class Branch(View, frozen=True, kw_only=True):
    """One step of an asset's lineage: a task, a DAG or an asset, and what is below it."""

    kind: str
    """``task``, ``dag`` or ``asset``."""
    name: str
    uri: str = ""
    dag_id: str = ""
    verb: str = ""
    """``made by``, ``read by`` or ``runs``."""
    again: bool = False
    """Whether it stands further up already, and is not opened again."""
    below: tuple[Branch, ...] = ()


class AssetLineage(View, frozen=True, kw_only=True):
    """Where an asset comes from, and what becomes of it."""

    up: tuple[Branch, ...] = ()
    down: tuple[Branch, ...] = ()

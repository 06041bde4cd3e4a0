"""Views of the instance as a whole: the engine, its disk, pools, executors, and what needs a hand."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.pools import PoolRow, SlotUse
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.status import ImportErrorRow
from penstock.model.views.view import View


class TickTimes(View, frozen=True, kw_only=True):
    """How long the ticks of the running engine took, in seconds; None before the first."""

    count: int = 0
    seconds: float = 0.0
    """All of them together."""
    p50: float | None = None
    p99: float | None = None
    """Of the last ``of`` ticks, like ``p50``."""
    of: int = 0
    longest: float | None = None
    longest_at: datetime | None = None


class EngineFacts(View, frozen=True, kw_only=True):
    """The engine's process and its queue. ``pid`` is None if no engine runs."""

    pid: int | None = None
    since: datetime | None = None
    version: str = ""
    pss: int | None = None
    """Bytes of memory, what is shared with other processes divided among them; None if unknown."""
    rss: int | None = None
    """Bytes of memory, what is shared counted whole."""
    ticks: TickTimes = TickTimes()
    running: int = 0
    """Attempts that hold a slot."""
    queued: int = 0
    """Task instances that wait for a slot."""
    parallelism: int = 0
    runs_active: int = 0
    last_seen: datetime | None = None
    """When the store was last written."""
    warnings: tuple[str, ...] = ()


class DiskFacts(View, frozen=True, kw_only=True):
    """Sizes in bytes, and how long the disk lasts."""

    database: int = 0
    wal: int = 0
    """The write-ahead log."""
    unused: int = 0
    """Pages in the database that new rows take first."""
    logs: int = 0
    """Logs of attempts that have ended."""
    free: int = 0
    total: int = 0
    least: int = 0
    """With less free than this nothing is launched."""
    written_day: int = 0
    """Written in the last 24 hours: logs, what is kept of attempts, and their share of the database."""
    written_week: int = 0
    """The same for the last seven days."""
    rate: float | None = None
    """Bytes a day: the faster of the last day and the last week. None if nothing was written in them."""
    lasts: float | None = None
    """Seconds until ``least`` is reached at this rate, if nothing is deleted; None without a rate."""


class WorkerRow(View, frozen=True, kw_only=True):
    """One worker of an executor on other hosts. Resources are amounts by name."""

    name: str
    executor: str
    host: str
    slots: int
    used: int
    queues: tuple[str, ...]
    state: Literal["ready", "draining", "unreachable"]
    since: datetime | None
    """When it got into its state."""
    resources: dict[str, float] = msgspec.field(default_factory=dict)
    load: float | None = None
    """The load of its host over the last minute."""
    contact: datetime | None = None
    """When it was last heard of."""
    version: str = ""
    note: str | None = None
    runs: tuple[SlotUse, ...] = ()
    """What runs there of this instance."""


class ExecutorRow(View, frozen=True, kw_only=True):
    """One process that runs attempts for an executor; of a worker on a host, ``worker`` says more."""

    executor: str
    pid: int | None
    attempts: int
    state: str
    """``working``, ``idle``, ``leaving`` (gets no new work), ``starting``, or ``silent``: see ``note``.
    A worker's is that of `WorkerRow`.
    """
    rss: int | None = None
    note: str | None = None
    worker: WorkerRow | None = None


class MissedPoints(View, frozen=True, kw_only=True):
    """Schedule points of one DAG that did not get their run in time, in the last 24 hours."""

    dag_id: str
    late: bool
    """Whether they ran late; else they were skipped."""
    reason: str | None
    count: int
    first: datetime
    last: datetime


class RetentionFacts(View, frozen=True, kw_only=True):
    """What was deleted last because it was old, and what the next pass will delete."""

    kept: str = ""
    """What is kept, in words."""
    last: datetime | None = None
    """When the last pass ended; None if there was none."""
    took: float = 0.0
    """Seconds of the last pass."""
    removed: int = 0
    """Runs that it deleted."""
    next: datetime | None = None
    due: dict[str, int] = msgspec.field(default_factory=dict)
    """Runs that the next pass will delete, by DAG, as far as is known."""
    problem: str | None = None
    """Why the last pass failed or did nothing."""


class SystemPage(View, frozen=True, kw_only=True):
    """How the instance is. Lists are cut off where they say so; ``*_total`` counts all."""

    at: datetime
    engine: EngineFacts
    disk: DiskFacts
    pools: tuple[PoolRow, ...] = ()
    executors: tuple[ExecutorRow, ...] = ()
    import_errors: tuple[ImportErrorRow, ...] = ()
    callbacks: tuple[CallbackRow, ...] = ()
    """The newest 100 that failed in the last 24 hours."""
    callbacks_total: int = 0
    missed: tuple[MissedPoints, ...] = ()
    retention: RetentionFacts = RetentionFacts()
    quarantine: tuple[QuarantineRow, ...] = ()

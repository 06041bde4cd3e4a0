"""Views of this moment: what runs and what it uses, and what waits and why."""

from __future__ import annotations

from datetime import datetime

import msgspec

from penstock.model.barriers import BarrierKind
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.view import View


class LiveAttempt(View, frozen=True, kw_only=True):
    """One attempt that has not ended, with what all its processes use. None is not known yet."""

    attempt_id: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    state: TaskState
    pid: int | None
    cpu: float | None
    """Per cent of one core, at the last sample."""
    rss: int | None
    """Bytes of memory, now."""
    peak_rss: int | None
    read_bytes: int | None
    write_bytes: int | None
    processes: int | None
    """Also those whose parent has ended."""
    start: datetime | None
    """When it was claimed; before that it is on its way."""
    seconds: float
    """Its age: since it started, or since its launch was asked for."""
    p50: float | None
    """What the task's last successes took: half of them at most this, in seconds."""
    p95: float | None
    run_type: RunType
    run_state: RunState
    logical_date: datetime | None
    run_after: datetime
    executor: str = "local"
    worker: str | None = None
    """The worker that has it; None for the engine's own machine."""


class WaitingItem(View, frozen=True, kw_only=True):
    """A run (``task_id`` None) or a task instance that could go on but for its first barrier."""

    dag_id: str
    run_id: str
    task_id: str | None
    map_index: int
    state: str
    since: datetime | None
    kind: BarrierKind
    text: str
    """The barrier in words."""
    until: datetime | None = None
    others: int = 0
    """How many further barriers hold it."""


class NowPage(View, frozen=True, kw_only=True):
    """What runs, the oldest first, and the first of what waits."""

    attempts: tuple[LiveAttempt, ...]
    waiting: tuple[WaitingItem, ...] = ()
    waiting_total: int = 0


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine's picture adds to the rows: what waits, and the peaks of what runs, by attempt."""

    waiting: tuple[WaitingItem, ...]
    total: int
    peaks: dict[str, int]

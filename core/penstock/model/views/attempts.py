"""Views of attempts: what was launched, its log, and what it used."""

from __future__ import annotations

from datetime import datetime

from penstock.model.outcome import Outcome
from penstock.model.views.view import View


class AttemptRow(View, frozen=True, kw_only=True):
    """One launch."""

    attempt_id: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    queued: datetime
    start: datetime | None
    end: datetime | None
    outcome: Outcome | None
    pid: int | None = None
    log_bytes: int | None = None
    log_path: str | None = None
    executor: str = "local"
    worker: str | None = None
    """The worker that has or had it; None for the engine's own machine."""


class LogChunk(View, frozen=True, kw_only=True):
    """Bytes of a log. ``end`` means that the attempt has ended and nothing follows ``next_offset``."""

    data: bytes
    offset: int
    next_offset: int
    size: int
    end: bool
    start_time: datetime | None = None
    """When the first byte of the chunk was written, from the time index, if known."""


class Sample(View, frozen=True, kw_only=True):
    """Resources of one attempt at one time; the bytes are totals since its start."""

    at: datetime
    cpu_percent: float
    rss: int
    read_bytes: int
    write_bytes: int
    processes: int

"""Views of the engine: how it is, and the files that it cannot load."""

from __future__ import annotations

from datetime import datetime

from penstock.model.views.view import View


class EngineStatus(View, frozen=True, kw_only=True):
    """The state of the engine. ``pid`` is None if no engine runs; the rest is then as last stored."""

    pid: int | None
    since: datetime | None
    running: int
    """Attempts that hold a slot."""
    queued: int
    """Task instances that wait for a slot."""
    failed_24h: int
    """Task instances that failed in the last 24 hours."""
    idle_seconds: float | None
    """How long since the last transition; None if there was none."""
    database_bytes: int
    log_bytes: int
    home: str
    version: str
    dags: int = 0
    runs_active: int = 0
    parallelism: int = 0
    import_errors: int = 0
    last_seen: datetime | None = None
    """When the store was last written: the age of the data when ``pid`` is None."""
    attempts_live: int = 0
    kept: str | None = None
    """How long data is kept, in words."""
    warnings: tuple[str, ...] = ()
    silent_pid: int | None = None
    """Pid of the engine that holds the home but does not answer; 0 if its pid is unknown, else None."""
    ticks: int = 0
    """Ticks of the running engine since its start."""
    tick_seconds: float = 0.0
    """How long those ticks took together."""
    quarantined: int = 0
    """Runs, DAGs, orders and rows in quarantine."""
    failures: int = 0
    """Failures that are not dealt with, however old."""
    questions: int | None = None
    """How many tasks wait for a person's answer, if any do."""


class ImportErrorRow(View, frozen=True, kw_only=True):
    """A DAG file that cannot be loaded."""

    file: str
    message: str
    line: int | None
    since: datetime
    detail: str | None = None

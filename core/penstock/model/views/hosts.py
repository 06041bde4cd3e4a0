"""Views of the hosts whose instances are shown together."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from penstock.model.views.view import View


class HostState(StrEnum):
    """How a host is, seen from here."""

    CONNECTING = "connecting"
    LIVE = "live"
    SILENT = "silent"
    """It answers, and no engine runs there."""
    LOST = "lost"
    """It cannot be reached, or the connection is lost."""


class HostRow(View, frozen=True, kw_only=True):
    """One host: how it is, and the figures of its instance as last heard."""

    name: str
    state: HostState
    since: datetime | None = None
    """Since when it is so; for a silent one, when the engine was last heard."""
    reason: str | None = None
    """Why it cannot be reached."""
    production: bool = False
    failures: int = 0
    """Failures that are not dealt with."""
    running: int = 0
    queued: int = 0
    runs_active: int = 0
    dags: int = 0
    import_errors: int = 0
    home: str = ""
    version: str = ""

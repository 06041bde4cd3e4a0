"""Views of backfills and the schedule points in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.model.backfills import BackfillPointState, BackfillState, Canary, Reprocess
from penstock.model.views.view import View


class BackfillPoint(View, frozen=True, kw_only=True):
    """One schedule point of a backfill."""

    logical_date: datetime
    state: BackfillPointState
    run_id: str | None = None
    reason: str | None = None


class BackfillRow(View, frozen=True, kw_only=True):
    """One backfill."""

    backfill_id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    reprocess: Reprocess
    max_active_runs: int
    backwards: bool
    state: BackfillState
    created: datetime
    by: str
    ended: datetime | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """Points by state."""
    points: tuple[BackfillPoint, ...] = msgspec.field(default=(), name="slots")
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    canary: Canary | None = None
    """The state of the first point, if the others wait for it."""
    stop_after: int | None = None
    """After this many failed points nothing more is started."""
    quarantined: str | None = None
    """Why it is in quarantine; it then stands still until an operator takes it back or drops it."""

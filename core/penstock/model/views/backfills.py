"""Views of backfills and the schedule points in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from penstock.model.views.view import View

SlotState = Literal["waiting", "running", "success", "failed", "kept", "skipped", "cancelled"]
BackfillState = Literal["running", "paused", "success", "failed", "cancelled"]
Canary = Literal["waiting", "passed", "failed"]


class SlotRow(View, frozen=True, kw_only=True):
    """One schedule point of a backfill."""

    logical_date: datetime
    state: SlotState
    run_id: str | None = None
    reason: str | None = None


class BackfillRow(View, frozen=True, kw_only=True):
    """One backfill."""

    backfill_id: int
    dag_id: str
    from_date: datetime
    to_date: datetime
    reprocess: str
    max_active_runs: int
    backwards: bool
    state: BackfillState
    created: datetime
    by: str
    ended: datetime | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """Slots by state."""
    slots: tuple[SlotRow, ...] = ()
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    canary: Canary | None = None
    """The state of the first slot, if the others wait for it."""
    stop_after: int | None = None
    """After this many failed slots nothing more is started."""
    quarantined: str | None = None
    """Why it is in quarantine; it then stands still until an operator takes it back or drops it."""

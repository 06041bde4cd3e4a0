"""Views of schedules: points to come, records of the missed-point ledger, and days of a calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from penstock.model.states import RunState
from penstock.model.views.view import View

Settled = Literal["ran", "ran_late", "skipped", "backfilled"]
"""What becomes of a point in the ledger."""


class PointRow(View, frozen=True, kw_only=True):
    """One coming schedule point."""

    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime
    moved_by_dst: bool = False


class LedgerRow(View, frozen=True, kw_only=True):
    """One record of the missed-point ledger: one point, or a span of skipped ones."""

    first: datetime
    last: datetime
    count: int
    status: Settled
    reason: str | None = None
    run_id: str | None = None


class LedgerPoint(View, frozen=True, kw_only=True):
    """One schedule point and what became of it.

    ``waiting``: due, but its schedule is paused or the engine has not come to it; ``upcoming``: not due
    yet. Neither has a record. A skipped point lies in a span of such points, itself counted.
    """

    logical_date: datetime
    state: Literal["ran", "ran_late", "skipped", "backfilled", "waiting", "upcoming"]
    reason: str | None = None
    """Why it was skipped."""
    run_id: str | None = None
    run_state: RunState | None = None
    """None also when the run is no longer kept."""
    span_first: datetime | None = None
    span_last: datetime | None = None
    span_count: int = 1
    moved_by_dst: bool = False


class DayRow(View, frozen=True, kw_only=True):
    """What became of the schedule points of one day, on the DAG's clock."""

    day: date
    counts: dict[str, int]
    """Points by state, as in `LedgerPoint`."""
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    """Skipped points by reason."""
    runs: dict[str, int] = msgspec.field(default_factory=dict)
    """Runs of the points by state, those that are kept."""
    moved_by_dst: bool = False

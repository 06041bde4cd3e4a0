"""Views of schedules: future points, records of the missed-point ledger, and days of a calendar."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from penstock.model.points import PointState
from penstock.model.states import RunState
from penstock.model.views.view import View


class PointRow(View, frozen=True, kw_only=True):
    """One future schedule point."""

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
    status: PointState
    reason: str | None = None
    run_id: str | None = None


class LedgerPoint(View, frozen=True, kw_only=True):
    """One schedule point and what happened to it.

    A skipped point belongs to a span of such points, which has a count.
    """

    logical_date: datetime
    state: PointState
    reason: str | None = None
    """Why it was skipped."""
    run_id: str | None = None
    run_state: RunState | None = None
    """Also None if the run is no longer kept."""
    span_first: datetime | None = None
    span_last: datetime | None = None
    span_count: int = 1
    moved_by_dst: bool = False


class DayRow(View, frozen=True, kw_only=True):
    """What happened to the schedule points of one day, in the DAG's time zone."""

    day: date
    counts: dict[str, int]
    """Points by state, as in `LedgerPoint`."""
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    """Skipped points by reason."""
    runs: dict[str, int] = msgspec.field(default_factory=dict)
    """Runs of the points by state, as far as they are kept."""
    moved_by_dst: bool = False

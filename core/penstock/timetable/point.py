"""One point of a schedule, and the ends of time between which points lie."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Later than any point: what a grid answers when it has no further tick."""
DAWN = datetime(1800, 1, 1, tzinfo=UTC)
"""Earlier than any point: what a grid answers when it has no earlier tick."""


class Point(NamedTuple):
    """A moment at which a schedule is due. All moments are aware and in UTC.

    ``logical_date`` is the date that the run stands for, always the start of the data interval;
    ``run_after`` is the earliest start. ``moved_by_dst``: a clock change shifted one of these
    moments away from the wall time that the schedule names.
    """

    logical_date: datetime
    data_interval_start: datetime
    data_interval_end: datetime
    run_after: datetime
    moved_by_dst: bool = False

    @classmethod
    def over(cls, start: datetime, end: datetime, *, moved: bool = False) -> Point:
        """Return the point that covers *start* to *end* and is due at *end*."""
        return cls(start, start, end, end, moved)

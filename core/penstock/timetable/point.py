"""One point of a schedule, and the limits of time for points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Later than any point: the answer of a grid without a further tick."""
DAWN = datetime(1800, 1, 1, tzinfo=UTC)
"""Earlier than any point: the answer of a grid without an earlier tick."""


class Point(NamedTuple):
    """A time at which a schedule is due. All times are aware and in UTC.

    ``logical_date`` is the date of the run, always the start of the data interval; ``run_after`` is the
    earliest start. ``moved_by_dst``: a clock change moved one of these times away from the wall time of
    the schedule.
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

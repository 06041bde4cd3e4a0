"""What a timetable answers: when a run is due, and what span of time it is about."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple


class DataInterval(NamedTuple):
    """The span of time that a run is about."""

    start: dt.datetime
    end: dt.datetime

    @classmethod
    def exact(cls, at: dt.datetime) -> DataInterval:
        """Return a span without length."""
        return cls(at, at)


class TimeRestriction(NamedTuple):
    """From when until when a DAG may run, and whether it catches up."""

    earliest: dt.datetime | None
    latest: dt.datetime | None
    catchup: bool


class DagRunInfo(NamedTuple):
    """When a run is due, and what it is about."""

    run_after: dt.datetime
    data_interval: DataInterval | None = None
    partition_date: dt.datetime | None = None
    partition_key: str | None = None

    @classmethod
    def exact(cls, at: dt.datetime) -> DagRunInfo:
        """Return a run that is due when its span without length is over."""
        return cls(at, DataInterval.exact(at))

    @classmethod
    def interval(cls, start: dt.datetime, end: dt.datetime) -> DagRunInfo:
        """Return a run that is due at the end of its span."""
        return cls(end, DataInterval(start, end))

    @property
    def logical_date(self) -> dt.datetime:
        """The date of the run: the start of its span."""
        return self.data_interval.start if self.data_interval else self.run_after

"""Timetables: the simple ones of Airflow, and the base of an author's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from penstock.airflow.served.run_times import DagRunInfo, DataInterval, TimeRestriction
from penstock.authoring.schedules import ScheduleFields, Timetable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.schedules import Wanted


class NullTimetable(Timetable):
    """Never."""

    def __init__(self) -> None:
        self.fields = ScheduleFields()


class OnceTimetable(Timetable):
    """Once."""

    def __init__(self) -> None:
        self.fields = ScheduleFields(kind="once", text="@once")


class ContinuousTimetable(Timetable):
    """Again as soon as a run has ended."""

    def __init__(self) -> None:
        self.fields = ScheduleFields(kind="continuous", text="@continuous")


class CustomTimetable:
    """The base of an author's own timetable; a subclass writes ``next_dagrun_info``."""

    description = ""
    periodic = True
    can_be_scheduled = True
    run_ordering = ("data_interval_end", "execution_date")
    active_runs_limit: int | None = None

    def infer_manual_data_interval(self, *, run_after: dt.datetime) -> DataInterval:
        """Return the span of a run that a person triggers."""
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the run after the last one; raise NotImplementedError if the subclass says nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no next_dagrun_info()")

    @property
    def summary(self) -> str:
        """The schedule in a word."""
        return type(self).__name__

    def validate(self) -> None:
        """Raise if the timetable is wrong; a subclass knows."""

    def serialize(self) -> dict[str, Any]:
        """Return what `deserialize` needs."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> CustomTimetable:
        """Return the timetable of *data*."""
        return cls(**data)

    def as_fields(self) -> ScheduleFields:
        """Return the schedule as ours: its points are asked for when the dates of the DAG are known."""
        return ScheduleFields(kind="listed", ask=self._listed, text=str(self.summary))

    def _listed(self, wanted: Wanted) -> ScheduleFields:
        from penstock.airflow.listing import points_of

        return points_of(self, wanted)


class EventsTimetable(CustomTimetable):
    """Certain moments."""

    def __init__(
        self,
        event_dates: Iterable[dt.datetime],
        restrict_to_events: bool = False,
        presorted: bool = False,
        description: str | None = None,
    ) -> None:
        self.event_dates = list(event_dates) if presorted else sorted(event_dates)
        self.restrict_to_events = restrict_to_events
        self.description = description or f"{len(self.event_dates)} events"

    @property
    def summary(self) -> str:
        """The schedule in a word."""
        return self.description

    def _listed(self, wanted: Wanted) -> ScheduleFields:
        del wanted  # the engine keeps to the dates of the DAG
        from penstock.airflow.listing import seconds_of

        points = tuple((at, at, at) for at in dict.fromkeys(map(seconds_of, self.event_dates)))
        return ScheduleFields(kind="listed", points=points, text=self.summary)

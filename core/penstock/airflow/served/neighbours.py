"""The dates before and after a date in a schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.schedules import ScheduleFields
    from penstock.task_process.moment import Moment


def neighbour(dag: Any, date: datetime) -> tuple[Moment | None, Moment | None]:
    """Return the dates before and after *date* in the schedule of *dag*; None where there is none."""
    return around(dag.schedule, dag.timezone_name or "UTC", date, start=_aware(dag.start_date))


def around(
    schedule: ScheduleFields, zone: str, date: datetime, *, start: datetime | None = None
) -> tuple[Moment | None, Moment | None]:
    """Return the dates before and after *date* in *schedule*, none of them before *start*."""
    from penstock.authoring.schedule_spec import schedule_of
    from penstock.task_process.moment import Moment
    from penstock.timetable.schedule import timetable_of

    table = timetable_of(schedule_of(schedule, zone))
    for back in (timedelta(days=2), timedelta(days=70), timedelta(days=800)):
        last = None
        for point in table.points_after(date - back, start=start):
            if point.logical_date > date:
                if last is None:
                    break
                return Moment.of(last), Moment.of(point.logical_date)
            if point.logical_date < date:
                last = point.logical_date
    following = next((p.logical_date for p in table.points_after(date) if p.logical_date > date), None)
    return None, None if following is None else Moment.of(following)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment

"""The partition that a run of a date is about, in schedules that say so. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from penstock.model.spec import ScheduleSpec
from penstock.timetable.schedule import timetable_of


def partition_of_date(schedule: ScheduleSpec, date: datetime) -> tuple[datetime, str] | None:
    """Return the date (UTC) and the key of the partition that a run of *date* is about.

    None for a schedule without partitions of dates, and where it has no date so far on or back.
    """
    rules = schedule.partitions
    if rules is None or rules.key_format is None:
        return None
    found: datetime | None = date
    for _ in range(abs(rules.offset)):
        if found is not None:
            found = around(schedule, found)[rules.offset > 0]
    if found is None:
        return None
    return found, found.astimezone(ZoneInfo(schedule.timezone)).strftime(rules.key_format)


def key_of_date(schedule: ScheduleSpec, date: datetime) -> str | None:
    """Return the key alone."""
    found = partition_of_date(schedule, date)
    return None if found is None else found[1]


def around(
    schedule: ScheduleSpec, date: datetime, *, start: datetime | None = None
) -> tuple[datetime | None, datetime | None]:
    """Return the dates before and after *date* in *schedule*, none of them before *start*."""
    table = timetable_of(schedule)
    for back in (timedelta(days=2), timedelta(days=70), timedelta(days=800)):
        last = None
        for point in table.points_after(date - back, start=start):
            if point.logical_date > date:
                if last is None:
                    break
                return last, point.logical_date
            if point.logical_date < date:
                last = point.logical_date
    return None, next((p.logical_date for p in table.points_after(date) if p.logical_date > date), None)

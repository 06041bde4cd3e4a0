"""Partitioned schedules: those with a cron give their runs a partition; others run by their assets alone."""

from __future__ import annotations

from enum import StrEnum

from penstock.authoring import scope
from penstock.authoring.place import refuse
from penstock.authoring.schedules import CronTriggerTimetable, ScheduleFields, Timetable, condition_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Any

    from penstock.task_process.moment import Moment

__all__ = [
    "AllowedKeyMapper", "ChainMapper", "DayWindow", "FanOutMapper", "FixedKeyMapper", "HourWindow",
    "IdentityMapper", "MinimumCount", "MonthWindow", "PartitionMapper", "ProductMapper", "QuarterWindow",
    "RollupMapper", "SegmentWindow", "StartOfDayMapper", "StartOfHourMapper", "StartOfMonthMapper",
    "StartOfQuarterMapper", "StartOfWeekMapper", "StartOfYearMapper", "WaitForAll", "WeekWindow", "Window",
    "YearWindow",
]  # fmt: skip


class _Kept:
    """Something that is written in a file and has no effect."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self.given = (args, named)


class PartitionMapper(_Kept):
    """Which partition of one asset belongs to which of another."""


class AllowedKeyMapper(PartitionMapper):
    """Only certain keys."""


class ChainMapper(PartitionMapper):
    """One mapper after another."""


class FanOutMapper(PartitionMapper):
    """Many for one."""


class FixedKeyMapper(PartitionMapper):
    """Always the same."""


class IdentityMapper(PartitionMapper):
    """The same key."""


class ProductMapper(PartitionMapper):
    """A mapper for each part of a key."""


class RollupMapper(PartitionMapper):
    """One for many."""


class StartOfHourMapper(PartitionMapper):
    """The hour of a moment."""


class StartOfDayMapper(PartitionMapper):
    """The day of a moment."""


class StartOfWeekMapper(PartitionMapper):
    """The week of a moment."""


class StartOfMonthMapper(PartitionMapper):
    """The month of a moment."""


class StartOfQuarterMapper(PartitionMapper):
    """The quarter of a moment."""


class StartOfYearMapper(PartitionMapper):
    """The year of a moment."""


class Direction(StrEnum):
    """Whether a window is after or before its key."""

    FORWARD = "forward"
    BACKWARD = "backward"


class Window(_Kept):
    """The partitions that belong together."""

    Direction = Direction


class HourWindow(Window):
    """Those of an hour."""


class DayWindow(Window):
    """Those of a day."""


class WeekWindow(Window):
    """Those of a week."""


class MonthWindow(Window):
    """Those of a month."""


class QuarterWindow(Window):
    """Those of a quarter."""


class YearWindow(Window):
    """Those of a year."""


class SegmentWindow(Window):
    """Those with certain keys."""


class WaitForAll(_Kept):
    """Wait for every partition."""


class MinimumCount(_Kept):
    """Wait for so many partitions."""


def _notice(what: str) -> None:
    scope.current().notices[
        f"{what}: partitions of assets are not followed, so partition_key and partition_date are None"
    ] = None


class CronPartitionTimetable(CronTriggerTimetable):
    """Fires by a cron; each scheduled run is about the partition of its date, *run_offset* points on.

    The key is that partition's date on the clock of *timezone*, written by *key_format* (as for strftime).
    """

    def __init__(
        self,
        cron: str,
        *,
        timezone: Any = "UTC",
        run_offset: int | None = None,
        run_immediately: bool | timedelta = False,
        key_format: str = "%Y-%m-%dT%H:%M:%S",
    ) -> None:
        if run_offset is not None and (isinstance(run_offset, bool) or not isinstance(run_offset, int)):
            refuse(f"run_offset must be a whole number, not {run_offset!r}")
        if not isinstance(key_format, str):
            refuse(f"key_format must be a string, not {key_format!r}")
        super().__init__(cron, timezone=timezone, run_immediately=run_immediately)
        self.fields.partition = (run_offset or 0, key_format)


def partition_of(schedule: ScheduleFields, zone: str, date: datetime) -> tuple[Moment | None, str | None]:
    """Return the date (UTC) and the key of the partition that a run of *date* is about.

    *zone* is the time zone of a schedule that has none. Both are None for a schedule without partitions, and
    where a cron has no date so far on or back.
    """
    from zoneinfo import ZoneInfo

    from penstock.airflow.served.neighbours import around
    from penstock.task_process.moment import Moment

    if schedule.partition is None:
        return None, None
    offset, key_format = schedule.partition
    found: Moment | None = Moment.of(date)
    for _ in range(abs(offset)):
        if found is not None:
            found = around(schedule, zone, found)[offset > 0]
    if found is None:
        return None, None
    return found, found.astimezone(ZoneInfo(schedule.timezone or zone)).strftime(key_format)


class PartitionedAssetTimetable(Timetable):
    """Runs when assets have changed; which of their partitions would belong together is not looked at."""

    def __init__(self, *, assets: Any, **more: Any) -> None:
        del more
        condition = condition_of(assets)
        if condition is None:
            refuse(f"assets must be assets, not {assets!r}")
        self.fields = ScheduleFields(assets=condition, text="")
        _notice("PartitionedAssetTimetable runs at every change of its assets")


class PartitionedAtRuntime(Timetable):
    """No schedule: the one who triggers a run would name its partition."""

    def __init__(self, *args: Any, **named: Any) -> None:
        del args, named
        self.fields = ScheduleFields()
        _notice("PartitionedAtRuntime has no schedule")

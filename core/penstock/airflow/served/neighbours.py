"""The dates before and after a date in a schedule."""

from __future__ import annotations

from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.task_process.moment import Moment


def neighbour(dag: Any, date: datetime) -> tuple[Moment | None, Moment | None]:
    """Return the dates before and after *date* in the schedule of *dag*; None where there is none."""
    from penstock.authoring.schedule_spec import schedule_of
    from penstock.task_process.moment import Moment
    from penstock.timetable.partition import around

    schedule = schedule_of(dag.schedule, dag.timezone_name or "UTC")
    before, after = around(schedule, date, start=_aware(dag.start_date))
    return None if before is None else Moment.of(before), None if after is None else Moment.of(after)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment

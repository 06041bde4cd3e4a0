"""Asks an author's own timetable for its points, in the child that loads the file: no engine runs its code.

The list begins where the schedule stands and has some points that are yet to come. When the engine is about
to run out of them it has the file loaded again.
"""

from __future__ import annotations

import datetime as dt
import time

from penstock.airflow.served.run_times import DagRunInfo, DataInterval, TimeRestriction
from penstock.authoring.place import refuse
from penstock.authoring.schedules import ScheduleFields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.schedules import Wanted

MOST, AHEAD = 2_000, 60
"""Points of one list at most, and those of them that are yet to come."""
SECONDS = 5.0
"""How long asking may take; a list that is short because of it still goes on where it ends."""
_BACK = 1
"""Months before the present one where a list begins without catchup."""


def points_of(timetable: Any, wanted: Wanted) -> ScheduleFields:
    """Return *timetable* as a list of points: after those that are settled, or from the start of the DAG on.

    Raises `DagFileError`, with the name of the class, when it fails, answers nothing that makes sense, or
    goes back in time.
    """
    name = type(timetable).__name__
    now = dt.datetime.now(dt.UTC)
    recent = _month(now, -_BACK)
    first = wanted.start
    if first is None or (first < recent and not wanted.catchup):
        first = recent
    limits = TimeRestriction(_pendulum(first), _pendulum(wanted.end), catchup=True)
    found: list[tuple[int, int, int]] = []
    last: DataInterval | None = None
    if wanted.after is not None:
        found.append((*wanted.after, wanted.after[1]))
        last = DataInterval(*(_pendulum(dt.datetime.fromtimestamp(one, dt.UTC)) for one in wanted.after))
    until = time.monotonic() + SECONDS
    coming, goes_on = 0, True
    while coming < AHEAD and len(found) < MOST and (time.monotonic() < until or len(found) < 2):
        info = _next(timetable, name, last, limits)
        if info is None:
            goes_on = False
            break
        point, last = _point(info, name)
        if found and (point[2] <= found[-1][2] or point[0] <= found[-1][0]):
            refuse(f"the timetable {name} does not go on: after {info.run_after} comes nothing later")
        found.append(point)
        coming += point[2] > now.timestamp()
    if not found:
        refuse(
            f"the timetable {name} has no run from {first:%Y-%m-%d} on: write schedule=None if that is meant"
        )
    return ScheduleFields(kind="listed", points=tuple(found), goes_on=goes_on, text=str(timetable.summary))


def _month(moment: dt.datetime, away: int) -> dt.datetime:
    """Return the beginning of the month that is so many away from the one of *moment*."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + away, 12)
    return dt.datetime(year, month + 1, 1, tzinfo=dt.UTC)


def seconds_of(moment: dt.datetime) -> int:
    """Return a moment in seconds since 1970; one without a zone is in UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return int(aware.timestamp())


def _next(timetable: Any, name: str, last: DataInterval | None, limits: TimeRestriction) -> DagRunInfo | None:
    try:
        info: DagRunInfo | None = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=limits
        )
    except Exception as error:  # noqa: BLE001 - it is the author's code
        refuse(f"the timetable {name} failed when it was asked for its runs: {type(error).__name__}: {error}")
    return info


def _point(info: Any, name: str) -> tuple[tuple[int, int, int], DataInterval]:
    try:
        interval = info.data_interval or DataInterval.exact(info.run_after)
        start, end, due = seconds_of(interval.start), seconds_of(interval.end), seconds_of(info.run_after)
    except (AttributeError, TypeError, OverflowError):
        refuse(f"the timetable {name} answers {info!r}, which is not a DagRunInfo")
    return (start, end, due), DataInterval(_pendulum(interval.start), _pendulum(interval.end))


def _pendulum(moment: dt.datetime | None) -> Any:
    """Return *moment* as authors expect it."""
    if moment is None:
        return None
    import pendulum

    return pendulum.instance(moment)

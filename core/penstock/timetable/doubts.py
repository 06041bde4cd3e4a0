"""Warnings for the author about a schedule that is valid but may not mean what was intended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from penstock.model.spec import DagSpec
from penstock.timetable.cron import CronGrid
from penstock.timetable.due import first_open
from penstock.timetable.point import DAWN, NEVER
from penstock.timetable.schedule import timetable_of
from penstock.timetable.timetable import PeriodicTimetable
from penstock.timetable.triggers import CronTriggerTimetable

_WORTH_SAYING = timedelta(hours=12)
"""A shorter grace for the first run of a new DAG gets no warning unless it applies."""
_SAMPLE = datetime(2001, 1, 1, tzinfo=UTC)


def doubts_about(dag: DagSpec, *, fresh: bool = True) -> tuple[str, ...]:
    """Return the warnings about *dag*'s schedule, each as a sentence and once.

    *fresh* is false for a DAG that has run before and has no first run any more. Raises ValueError if
    the schedule is invalid.
    """
    table = timetable_of(dag.schedule)
    grid = table.grid(_SAMPLE) if isinstance(table, PeriodicTimetable) else None
    never = _never_due(dag)
    if not isinstance(grid, CronGrid):
        return never
    found = dict.fromkeys((*never, *(text for cron in grid.crons for text in cron.warnings)))
    first_run = dag.start_date is None and dag.catchup != "none" and fresh
    if first_run and isinstance(table, CronTriggerTimetable) and table.run_immediately is None:
        grace = _longest(table) / 10
        if grace >= _WORTH_SAYING:
            found[
                f"a tick of up to {_about(grace)} before the first load runs at once, as there is no "
                "start_date; use run_immediately=False to wait for the next one"
            ] = None
    return tuple(found)


def _never_due(dag: DagSpec) -> tuple[str, ...]:
    """Return a warning if the dates of *dag* leave no room for a point."""
    start, end = dag.start_date, dag.end_date
    if dag.schedule.kind == "none" or start is None:
        return ()
    if start >= NEVER:
        return (f"no point is ever due: schedules end with the year {NEVER.year - 1}",)
    before = end is not None and end < start
    return ("no point is ever due: end_date is before start_date",) if before else ()


def early_first_run(dag: DagSpec, loaded: datetime) -> str | None:
    """Return a warning if a tick before the first load at *loaded* gets a run, or None."""
    if dag.start_date is not None or dag.schedule.kind != "cron":
        return None
    first = first_open(dag, cursor=None, first_seen=loaded, now=loaded)
    if first is None or first.run_after >= loaded:
        return None
    return (
        f"the tick of {first.run_after:%Y-%m-%d %H:%M} UTC, before this first load, runs as soon as the "
        "schedule is not paused; run_immediately=False would wait for the next one"
    )


def over_since(dag: DagSpec, moment: datetime) -> str | None:
    """Return a warning if the years of *dag*'s crons are over at *moment*, or None.

    A cron without years goes on as long as the calendar.
    """
    table = timetable_of(dag.schedule)
    grid = table.grid(moment) if isinstance(table, PeriodicTimetable) else None
    if not isinstance(grid, CronGrid) or grid.first_from(moment) != NEVER:
        return None
    if any(cron.expression.year.free for cron in grid.crons):
        return None
    last = grid.newest(moment)
    crons = " and ".join(f"cron {cron!r}" for cron in dag.schedule.crons)
    before = f": its last match was {last:%Y-%m-%d %H:%M} UTC" if last != DAWN else ""
    return f"{crons} never matches any date from {moment:%Y-%m-%d} on{before}"


def _longest(table: CronTriggerTimetable) -> timedelta:
    """Return the longest of the first few intervals between ticks."""
    ticks = [table.ticks.after(_SAMPLE)]
    while len(ticks) < 14 and ticks[-1] != NEVER:
        ticks.append(table.ticks.after(ticks[-1]))
    known = [tick for tick in ticks if tick != NEVER]
    return max((later - sooner for sooner, later in pairwise(known)), default=timedelta())


def _about(span: timedelta) -> str:
    """Return a duration in whole days or hours: "3 days", "17 hours"."""
    size, unit = (timedelta(days=1), "day") if span >= timedelta(days=1) else (timedelta(hours=1), "hour")
    count = round(span / size)
    return f"{count} {unit}{'' if count == 1 else 's'}"

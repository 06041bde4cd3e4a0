"""`penstock schedule`: what a schedule would do, without a DAG."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from penstock.cli.moments import Moment, duration, in_zone
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from penstock.model.spec import ScheduleSpec
    from penstock.timetable import Point


@click.group
def schedule() -> None:
    """Try schedules out.

    Examples:
      penstock schedule preview '0 6 * * *' -n 3
    """


@schedule.command
@click.argument("schedule", metavar="SCHEDULE")
@click.option(
    "--kind",
    type=click.Choice(["trigger", "interval"]),
    default="trigger",
    show_default=True,
    help="Whether a point stands for its moment, or for the interval that ends there.",
)
@click.option("--timezone", default="UTC", show_default=True, help="Whose wall clock a cron follows.")
@click.option("--start", type=Moment(), help="The DAG's start date.")
@click.option("--end", type=Moment(), help="The DAG's end date.")
@click.option(
    "--catchup",
    type=click.Choice(["none", "latest", "all"]),
    default="latest",
    show_default=True,
    help="Which of the points that passed are made up for.",
)
@click.option("--interval", metavar="DURATION", help="How long the data interval before each moment is.")
@click.option(
    "--run-immediately",
    metavar="yes|no|DURATION",
    help="Without a start date: whether a tick that passed (up to DURATION ago) comes first.",
)
@click.option("--last", type=(Moment(), Moment()), metavar="START END", help="The last run's data interval.")
@click.option("--now", type=Moment(), default="now", show_default=True, help="When it is asked.")
@click.option("-n", "--count", default=5, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def preview(
    *,
    schedule: str,
    kind: str,
    timezone: str,
    start: datetime | None,
    end: datetime | None,
    catchup: str,
    interval: str | None,
    run_immediately: str | None,
    last: tuple[datetime, datetime] | None,
    now: datetime,
    count: int,
    as_json: bool,
) -> None:
    """Show the next points of a schedule.

    SCHEDULE is a cron expression, several with | between them, a preset, or a duration such as PT6H.
    Each point is worked out as if the one before had run. Moments without an offset are on the wall
    clock of --timezone; points that a change of clocks moved are marked.

    Examples:
      penstock schedule preview '30 2 * * *' --timezone Europe/Amsterdam --start 2026-03-27 -n 4
      penstock schedule preview @daily --kind interval --start 2026-01-01 --catchup all --json
      penstock schedule preview PT6H --start 2026-01-01T00:00Z
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f"there is no time zone {timezone!r}") from None
    from penstock.timetable import timetable_of

    try:
        table = timetable_of(_spec(schedule, kind, timezone, interval, run_immediately))
    except ValueError as error:
        raise UsageError(str(error)) from None
    point = None if last is None else _last(*last, zone)
    points: list[Point] = []
    while len(points) < count:
        before = point
        point = table.next(
            point,
            start=in_zone(start, zone) if start else None,
            end=in_zone(end, zone) if end else None,
            catchup=catchup,  # type: ignore[arg-type]  # click has checked it
            now=in_zone(now, zone),
        )
        if point is None or point == before:  # what follows depends on when the run ends
            break
        points.append(point)
    if as_json:
        print_json({"points": [_row(each) for each in points]})
        return
    _show(points, timezone)


def _last(start: datetime, end: datetime, zone: ZoneInfo) -> Point:
    from penstock.timetable import Point

    start, end = in_zone(start, zone), in_zone(end, zone)
    if end < start:
        raise UsageError("--last: the interval ends before it starts")
    return Point.over(start, end)


def _row(point: Point) -> dict[str, object]:
    return point._asdict()


def _show(points: list[Point], timezone: str) -> None:
    from zoneinfo import ZoneInfo

    from penstock.cli import text

    if not points:
        say("no point follows")
        return
    zone = ZoneInfo(timezone)
    rows = [
        (
            text.moment(point.logical_date, zone),
            text.moment(point.data_interval_end, zone),
            text.moment(point.run_after, zone),
            "moved by the change of clocks" if point.moved_by_dst else "",
        )
        for point in points
    ]
    tell(text.table((f"LOGICAL DATE ({timezone})", "INTERVAL ENDS", "RUNS AFTER", ""), rows))


def _spec(
    schedule: str, kind: str, timezone: str, interval: str | None, run_immediately: str | None
) -> ScheduleSpec:
    """Return the schedule that the arguments mean; refuse options that it does not have."""
    from penstock.model.spec import ScheduleSpec

    if schedule in {"@once", "@continuous", "none", "None"}:
        if kind == "interval" or interval or run_immediately:
            raise UsageError(f"{schedule} has no --kind interval, --interval or --run-immediately")
        return ScheduleSpec(kind=schedule.lstrip("@").lower(), timezone=timezone, text=schedule)  # type: ignore[arg-type]
    if kind == "interval" and (interval or run_immediately):
        raise UsageError("--interval and --run-immediately are for --kind trigger")
    ahead = None if interval is None else _span(duration(interval, "--interval"))
    if schedule.lstrip("-").startswith("P"):
        if run_immediately:
            raise UsageError("--run-immediately is for cron schedules")
        seconds, relative = duration(schedule, "SCHEDULE")
        return ScheduleSpec(
            kind="delta_interval" if kind == "interval" else "delta",
            seconds=seconds,
            relative=relative,
            interval=ahead,
            timezone=timezone,
            text=schedule,
        )
    crons = tuple(part.strip() for part in schedule.split("|"))
    if kind == "interval" and len(crons) > 1:
        raise UsageError("several crons make no intervals: they are for --kind trigger")
    return ScheduleSpec(
        kind="cron_interval" if kind == "interval" else "cron",
        crons=crons,
        interval=ahead,
        run_immediately=_early(run_immediately),
        timezone=timezone,
        text=schedule,
    )


def _span(parts: tuple[float | None, dict[str, int] | None]) -> float | dict[str, int] | None:
    seconds, relative = parts
    return relative if seconds is None else seconds


def _early(text: str | None) -> bool | float | None:
    if text is None or text in ("yes", "no"):
        return None if text is None else text == "yes"
    seconds, _ = duration(text, "--run-immediately")
    if seconds is None:
        raise UsageError(f"--run-immediately {text}: months and years have no fixed length; say days")
    return seconds

"""`penstock schedule`: what a schedule would do, without a DAG."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from penstock.cli.moments import Moment, in_zone
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.errors import UsageError

if TYPE_CHECKING:
    from penstock.model.spec import ScheduleSpec
    from penstock.timetable import Point

_DURATION = r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"


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
    last: tuple[datetime, datetime] | None,
    now: datetime,
    count: int,
    as_json: bool,
) -> None:
    """Show the next points of a schedule.

    SCHEDULE is a cron expression, a preset, or a duration such as PT6H. Each point is worked out as
    if the one before had run. Moments without an offset are on the wall clock of --timezone; points
    that a change of clocks moved are marked.

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
    from penstock.timetable import Point, timetable_of

    try:
        table = timetable_of(_spec(schedule, kind, timezone))
    except ValueError as error:
        raise UsageError(str(error)) from None
    point = None if last is None else Point.over(in_zone(last[0], zone), in_zone(last[1], zone))
    points: list[Point] = []
    while len(points) < count:
        point = table.next(
            point,
            start=in_zone(start, zone) if start else None,
            end=in_zone(end, zone) if end else None,
            catchup=catchup,  # type: ignore[arg-type]  # click has checked it
            now=in_zone(now, zone),
        )
        if point is None:
            break
        points.append(point)
    if as_json:
        print_json({"points": [_row(each) for each in points]})
        return
    _show(points, timezone)


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


def _spec(schedule: str, kind: str, timezone: str) -> ScheduleSpec:
    import re

    from penstock.model.spec import ScheduleSpec

    interval = kind == "interval"
    if schedule in {"@once", "@continuous", "none", "None"}:
        return ScheduleSpec(kind=schedule.lstrip("@").lower(), timezone=timezone, text=schedule)  # type: ignore[arg-type]
    found = re.fullmatch(_DURATION, schedule)
    if found is None or not any(found.groups()):
        if schedule.startswith("P"):
            raise UsageError(f"{schedule!r} is not a duration: write PT6H, P1D, P1M or P2W")
        crons = tuple(part.strip() for part in schedule.split("|"))
        return ScheduleSpec(
            kind="cron_interval" if interval else "cron", crons=crons, timezone=timezone, text=schedule
        )
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    seconds = float(found[7] or 0)
    delta_kind = "delta_interval" if interval else "delta"
    if years or months:
        relative = {
            "years": years,
            "months": months,
            "days": days + 7 * weeks,
            "hours": hours,
            "minutes": minutes,
            "seconds": int(seconds),
        }
        used = {name: value for name, value in relative.items() if value}
        return ScheduleSpec(kind=delta_kind, relative=used, timezone=timezone, text=schedule)  # type: ignore[arg-type]
    total = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
    return ScheduleSpec(kind=delta_kind, seconds=total, timezone=timezone, text=schedule)  # type: ignore[arg-type]

"""`penstock schedule`: what a schedule would do, without a DAG."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, TypedDict

import click

from penstock.cli.moments import Moment, duration, in_zone
from penstock.cli.options import json_option
from penstock.cli.output import print_json, say, tell
from penstock.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from penstock.model.spec import DagSpec, ScheduleSpec
    from penstock.timetable import Point


_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?00)?")
_NEGATIVE = re.compile(r"-(?:\d|P|.*\s)")


@click.group
def schedule() -> None:
    """Try out schedules.

    Examples:
      penstock schedule preview '0 6 * * *' -n 3
    """


class _Preview(click.Command):
    """The command below; every refusal is one sentence, also for its arguments."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; raise `UsageError` with one sentence."""
        negative = [each for each in args if _NEGATIVE.match(each)]
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if negative:
                raise UsageError(f"{negative[0]!r} begins with a minus sign, but no schedule does") from None
            raise UsageError(error.format_message()) from None
        except click.UsageError as error:
            raise UsageError(error.format_message()) from None


@schedule.command(cls=_Preview)
@click.argument("schedule", metavar="SCHEDULE")
@click.option(
    "--kind",
    type=click.Choice(["trigger", "interval"]),
    default="trigger",
    show_default=True,
    help="Whether a point is a time, or the interval that ends at that time.",
)
@click.option("--timezone", default="UTC", show_default=True, help="The time zone of a cron.")
@click.option("--start", type=Moment(), help="The DAG's start date.")
@click.option("--end", type=Moment(), help="The DAG's end date.")
@click.option(
    "--catchup",
    type=click.Choice(["none", "latest", "all"]),
    default="latest",
    show_default=True,
    help="Which of the missed points are run.",
)
@click.option("--interval", metavar="DURATION", help="Length of the data interval before each point.")
@click.option(
    "--run-immediately",
    metavar="yes|no|DURATION",
    help="Without a start date: whether a tick that passed (up to DURATION ago) runs first.",
)
@click.option(
    "--seconds",
    type=click.Choice(["first", "last"]),
    help="Which field is the second in a cron of six or seven fields.",
)
@click.option(
    "--days",
    type=click.Choice(["either", "both"]),
    help="Whether two day fields mean the days of either or those in both.",
)
@click.option("--last", type=(Moment(), Moment()), metavar="START END", help="The last run's data interval.")
@click.option("--now", type=Moment(), default="now", show_default=True, help="The time of the preview.")
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
    seconds: str | None,
    days: str | None,
    last: tuple[datetime, datetime] | None,
    now: datetime,
    count: int,
    as_json: bool,
) -> None:
    """Show the next points of a schedule.

    SCHEDULE is a cron expression, several with | between them, a preset, or a duration such as PT6H.
    The points are those that the engine creates for a DAG that is first loaded at --now and never paused;
    with --last, for one whose last run had that interval. Times without an offset are in --timezone, and
    points that a clock change moved are marked. The exit code is 2 when the schedule is refused.

    Examples:
      penstock schedule preview '30 2 * * *' --timezone Europe/Amsterdam --start 2026-03-27 -n 4
      penstock schedule preview @daily --kind interval --start 2026-01-01 --catchup all --json
      penstock schedule preview '0 0 6 * * 1-5' --seconds first
      penstock schedule preview PT6H --start 2026-01-01T00:00Z
    """
    from penstock.model.spec import DagSpec

    zone = _zone(timezone)
    spec = _spec(schedule, kind, timezone, interval, run_immediately, seconds, days)
    try:
        asked = DagSpec(
            dag_id="preview",
            file="",
            schedule=spec,
            timezone=timezone,
            start_date=in_zone(start, zone) if start else None,
            end_date=in_zone(end, zone) if end else None,
            catchup=catchup,  # type: ignore[arg-type]  # click has checked it
        )
        answer = _ask(asked, None if last is None else _last(*last, zone), in_zone(now, zone), count)
    except OverflowError:
        raise UsageError("a date is outside the years 1 to 9999") from None
    except ValueError as error:
        raise UsageError(_in_options(str(error)) + _several(schedule)) from None
    if as_json:
        print_json(answer)
    else:
        endless = asked.end_date is None and spec.kind not in {"none", "once", "continuous"}
        _show(answer, timezone, endless=endless)
    for warning in answer["warnings"]:
        say(f"! {warning}")


class _Answer(TypedDict):
    points: list[dict[str, object]]
    words: str
    warnings: list[str]


def _ask(asked: DagSpec, last: Point | None, now: datetime, count: int) -> _Answer:
    """Return the next *count* points that get a run, the schedule in words, and its warnings."""
    from penstock.model.faults import faults
    from penstock.timetable.describe import describe
    from penstock.timetable.doubts import doubts_about, over_since
    from penstock.timetable.due import coming

    for fault in faults(asked):  # a DAG file would be refused for these
        raise ValueError(fault.message.removeprefix(f"DAG {asked.dag_id!r}: "))
    first_seen = now if last is None else last.data_interval_end
    points = list(islice(coming(asked, cursor=last, first_seen=first_seen, now=now), count))
    over = None if points else over_since(asked, now)
    if over is not None:
        raise ValueError(over)
    doubts = doubts_about(asked, fresh=last is None)
    return {
        "points": [point._asdict() for point in points],
        "words": describe(asked.schedule),
        "warnings": [_in_options(each) for each in doubts],
    }


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"time zone {name!r} does not exist; {_zone_hint(name)}") from None


def _zone_hint(name: str) -> str:
    from zoneinfo import available_timezones

    alike = [known for known in available_timezones() if known.lower() == name.lower()]
    if alike:
        return f"write {min(alike)}"
    if hours := _OFFSET.fullmatch(name):
        sign = "-" if hours[1] == "+" else "+"  # the names have the opposite sign
        return f"{name} all year is Etc/GMT{sign}{int(hours[2])}"
    return "write a name such as Europe/Amsterdam or UTC"


def _in_options(text: str) -> str:
    """Return a message for authors with its arguments written as options of this command."""
    text = re.sub(r'\b(seconds|days|catchup)="(\w+)"', r"--\1 \2", text)
    return (
        text.replace("run_immediately=False", "--run-immediately no")
        .replace("start_date", "--start")
        .replace("end_date", "--end")
    )


def _several(schedule: str) -> str:
    return f" (| separates several crons in {schedule!r})" if len(_crons(schedule)) > 1 else ""


def _last(start: datetime, end: datetime, zone: ZoneInfo) -> Point:
    from penstock.timetable import Point

    start, end = in_zone(start, zone), in_zone(end, zone)
    if end < start:
        raise UsageError("--last: the interval ends before it starts")
    return Point.over(start, end)


def _show(answer: _Answer, timezone: str, *, endless: bool) -> None:
    from penstock.cli import text
    from penstock.timetable.point import NEVER

    say(answer["words"])
    if not answer["points"]:
        say("no point follows" + (f": schedules end before the year {NEVER.year}" if endless else ""))
        return
    zone = _zone(timezone)
    names = ("logical_date", "data_interval_end", "run_after")
    rows = [
        (
            *(text.moment(point[name], zone) for name in names),  # type: ignore[arg-type]  # all moments
            "moved by the clock change" if point["moved_by_dst"] else "",
        )
        for point in answer["points"]
    ]
    tell(text.table((f"LOGICAL DATE ({timezone})", "INTERVAL ENDS", "RUNS AFTER", ""), rows))


def _spec(
    schedule: str,
    kind: str,
    timezone: str,
    interval: str | None,
    run_immediately: str | None,
    seconds: str | None,
    days: str | None,
) -> ScheduleSpec:
    """Return the schedule that the arguments describe; refuse options that do not apply."""
    from penstock.model.spec import ScheduleSpec

    alone = schedule.strip().lower()
    if alone in {"@once", "@continuous", "none"}:
        if kind == "interval" or interval or run_immediately or seconds or days:
            raise UsageError(
                f"{alone} does not take --kind interval, --interval, --run-immediately, --seconds or --days"
            )
        return ScheduleSpec(kind=alone.lstrip("@"), timezone=timezone, text=alone)  # type: ignore[arg-type]
    if kind == "interval" and (interval or run_immediately):
        raise UsageError("--interval and --run-immediately are for --kind trigger")
    ahead = None if interval is None else _span(duration(interval, "--interval"))
    schedule = schedule.strip()
    if schedule.lstrip("-").startswith("P"):
        if run_immediately or seconds or days:
            raise UsageError("--run-immediately, --seconds and --days are for cron schedules")
        length, relative = duration(schedule, "SCHEDULE")
        return ScheduleSpec(
            kind="delta_interval" if kind == "interval" else "delta",
            seconds=length,
            relative=relative,
            interval=ahead,
            timezone=timezone,
            text=schedule,
        )
    crons = _crons(schedule)
    if kind == "interval" and len(crons) > 1:
        raise UsageError("several crons have no intervals: use --kind trigger")
    return ScheduleSpec(
        kind="cron_interval" if kind == "interval" else "cron",
        crons=crons,
        interval=ahead,
        run_immediately=_early(run_immediately),
        cron_seconds=seconds,  # type: ignore[arg-type]  # click has checked both
        cron_days=days,  # type: ignore[arg-type]
        timezone=timezone,
        text=schedule,
    )


def _crons(schedule: str) -> tuple[str, ...]:
    """Return the expressions between bars; a bar in the command of a crontab line does not count."""
    from penstock.timetable.expression import is_crontab_line

    parts = tuple(part.strip() for part in schedule.split("|"))
    return (schedule,) if is_crontab_line(parts[0]) else parts


def _span(parts: tuple[float | None, dict[str, int] | None]) -> float | dict[str, int] | None:
    seconds, relative = parts
    return relative if seconds is None else seconds


def _early(text: str | None) -> bool | float | None:
    if text is None or text in ("yes", "no"):
        return None if text is None else text == "yes"
    seconds, _ = duration(text, "--run-immediately")
    if seconds is None:
        raise UsageError(f"--run-immediately {text}: months and years vary in length; use days")
    return seconds

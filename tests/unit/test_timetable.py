"""Timetables beyond the measured cases: previews, backfill ranges, clock changes, nonsense."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from penstock.model.spec import ScheduleSpec
from penstock.timetable import timetable_of
from penstock.timetable.cron import CronGrid
from penstock.timetable.describe import describe
from penstock.timetable.interval import DeltaGrid
from penstock.timetable.point import NEVER

ZONES = [
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Australia/Lord_Howe",
]
CRONS = [
    "* * * * *",
    "*/20 2 * * *",
    "30 1-3 * * *",
    "0 */2 * * *",
    "30 2 * * *",
    "15,45 0-4 * * 0,6",
    "0 0 L * *",
    "0 * 1 * *",
    "5 4 13 * 5",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(*expressions: str, zone: str = "UTC", **fields: Any) -> ScheduleSpec:
    return ScheduleSpec(kind="cron", crons=expressions, timezone=zone, **fields)


def test_backfill_range_counts_both_ends() -> None:
    points = list(timetable_of(cron("0 0 * * *")).points_between(at("2026-01-01"), at("2026-01-03")))
    assert [point.logical_date for point in points] == [at("2026-01-01"), at("2026-01-02"), at("2026-01-03")]


def test_backfill_range_is_of_logical_dates_and_within_the_dags_dates() -> None:
    spans = timetable_of(ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",)))
    points = list(spans.points_between(at("2026-01-01"), at("2026-01-02")))
    assert [(point.logical_date, point.run_after) for point in points] == [
        (at("2026-01-01"), at("2026-01-02")),
        (at("2026-01-02"), at("2026-01-03")),
    ]
    bounded = spans.points_between(
        at("2025-12-01"), at("2026-02-01"), start=at("2026-01-01"), end=at("2026-01-02")
    )
    assert len(list(bounded)) == 2
    weekly = timetable_of(cron("0 18 * * 5", interval=7 * 86400.0))
    (point,) = weekly.points_between(at("2026-01-02"), at("2026-01-08"))
    assert (point.logical_date, point.run_after) == (at("2026-01-02 18:00"), at("2026-01-09 18:00"))


def test_backfill_of_a_distance_counts_from_the_start_date() -> None:
    every = timetable_of(ScheduleSpec(kind="delta", seconds=7200))
    points = every.points_between(
        at("2026-01-02 00:00"), at("2026-01-02 04:00"), start=at("2026-01-01 01:00")
    )
    assert [f"{point.logical_date:%H:%M}" for point in points] == ["01:00", "03:00"]


def test_points_after_is_lazy_and_strictly_later() -> None:
    hourly = timetable_of(cron("0 * * * *"))
    points = list(islice(hourly.points_after(at("2026-01-01 05:00")), 2))
    assert [point.run_after for point in points] == [at("2026-01-01 06:00"), at("2026-01-01 07:00")]
    ends = hourly.points_after(at("2026-01-01 05:00"), end=at("2026-01-01 06:30"))
    assert [point.run_after for point in ends] == [at("2026-01-01 06:00")]
    future = next(hourly.points_after(at("2026-01-01"), start=at("2026-02-01 00:30")))
    assert future.run_after == at("2026-02-01 01:00")
    spans = timetable_of(ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",)))
    assert next(spans.points_after(at("2026-01-05 15:00"))).logical_date == at("2026-01-05")


def test_schedules_without_a_grid_have_no_series() -> None:
    for kind in ("none", "continuous"):
        table = timetable_of(ScheduleSpec(kind=kind))
        assert not table.periodic
        assert list(table.points_between(at("2026-01-01"), at("2027-01-01"))) == []
        assert list(table.points_after(at("2026-01-01"))) == []
    once = timetable_of(ScheduleSpec(kind="once"))
    assert len(list(once.points_after(at("2026-01-01"), start=at("2026-01-02")))) == 1
    assert list(once.points_after(at("2026-01-03"), start=at("2026-01-02"))) == []


MARKED = {
    # the expression, where the day begins, and per fire time on the gap day (wall time, marked?)
    "30 2 * * *": [("03:30", True)],
    "30 1-3 * * *": [("01:30", False), ("03:30", False)],
    "0 * * * *": [("00:00", False), ("01:00", False), ("03:00", False), ("04:00", False)],
    "*/20 2 * * *": [("03:00", True)],
    "0 4 * * *": [("04:00", False)],
}


@pytest.mark.parametrize("expression", MARKED)
def test_fire_times_that_a_clock_change_moved_are_marked(expression: str) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    table = timetable_of(cron(expression, zone="Europe/Amsterdam"))
    points = table.points_after(at("2026-03-28 22:59:59"), end=at("2026-03-29 02:30"))
    found = [(f"{point.run_after.astimezone(zone):%H:%M}", point.moved_by_dst) for point in points]
    assert found == MARKED[expression]


def test_the_day_on_which_no_interval_ends_is_marked() -> None:
    spans = timetable_of(
        ScheduleSpec(kind="cron_interval", crons=("*/20 2 * * *",), timezone="Europe/Amsterdam")
    )
    point = next(spans.points_after(at("2026-03-29 01:30"), start=at("2026-03-28 23:00")))
    assert point[:2] == (at("2026-03-29 01:00"), at("2026-03-29 01:00"))
    assert point.run_after == at("2026-03-30 00:00")
    assert point.moved_by_dst


def test_hourly_intervals_pass_a_half_hour_clock_change() -> None:
    spans = timetable_of(
        ScheduleSpec(kind="cron_interval", crons=("0 * * * *",), timezone="Australia/Lord_Howe")
    )
    points = list(islice(spans.points_after(at("2026-04-04 12:00"), start=at("2026-04-04 12:00")), 12))
    assert all(point.data_interval_start < point.data_interval_end for point in points)
    for last, point in pairwise(points):
        assert point.data_interval_start >= last.data_interval_end


@settings(max_examples=60)
@given(
    expression=st.sampled_from(CRONS),
    zone=st.sampled_from(ZONES),
    start=st.datetimes(datetime(2018, 1, 1), datetime(2027, 1, 1)),
    hours=st.integers(1, 90 * 24),
)
def test_counting_agrees_with_walking(expression: str, zone: str, start: datetime, hours: int) -> None:
    grid = CronGrid([expression], ZoneInfo(zone))
    first = grid.first_from(start.replace(tzinfo=UTC))
    end = first + timedelta(hours=hours if expression != "* * * * *" else hours % 30)
    walked = [first]
    while (tick := grid.after(walked[-1])) <= end:
        walked.append(tick)
    assert all(before < after for before, after in pairwise(walked))
    assert grid.count(first, walked[-1]) == len(walked)
    assert grid.newest(end) == walked[-1]


CHANGES = {
    "Europe/Amsterdam": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Africa/Cairo": ["2026-04-24", "2026-10-29"],
    "America/Nuuk": ["2026-03-28", "2026-10-24"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
}


@pytest.mark.parametrize("expression", ["*/20 2 * * *", "30 1-3 * * *", "30 2 * * *", "0 * * * *"])
@pytest.mark.parametrize("zone", CHANGES)
def test_looking_up_agrees_with_walking_around_a_clock_change(zone: str, expression: str) -> None:
    grid = CronGrid([expression], ZoneInfo(zone))
    for day in CHANGES[zone]:
        change = at(day)
        walked = [grid.first_from(change - timedelta(days=5))]
        while walked[-1] < change + timedelta(days=4):
            walked.append(grid.after(walked[-1]))
        for minutes in range(-24 * 60, 48 * 60, 17):
            moment = change + timedelta(minutes=minutes)
            assert grid.newest(moment) == max(tick for tick in walked if tick <= moment)
            assert grid.first_from(moment) == min(tick for tick in walked if tick >= moment)
        assert grid.count(walked[0], walked[-1]) == len(walked)


NIGHTS = {
    # docs/schedules.md: the points of a day, and those between 01:00 and 05:00 where they are few
    "30 2 * * *": ((1, ["03:30+02"]), (1, ["02:30+01"])),
    "0 2 * * *": ((1, ["03:00+02"]), (1, ["02:00+01"])),
    "*/20 * * * *": ((69, None), (75, None)),
    "0 * * * *": ((23, ["01:00+01", "03:00+02", "04:00+02"]), (25, None)),
    "*/20 2 * * *": ((1, ["03:00+02"]), (3, ["02:00+01", "02:20+01", "02:40+01"])),
    "* 2 * * *": ((1, ["03:00+02"]), (60, None)),
    "5 1-4 * * *": (
        (3, ["01:05+01", "03:05+02", "04:05+02"]),
        (4, ["01:05+02", "02:05+01", "03:05+01", "04:05+01"]),
    ),
    "0 0-23 * * *": ((23, None), (25, None)),
    "0 */2 * * *": ((12, ["03:00+02", "04:00+02"]), (12, ["02:00+01", "04:00+01"])),
}


@pytest.mark.parametrize("expression", NIGHTS)
def test_the_two_nights_of_a_year(expression: str) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    grid = CronGrid([expression], zone)
    page = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")
    row = page.split("## When clocks change")[1].split(f"\n| `{expression}` |")[1].split("\n")[0].split("|")
    nights = (datetime(2026, 3, 29), row[0]), (datetime(2026, 10, 25), row[2])
    for (day, cell), (count, told) in zip(nights, NIGHTS[expression], strict=True):
        begin, end = (each.replace(tzinfo=zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
        ticks = [grid.first_from(begin)]
        while ticks[-1] < end:
            ticks.append(grid.after(ticks[-1]))
        local = [tick.astimezone(zone) for tick in ticks[:-1]]
        assert len(local) == count
        assert cell.strip().split(":")[0] == str(count), "the page says something else"
        if told is not None:
            assert [f"{tick:%H:%M%z}"[:8] for tick in local if 1 <= tick.hour < 5] == told


def test_several_crons_are_one_series_without_doubles() -> None:
    grid = CronGrid(["0 6 * * *", "0 6,18 * * 1"], ZoneInfo("UTC"))
    first, last = grid.first_from(at("2026-01-05")), grid.newest(at("2026-01-12"))
    assert grid.count(first, last) == 8  # seven mornings and one Monday evening
    assert grid.after(at("2026-01-05 06:00")) == at("2026-01-05 18:00")


@given(seconds=st.integers(1, 10**6), offset=st.integers(0, 10**8), start=st.integers(0, 10**8))
def test_a_distance_is_arithmetic(seconds: int, offset: int, start: int) -> None:
    anchor = at("2026-01-01") + timedelta(seconds=start)
    grid = DeltaGrid(anchor, timedelta(seconds=seconds))
    moment = anchor + timedelta(seconds=offset)
    newest = grid.newest(moment)
    assert newest <= moment < grid.after(moment)
    assert grid.after(newest) == newest + timedelta(seconds=seconds)
    assert grid.count(anchor, newest) == offset // seconds + 1
    assert grid.first_from(newest) == newest


NONSENSE = {
    "cron '61 * * * *' is not valid": cron("61 * * * *"),
    "cron 'at noon' is not valid": cron("at noon"),
    "cron '0 0 30 2 *' never matches any date": cron("0 0 30 2 *"),
    "cron 'R * * * *' is not valid: R and H would give other times at each load": cron("R * * * *"),
    "a cron schedule needs at least one expression": cron(),
    "time zone 'Mars/Olympus' is not known": cron("0 0 * * *", zone="Mars/Olympus"),
    "the interval between two points of a schedule must be more than 0": ScheduleSpec(
        kind="delta", seconds=0
    ),
    "relativedelta {'fortnights': 1} is not valid": ScheduleSpec(kind="delta", relative={"fortnights": 1}),
}


@pytest.mark.parametrize("message", NONSENSE)
def test_nonsense_is_refused_in_plain_words(message: str) -> None:
    with pytest.raises(ValueError) as caught:
        timetable_of(NONSENSE[message])
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("step", [{"hour": 5}, {"months": 1, "days": -29}, {"leapdays": 1}, {"days": -1}])
def test_a_distance_that_does_not_lead_forward_is_refused(step: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be more than 0"):
        timetable_of(ScheduleSpec(kind="delta", relative=step))


@given(
    months=st.integers(0, 30),
    days=st.integers(0, 40),
    start=st.dates(date(2000, 1, 1)),
    after=st.integers(0, 9_000),
)
def test_a_calendar_distance_counts_from_its_anchor(months: int, days: int, start: date, after: int) -> None:
    assume(months or days)
    anchor = datetime(start.year, start.month, start.day, 5, tzinfo=UTC)
    assume(anchor < NEVER - timedelta(days=40_000))
    step = relativedelta(months=months, days=days)
    grid, moment = DeltaGrid(anchor, step), anchor + timedelta(days=after, hours=3)
    walked = [anchor]
    while walked[-1] <= moment:
        walked.append(anchor + step * len(walked))
    assert (grid.newest(moment), grid.after(moment)) == (walked[-2], walked[-1])
    assert grid.first_from(walked[-2]) == walked[-2]
    assert grid.count(anchor, moment) == len(walked) - 1


WORDS = {
    "daily at 06:00 Europe/Berlin": cron("0 6 * * *", zone="Europe/Berlin"),
    "hourly at :30 UTC": cron("30 * * * *"),
    "every minute UTC": cron("* * * * *"),
    "every 5 minutes UTC": cron("*/5 * * * *"),
    "daily at 00:00 UTC": cron("@daily"),
    "every Monday, Thursday at 07:15 UTC": cron("15 7 * * 1,thu"),
    "Monday to Friday at 07:15 UTC": cron("15 7 * * 1-5"),
    "day 1 of each month at 00:00 UTC": cron("0 0 1 * *"),
    "last day of each month at 23:00 UTC": cron("0 23 L * *"),
    "cron 0 0 13 * 5 UTC": cron("0 0 13 * 5"),
    "daily at 01:10, and every Monday at 02:40 UTC": cron("10 1 * * *", "40 2 * * 1"),
    "hourly at :00 and :45 UTC": cron("*/45 * * * *"),
    "hourly at :00 UTC": cron("*/61 * * * *"),
    "hourly at :00 America/New_York": cron("*/90 * * * *", zone="America/New_York"),
    "hourly at :00, :07, :14, :21, :28, :35, :42, :49 and :56 UTC": cron("*/7 * * * *"),
    "every Monday at 00:00 UTC": cron("0 0 * * 1,1"),
    "every Sunday at 00:00 UTC": cron("0 0 * * */7"),
    "every 2 hours UTC": cron("0 */2 * * *"),
    "daily at 00:00, 05:00, 10:00, 15:00 and 20:00 UTC": cron("0 */5 * * *"),
    "every 15 minutes on Monday UTC": cron("*/15 * * * 1"),
    "the first Monday of each month at 00:00 UTC": cron("0 0 * * 1#1"),
    "the last Friday of each month at 00:00 UTC": cron("0 0 * * L5"),
    "the weekday nearest to day 15 of each month at 00:00 UTC": cron("0 0 15W * *"),
    "day 1 of January, April, July and October at 00:00 UTC": cron("@quarterly"),
    "every Monday of June at 06:00 UTC": cron("0 6 * 6 1"),
    "daily at 06:00:30 UTC": cron("30 0 6 * * *", cron_seconds="first"),
    "every 10 seconds UTC": cron("*/10 * * * * *", cron_seconds="first"),
    "cron * 2 * * * UTC": cron("* 2 * * *"),
    "every 6 hours": ScheduleSpec(kind="delta", seconds=21600),
    "every day": ScheduleSpec(kind="delta_interval", seconds=86400),
    "every 1.5 seconds": ScheduleSpec(kind="delta", seconds=1.5),
    "every month": ScheduleSpec(kind="delta", relative={"months": 1}),
    "once": ScheduleSpec(kind="once"),
    "continuously": ScheduleSpec(kind="continuous"),
    "no schedule": ScheduleSpec(),
}


@pytest.mark.parametrize("words", WORDS)
def test_a_schedule_in_words(words: str) -> None:
    assert describe(WORDS[words]) == words

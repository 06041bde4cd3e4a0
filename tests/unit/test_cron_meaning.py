"""What a cron expression means, is refused for and is warned about, whatever version croniter has.

`tests/golden/crons.json` has 178 expressions: the next five times after 2026-01-01 as measured with
croniter 7.0.0, or where that reads one value as all (``unlike``) with cronsim 2.8; or that they are refused.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.timetable.cron import Cron, CronGrid
from penstock.timetable.expression import parse_cron
from penstock.timetable.fields import spans
from penstock.timetable.point import NEVER

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "golden" / "crons.json").read_text())
REFUSAL = re.compile("cannot be used with another|never matches")
TICK = timedelta(microseconds=1)


def times(grid: CronGrid, count: int) -> list[datetime]:
    """Return the next ticks from 2026 on."""
    found = [grid.first_from(datetime(2026, 1, 1, tzinfo=UTC))]
    while len(found) < count:
        found.append(grid.after(found[-1]))
    return [tick for tick in found if tick != NEVER]


def utc(*crons: str, **said: Any) -> CronGrid:
    return CronGrid(crons, ZoneInfo("UTC"), **said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["cron"])
def test_measured_expressions(case: dict[str, Any]) -> None:
    if case.get("refused"):
        with pytest.raises(ValueError, match=r"^cron '") as caught:
            utc(case["cron"])
        assert case["cron"] in str(caught.value), "the author's spelling is gone"
        return
    grid = utc(case["cron"])
    assert times(grid, 5) == [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in case["next"]]
    assert len(grid.crons[0].warnings) == case.get("warned", 0)


def test_every_case_is_here() -> None:
    assert (len(CASES), sum("refused" in case for case in CASES)) == (178, 60)


VALUES = {
    # a field and its place among the five, as the numbers it names
    ("5-5", 0): "5",
    ("59-59", 0): "59",
    ("5-5/3", 0): "5",
    ("0-0", 1): "0",
    ("23-23", 1): "23",
    ("31-31", 2): "31",
    ("jan-jan", 3): "1",
    ("DEC-DEC", 3): "12",
    ("sun-sun", 4): "0",
    ("7-7", 4): "0",
    ("sun-7", 4): "0-6",
    ("5-7", 4): "0, 5, 6",
    ("1-7/2", 4): "0, 1, 3, 5",
    ("0-7", 4): "0-6",
    ("22-6", 1): "0-6, 22, 23",
    ("22-6/3", 1): "1, 4, 22",
    ("50-10/7", 0): "4, 50, 57",
    ("50-10/5", 0): "0, 5, 10, 50, 55",
    ("5-3/5", 3): "3, 5, 10",
    ("apr-jan/3", 3): "1, 4, 7, 10",
    ("fri-mon", 4): "0, 1, 5, 6",
    ("fri-tue/2", 4): "0, 2, 5",
    ("nov-feb", 3): "1, 2, 11, 12",
    ("30-2", 2): "1, 2, 30, 31",
    ("*,5", 0): "0-59",
    ("5,*", 1): "0-23",
    ("*/30,*", 0): "0-59",
    ("*/45", 0): "0, 45",
    ("*/61", 0): "0",
    ("1,1,1", 4): "1",
    ("10/20", 0): "10, 30, 50",
    ("23/2", 1): "23",
    ("59/15", 0): "59",
    ("dec/3", 3): "12",
    ("015", 0): "15",
    ("15-L", 2): "15-31",
}


@pytest.mark.parametrize(("text", "place"), VALUES)
def test_values_of_a_field(text: str, place: int) -> None:
    words = ["0", "0", "*", "*", "*"]
    words[place] = text
    found = parse_cron(" ".join(words))
    fields = (found.minute, found.hour, found.day, found.month, found.weekday)
    assert spans(fields[place].every) == VALUES[text, place]


SAID = {
    "22-6 * * * *": "goes past the end of the minute field",
    "0 22-6 * * *": "'22-6' goes past the end of the hour field and is read as 0-6, 22, 23; in cron",
    "0 0 * * fri-mon": "is read as 0, 1, 5, 6",
    "0 0 1 nov-feb *": "month field",
    "0 0 28-3 * *": "day of month field",
    "0 0 */2 * 1": "either is enough here and in Airflow, both must match in cron; "
    'use days="either" or days="both"',
    "0 0 13 * */2": "either is enough here",
    "0 0 * * */100": "is only weekday 0",
    "0 12 */31 * 1": "either is enough here",
    "0 0 */15,1-7 * 1": "either is enough here",
    "0 0 L * */2": "either is enough here",
    "0 0 5,* * 1": "both must match here and in Airflow, either is enough in cron",
    "*/90 * * * *": "is only minute 0",
    "0 */25 * * *": "is only hour 0",
    "0 0 1 */13 *": "is only month 1",
    "0 0 * * 5/2": "is read as 5 (0 is Sunday)",
    "0 0 * * 7/2": "is read as 0, 2, 4, 6 (0 is Sunday)",
    "0 0 ? * 2#1": "weekday '2#1' is counted from 0 for Sunday here; Quartz and AWS",
    "0 12 ? * 2-6": "so write names, such as MON",
    "0 0 12 1 1 0 2030": 'use seconds="first" if it is the first one, otherwise seconds="last"',
}


@pytest.mark.parametrize("cron", SAID)
def test_what_other_programs_read_otherwise_is_said_once(cron: str) -> None:
    warnings = Cron(cron).warnings
    assert len(warnings) == 1
    assert warnings[0].startswith(f"cron {cron!r}: ")
    assert SAID[cron] in warnings[0]


@pytest.mark.parametrize(
    "cron",
    ["0 0 13 * 5", "0 0 1-7 * 1-5", "0 0 1-31 * 1", "0 0 * * 1#1", "*/45 * * * *", "*/60 * * * *",
     "0 */24 * * *", "0 0 */31 * *", "0 0 ? * MON", "0 0 ? * MON#2", "0 0 ? * */2",
     "0 0 *,5 * 1", "0 0 */2 * *", "0 0 1/7 * *",
     "0 0 * * 1-5/2", "@weekly", "0 0 1-31 * */2", "0 0 13 * 1-7"],
)  # fmt: skip
def test_what_all_programs_read_alike_is_not_warned_about(cron: str) -> None:
    assert Cron(cron).warnings == ()


@pytest.mark.parametrize("days", ["either", "both"])
def test_two_day_fields_as_they_are_meant(days: Any) -> None:
    cron = Cron("0 0 */2 * 1", None, days)
    assert cron.warnings == ()
    grid = utc("0 0 */2 * 1", days=days)
    found = [f"{tick:%d}" for tick in times(grid, 4)]
    assert found == {"either": ["01", "03", "05", "07"], "both": ["05", "19", "09", "23"]}[days]


def test_a_weekday_of_the_month_beside_a_day_counts_when_both_are_wanted() -> None:
    assert [f"{tick:%m-%d}" for tick in times(utc("0 0 13 * 5#2", days="both"), 3)] == [
        "02-13",
        "03-13",
        "11-13",
    ]
    assert [f"{tick:%m-%d}" for tick in times(utc("0 0 15W * 1", days="both"), 2)] == ["02-16", "03-16"]
    assert [f"{tick:%m-%d}" for tick in times(utc("0 0 24-31 * L5", days="both"), 2)] == ["01-30", "02-27"]


REFUSED = {
    "0 0 13 * 5#2": "'5#2' cannot be used with another day field; for the days of either write two crons",
    "0 0 1 * 1#1": "cannot be used with another",
    "0 0 */2 * 1#1": "cannot be used with another",
    "0 0 15W * 1": "'15W' cannot be used with another",
    "0 0 1 * L5": "'L5' cannot be used with another",
    "0 0 L * 1#1": "cannot be used with another",
    "0 0 15W * */2": "cannot be used with another",
    "0 0 6 * * 1-5": "has six fields, and programs differ on which one is the second: write '0 6 * * 1-5' or "
    'seconds="first" if it is the first one, seconds="last" if it is the last one',
    "0 */10 * * * *": "write '*/10 * * * *' or seconds=\"first\"",
    "0 0 9 1 1 *": "write '0 9 1 1 *' or seconds=\"first\"",
    "0 0 * * * */15": 'seconds="last" if it is the last one',
    "* * * * * *": 'seconds="first" if it is the first one, seconds="last" if it is the last one',
    "0 12 * * * 0": "'0 12 * * *' or seconds=\"last\" if it is the last one",
    "0 0 12 ? * MON#1": "write '0 12 ? * MON#1' or seconds=\"first\"",
    "0 12 ? * MON-FRI *": "write '0 12 ? * MON-FRI' or seconds=\"last\"",
    "0 12 * * ? 2027": "a year is the seventh, after the second, so write '0 12 * * ? 0 2027'",
    "99 99 * * * 1": "neither with the second first nor last",
    "0 0 0 1 1 ? 2027": "if the second is first, use seconds=\"first\", or write '0 0 1 1 ? 0 2027'",
    "0 0 30 2 *": "never matches any date: the longest of its months has 29 days; L is the last day of each",
    "0 0 30 2 * 0 2027": "never matches any date",
    "0 0 29 2 * 0 2027": "never matches any date",
    "0 0 31 4,6 * 0 *": "never matches any date",
    "0 0 1 1 * 0 1999": "never matches any date from 2000 on, as its years are '1999'; name others",
    "0 0 * 2 1#5 0 2027": "never matches any date",
    "0 0 31 2 5#5": "cannot be used with another",
    "0 0 * * 5l": "'5l' in the weekday field is not known; the last one of the month is written L5",
    "0 0 * * FriL": "'FriL' in the weekday field is not known; the last one of the month is written L5",
    "0 0 * * Lfri": "the last one of the month is written L5",
    "0 0 * * L": "needs a day: L5 is the last Friday",
    "0 0 LW * *": "31W is the last weekday",
    "0 0 L-3 * *": "'L-3' in the day of month field is not supported",
    "0 0 1W,15W * *": "W in a list",
    "0 0 * * 1-5#1": "before # comes one weekday",
    "0 0 * * 1#6": "1 to 5",
    "0 0 * * 1#1,5": "MultipleCronTriggerTimetable",
    "0 ? * * *": "'?' in the hour field: a ? can only stand for the day of month or the weekday",
    "0 0 1,? * *": "a ? can only stand alone",
    "0 0 * * Sunday": "'Sunday' in the weekday field is not known; names have three letters: sun",
    "0 0 1 Sept *": "names have three letters: sep",
    "0 0 * * Monday-Friday": "names have three letters: mon and fri",
    "0 0 * may-sept *": "names have three letters: sep",
    "0 0 1 1 * 2026-2030": "a year is the seventh, after the second, so write '0 0 1 1 * 0 2026-2030'",
    "0 0 1 1 * 2026,2028": "write '0 0 1 1 * 0 2026,2028'",
    "0 8 LW * ? *": "'LW' in the day of month field",
    "0 0 0 ? * 6L": "the last one of the month is written L6",
    "@minutely": "write '* * * * *'",
    "once": "write '@once'",
    "0 24 * * *": "hour '24' is out of range: it goes from 0 to 23",
    "0 0 0 * *": "day of month '0' is out of range",
    "0 0 * * 8": "it goes from 0 to 7",
    "*/0 * * * *": "has a step of 0",
    "1, * * * *": "a comma with nothing",
    "1.5 * * * *": "write a number from 0 to 59, a range such as 0-4, or a step such as */5",
    "0 0 * * lundi": "a number from 0 to 7, a name (sun, mon, tue, wed, thu, fri, sat), or a range",
    "0 0 1 juin *": "a range such as feb-apr",
    "~ * * * *": "is random, so it would change",
    "H/15 * * * *": "R and H would give other times at each load; write numbers",
    "0 6h * * *": "'6h' in the hour field is not known",
    "5m": "timedelta(minutes=5), or PT5M for",
    "1h": "timedelta(hours=1), or PT1H for",
    "every 5 minutes": "PT5M for",
    "every day": "P1D for",
    "rate(2 weeks)": "timedelta(days=14)",
    "@every 0s": "more than 0",
    "@every": "such as PT5M",
    "@every 1.5h": "such as PT5M",
    "p1d": "P1D for",
    "@ONCE": "@once must be alone and in lower case",
    "@noon": "write '0 12 * * *'",
    "@workdays": "write '0 0 * * mon-fri'",
    '"0 0 * * *"': "write '0 0 * * *', without quotes",
    "0 0 * * * # nightly": "write '0 0 * * *', with the comment outside",
    "0 0 * * * \u200b": "write '0 0 * * *', without",
    "MAILTO=ops": "a variable of a crontab",
    "0 R * * *": "R and H would give other times at each load",
    "0 0 * *": "it has 4 fields",
    "0 0 1 1 * 0 2030-2027": "goes backwards",
    "@every 5m": "timedelta(minutes=5), or PT5M for",
    "@every 1h30m": "timedelta(hours=1, minutes=30), or PT1H30M for",
    "@every 2d": "timedelta(days=2), or P2D for",
    "@every soon": "timedelta(...)",
    "@reboot": "nothing runs at boot",
    "@every_minute": "write '* * * * *'",
    "@fortnightly": "it is not one of @hourly",
    "PT5M": "write an interval as timedelta(...)",
    "daily": "write '@daily'",
    "# 0 3 * * *": "it is a comment",
    "cron(0 12 * * ? *)": "write what is between the brackets",
    "CRON_TZ=Europe/Berlin 0 6 * * *": "timezone='Europe/Berlin' and '0 6 * * *'",
    "30 2 * * * root /usr/bin/backup": "it is a whole crontab line; the schedule is '30 2 * * *', and "
    "'root /usr/bin/backup' is for a BashOperator",
    "*/5 * * * * /opt/sync.sh >> /tmp/log 2>&1": "the schedule is '*/5 * * * *'",
    "0 3 * * 1 sleep 30": "whole crontab line",
    "0 3 * * 1 date": "whole crontab line",
    "@daily root /x": "the schedule is '@daily', and 'root /x' is for a BashOperator",
}


@pytest.mark.parametrize("cron", REFUSED)
def test_refused_with_what_to_write(cron: str) -> None:
    with pytest.raises(ValueError) as caught:
        Cron(cron)
    message = str(caught.value)
    assert message.startswith(f"cron {cron!r} ")
    assert REFUSED[cron] in message
    assert "\n" not in message


MEANT = {
    "+5": "5", "/5": "*/5", "*5": "*/5", "**/5": "*/5", "5.0": "5", "٣": "3", "５": "5", "1–5": "1-5",
    "1\u22125": "1-5", "\ufeff5": "5",
    "∗": "*", "∗/10": "*/10", "“5”": "5", "5;": "5", "[1-5]": "1-5", "*\x00": "*",
}  # fmt: skip
"""A minute and what to write for it."""


@pytest.mark.parametrize("minute", MEANT)
def test_a_slip_is_told_with_what_was_meant(minute: str) -> None:
    with pytest.raises(ValueError, match=r"^cron ") as caught:
        Cron(f"{minute} * * * *")
    assert str(caught.value).endswith(f"{minute!r} in the minute field is not known; write {MEANT[minute]!r}")
    Cron(f"{MEANT[minute]} * * * *")


@pytest.mark.parametrize(
    "minute",
    ["1.5", "1-2-3", "*-5", "5/", "*/", "*/*", "1/*", "1-", "-5", "1--2", "*/-5", "*/5/2", "*/5/0", "0x5",
     "1e1", "1_0", "one", "½", "6:00", "1;2", "!1", "61.0", "\u00b2"],
)  # fmt: skip
def test_where_nobody_can_tell_all_that_may_stand_is_told(minute: str) -> None:
    with pytest.raises(ValueError, match="write a number from 0 to 59"):
        Cron(f"{minute} * * * *")


def test_six_fields_with_the_second_where_it_is_said() -> None:
    first = utc("0 0 6 * * 1-5", seconds="first")
    assert [f"{tick:%d %H:%M:%S}" for tick in times(first, 3)] == [
        "01 06:00:00",
        "02 06:00:00",
        "05 06:00:00",
    ]
    last = utc("0 0 6 * * 1-5", seconds="last")
    assert [f"{tick:%d %H:%M:%S}" for tick in times(last, 2)] == ["06 00:00:01", "06 00:00:02"]
    every = utc("*/10 * * * * *", seconds="first")
    assert [f"{tick:%M:%S}" for tick in times(every, 3)] == ["00:00", "00:10", "00:20"]
    year = utc("0 0 12 1 1 ? 2027", seconds="first")
    assert times(year, 2) == [datetime(2027, 1, 1, 12, tzinfo=UTC)]
    assert times(utc("0 0 1 1 * 0 2099"), 2) == [datetime(2099, 1, 1, tzinfo=UTC)]
    assert year.crons[0].warnings == ()


def test_an_unreachable_side_of_two_day_fields_leaves_the_other() -> None:
    assert [f"{tick:%m-%d}" for tick in times(utc("0 0 31 2 5"), 4)] == ["02-06", "02-13", "02-20", "02-27"]


def test_the_ends_of_time_are_answers_and_no_errors() -> None:
    yearly = utc("0 0 1 1 *")
    assert yearly.after(datetime(8999, 6, 1, tzinfo=UTC)) == NEVER
    assert yearly.first_from(datetime(9999, 12, 31, 23, tzinfo=UTC)) == NEVER
    assert yearly.newest(datetime(9999, 12, 31, tzinfo=UTC)) == datetime(8999, 1, 1, tzinfo=UTC)
    zoned = CronGrid(["* * * * *"], ZoneInfo("Pacific/Kiritimati"))
    assert zoned.after(NEVER - TICK) == NEVER
    assert zoned.newest(datetime(1, 1, 1, tzinfo=UTC)) <= zoned.after(datetime(1, 1, 1, tzinfo=UTC))


# -- days, worked out another way -------------------------------------------------------------------


def nearest(day: date, wanted: int) -> bool:
    """Whether *day* is the weekday nearest to a day of its month, without leaving the month."""
    last = monthrange(day.year, day.month)[1]
    target = day.replace(day=min(wanted, last))
    shift = {5: -1 if target.day > 1 else 2, 6: 1 if target.day < last else -2}.get(target.weekday(), 0)
    return day == target + timedelta(days=shift)


def in_month(day: date, weekday: int, place: int) -> bool:
    """Whether *day* is the n-th (0: last) *weekday* (0 is Sunday) of its month."""
    if day.isoweekday() % 7 != weekday:
        return False
    last = day.day + 7 > monthrange(day.year, day.month)[1]
    return last if place == 0 else (day.day - 1) // 7 + 1 == place


@st.composite
def day_fields(draw: st.DrawFn) -> tuple[str, str, str, str | None]:
    """Draw day of month, month and weekday fields, and what two of them mean."""
    number = st.integers(1, 31)
    plain = st.lists(number, min_size=1, max_size=4).map(lambda days: ",".join(map(str, days)))
    day = draw(
        st.one_of(st.just("*"), plain, st.just("L"), st.just("15,L"), number.map(lambda each: f"{each}W"))
    )
    weekday = draw(
        st.one_of(
            st.just("*"),
            st.lists(st.integers(0, 7), min_size=1, max_size=3).map(lambda days: ",".join(map(str, days))),
            st.tuples(st.integers(0, 6), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
            st.integers(0, 7).map(lambda each: f"L{each}"),
        )
    )
    months = draw(st.sampled_from(["*", "2", "1,3,12", "4,6,9,11"]))
    days = draw(st.sampled_from(["either", "both", None]))
    return day, months, weekday, days


def named(day: date, text: str) -> bool:
    parts = text.split(",")
    if text.endswith("W"):
        return nearest(day, int(text[:-1]))
    last = "L" in parts and day.day == monthrange(day.year, day.month)[1]
    return text == "*" or last or str(day.day) in parts


def weekday_named(day: date, text: str) -> bool:
    if text.startswith("L"):
        return in_month(day, int(text[1:]) % 7, 0)
    if "#" in text:
        weekday, place = map(int, text.split("#"))
        return in_month(day, weekday, place)
    return text == "*" or day.isoweekday() % 7 in {int(part) % 7 for part in text.split(",")}


@settings(max_examples=300)
@given(fields=day_fields(), start=st.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_days_are_those_that_the_fields_name(fields: tuple[str, str, str, Any], start: date) -> None:
    day, months, weekday, days = fields
    try:
        cron = Cron(f"0 0 {day} {months} {weekday}", None, days)
    except ValueError as error:
        assert REFUSAL.search(str(error))  # noqa: PT017 - either it is refused or it is held to its fields
        return
    union = "*" not in (day, weekday) and days != "both"

    def matches(each: date) -> bool:
        found = named(each, day), weekday_named(each, weekday)
        month = months == "*" or str(each.month) in months.split(",")
        return month and (any(found) if union else all(found))

    span = (start + timedelta(days=place) for place in range(800))
    wanted = list(islice((each for each in span if matches(each)), 6))
    found: list[date] = []
    wall = datetime(start.year, start.month, start.day) - TICK
    while len(found) < len(wanted):
        tick = cron.following(wall)
        assert tick is not None
        found.append(tick.date())
        assert cron.preceding(tick + TICK) == tick
        wall = tick
    assert found == wanted

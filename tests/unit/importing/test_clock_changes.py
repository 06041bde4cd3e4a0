"""The next times of each daemon, against a simulation of its loop that goes minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.importing.busybox import read_busybox
from penstock.importing.calendar_event import read_calendar
from penstock.importing.compared import compared
from penstock.importing.meaning import Meaning
from penstock.importing.moments import moments_after
from penstock.importing.vixie import read_vixie
from penstock.importing.written import written

MINUTE = timedelta(minutes=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHTS = {
    "Europe/Amsterdam": ["2026-03-28", "2026-10-24"],
    "America/New_York": ["2026-03-07", "2026-10-31"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
    "America/Santiago": ["2026-04-04", "2026-09-05"],
}


def matches(meaning: Meaning, wall: datetime) -> bool:
    return wall.minute in meaning.minutes and wall.hour in meaning.hours and meaning.has_day(wall.date())


def vixie_loop(meaning: Meaning, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield when Debian cron and cronie start a job: the loop of cron.c over a faked clock.

    ``virtual`` is the wall minute that it has got to. After a step of the clock of more than five minutes
    forward (at most three hours) it runs what has a star by the clock, and what has none for each minute
    that was skipped; after a step back, what has no star waits until the clock has caught up.
    """
    now, virtual = begin, wall_of(begin, zone)
    while now < end:
        now += MINUTE
        clock = wall_of(now, zone)
        step = round((clock - virtual) / MINUTE)
        if step == 1:
            virtual = clock
            if matches(meaning, clock):
                yield now
        elif step > 5:
            if meaning.wild and matches(meaning, clock):
                yield now
            while virtual < clock:
                virtual += MINUTE
                if not meaning.wild and matches(meaning, virtual):
                    yield now
        elif step <= 0 and meaning.wild and matches(meaning, clock):
            yield now


def wall_of(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def by_the_clock(meaning: Meaning, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield when busybox starts a job: at each minute whose wall time matches."""
    now = begin
    while now < end:
        now += MINUTE
        if matches(meaning, wall_of(now, zone)):
            yield now


def between(meaning: Meaning, zone: ZoneInfo, rule: str, begin: datetime, end: datetime) -> list[datetime]:
    times = moments_after(meaning, zone, rule, begin)  # type: ignore[arg-type]  # one of the three
    return list(takewhile(lambda at: at <= end, times))


minutes = st.sampled_from(["*", "*/20", "0", "5", "30", "0,30", "45", "15-45/15", "*/7", "59"])
hours = st.sampled_from(["*", "2", "1-4", "0-23", "*/2", "3", "0", "1,2", "2-3", "*/3", "23"])
days = st.sampled_from(["*", "*/2", "1-7", "29", "28-31"])
weekdays = st.sampled_from(["*", "0", "sun", "1-5", "*/2", "6,0"])
crons = st.builds("{} {} {} * {}".format, minutes, hours, days, weekdays)
nights = st.sampled_from([(zone, night) for zone, found in NIGHTS.items() for night in found])


@settings(max_examples=60)
@given(crons, nights)
def test_cron_at_clock_changes_is_its_own_loop(cron: str, night: tuple[str, str]) -> None:
    zone, begin = ZoneInfo(night[0]), datetime.fromisoformat(night[1]).replace(tzinfo=UTC)
    end = begin + timedelta(days=2)
    meaning = read_vixie(cron, strict=False).meaning
    assert between(meaning, zone, "vixie", begin, end) == list(vixie_loop(meaning, zone, begin, end))
    plain = read_busybox(cron).meaning
    assert between(plain, zone, "busybox", begin, end) == list(by_the_clock(plain, zone, begin, end))


@settings(max_examples=60)
@given(crons, st.sampled_from(["Europe/Amsterdam", "America/New_York", "UTC"]))
def test_here_is_there_where_no_clock_changes(cron: str, zone: str) -> None:
    meaning = read_vixie(cron, strict=False).meaning
    now = datetime(2026, 4, 3, 12, tzinfo=UTC)
    found = compared(meaning, written(meaning, cron), zone, "vixie", "cron", now)
    until = datetime(2026, 10, 1, tzinfo=UTC)
    assert [at for at in found.there if at < until] == [at for at in found.here if at < until]
    assert len(found.here) == 5


@pytest.mark.parametrize(
    ("cron", "spring", "autumn"),
    [
        ("*/20 * * * *", 69, 75),
        ("30 2 * * *", 1, 1),
        ("*/20 2 * * *", 0, 6),
        ("* 2 * * *", 0, 120),
        ("5 1-4 * * *", 4, 4),
        ("0 0-23 * * *", 24, 24),
        ("0 * * * *", 23, 25),
    ],
)
def test_measured_nights_of_cron(cron: str, spring: int, autumn: int) -> None:
    meaning = read_vixie(cron, strict=True).meaning
    for day, count in (("2026-03-29", spring), ("2026-10-25", autumn)):
        begin = datetime.fromisoformat(day).replace(tzinfo=AMSTERDAM)
        end = begin + timedelta(days=1)
        times = between(meaning, AMSTERDAM, "vixie", begin.astimezone(UTC) - MINUTE, end.astimezone(UTC))
        assert len([at for at in times if begin <= at < end]) == count


@pytest.mark.parametrize(
    ("cron", "spring", "autumn"),
    [
        ("*/20 * * * *", 69, 75),
        ("30 2 * * *", 0, 2),
        ("*/20 2 * * *", 0, 6),
        ("5 1-4 * * *", 3, 5),
        ("0 0-23 * * *", 23, 25),
        ("0 * * * *", 23, 25),
    ],
)
def test_measured_nights_of_busybox(cron: str, spring: int, autumn: int) -> None:
    """As busybox 1.35.0 itself did (tests/measured/cron_daemons.py)."""
    meaning = read_busybox(cron).meaning
    for day, count in (("2026-03-29", spring), ("2026-10-25", autumn)):
        begin = datetime.fromisoformat(day).replace(tzinfo=AMSTERDAM)
        end = begin + timedelta(days=1)
        times = between(meaning, AMSTERDAM, "busybox", begin.astimezone(UTC) - MINUTE, end.astimezone(UTC))
        assert len([at for at in times if begin <= at < end]) == count


def first_after(text: str, rule: str, after: str) -> str:
    meaning = read_calendar(text)[0] if rule == "systemd" else read_vixie(text, strict=False).meaning
    begin = datetime.fromisoformat(after).replace(tzinfo=UTC)
    times = moments_after(meaning, AMSTERDAM, rule, begin)  # type: ignore[arg-type]  # one of the three
    return next(islice(times, 1)).astimezone(AMSTERDAM).isoformat()


def test_a_fixed_time_in_the_skipped_and_in_the_repeated_hour() -> None:
    assert first_after("30 2 * * *", "vixie", "2026-03-28T12:00") == "2026-03-29T03:00:00+02:00"
    assert first_after("30 2 * * *", "vixie", "2026-10-24T12:00") == "2026-10-25T02:30:00+02:00"
    assert first_after("02:30", "systemd", "2026-03-28T12:00") == "2026-03-30T02:30:00+02:00"
    assert first_after("02:30", "systemd", "2026-10-24T12:00") == "2026-10-25T02:30:00+02:00"
    assert first_after("02:30", "systemd", "2026-10-25T00:30") == "2026-10-26T02:30:00+01:00"


def test_the_difference_at_a_change_is_said() -> None:
    meaning = read_vixie("30 2 * * *", strict=False).meaning
    now = datetime(2026, 1, 1, tzinfo=UTC)
    cron = written(meaning, "30 2 * * *")
    found = compared(meaning, cron, "Europe/Amsterdam", "vixie", "Debian cron", now)
    assert found.notes == (
        "clocks change on 2026-03-29: Debian cron runs it at 03:00 CEST, Penstock at 03:30 CEST",
        "clocks change on 2026-10-25: Debian cron runs it at 02:30 CEST, Penstock at 02:30 CET",
    )
    assert compared(meaning, cron, "UTC", "vixie", "Debian cron", now).notes == ()
    noon = read_vixie("0 12 * * *", strict=False).meaning
    assert compared(noon, written(noon), "Europe/Amsterdam", "vixie", "cron", now).notes == ()

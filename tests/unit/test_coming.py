"""What comes next, as lists and `dags next` show it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data import builders
from data.builders import NOON
from fakes.clock import FakeClock
from penstock.clock import to_us
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.store.views.next_points import Coming, Cursor

DAY = timedelta(days=1)
DAILY = ScheduleSpec(kind="cron", crons=("0 12 * * *",))


def spec(schedule: ScheduleSpec, **fields: object) -> DagSpec:
    return builders.dag("d", schedule=schedule, **fields)


def cursor(last: datetime | None, *, seen: datetime = NOON - 10 * DAY) -> Cursor:
    at = None if last is None else to_us(last)
    return Cursor("d", 1, to_us(seen), at, at, at)


def due(coming: Coming, at: Cursor, daily: DagSpec, count: int = 2) -> list[datetime]:
    return [point.run_after for point in coming.points(at, daily, count)]


def test_a_daily_dag_goes_on_from_the_last_point() -> None:
    coming, daily = Coming(FakeClock(NOON + timedelta(hours=1))), spec(DAILY)
    assert due(coming, cursor(NOON), daily) == [NOON + DAY, NOON + 2 * DAY]
    assert coming.next_run(cursor(NOON), daily, busy=False) == NOON + DAY


def test_missed_points_come_only_where_they_will_be_caught_up() -> None:
    now = FakeClock(NOON + timedelta(hours=1))
    behind = cursor(NOON - 3 * DAY)
    assert due(Coming(now), behind, spec(DAILY, catchup="all")) == [NOON - 2 * DAY, NOON - DAY]
    assert due(Coming(now), behind, spec(DAILY, catchup="latest")) == [NOON, NOON + DAY]
    assert due(Coming(now), behind, spec(DAILY, catchup="none")) == [NOON + DAY, NOON + 2 * DAY]
    assert Coming(now).next_run(behind, spec(DAILY, catchup="all"), busy=False) == NOON - 2 * DAY
    assert Coming(now).next_run(behind, spec(DAILY, catchup="latest"), busy=False) == NOON
    assert Coming(now).next_run(behind, spec(DAILY, catchup="none"), busy=False) == NOON + DAY


def test_with_catchup_a_new_dag_begins_at_its_start_date() -> None:
    old = spec(DAILY, catchup="all", start_date=NOON - 30 * DAY)
    coming = Coming(FakeClock(NOON + timedelta(hours=1)))
    assert due(coming, cursor(None), old, 1) == [NOON - 30 * DAY]


def test_an_end_date_ends_it() -> None:
    ending = spec(DAILY, end_date=NOON + DAY)
    coming = Coming(FakeClock(NOON + timedelta(hours=1)))
    assert due(coming, cursor(NOON), ending, 5) == [NOON + DAY]
    assert coming.next_run(cursor(NOON + DAY), ending, busy=False) is None


def test_a_distance_without_a_start_counts_from_the_first_load() -> None:
    every = spec(ScheduleSpec(kind="delta", seconds=600.0))
    seen = NOON - timedelta(minutes=3)
    coming = Coming(FakeClock(NOON))
    assert due(coming, cursor(None, seen=seen), every) == [
        seen,
        seen + timedelta(minutes=10),
    ]


def test_once_is_due_once() -> None:
    once = spec(ScheduleSpec(kind="once"), start_date=NOON - DAY)
    coming = Coming(FakeClock(NOON))
    assert due(coming, cursor(None), once) == [NOON - DAY]
    assert due(coming, cursor(NOON - DAY), once) == []


def test_continuous_waits_for_its_run() -> None:
    endless = spec(ScheduleSpec(kind="continuous"))
    coming = Coming(FakeClock(NOON))
    assert coming.next_run(cursor(NOON - DAY), endless, busy=True) is None
    assert coming.next_run(cursor(NOON - DAY), endless, busy=False) == NOON


def test_no_schedule_has_no_points() -> None:
    coming = Coming(FakeClock(NOON))
    assert due(coming, cursor(None), spec(ScheduleSpec())) == []
    assert coming.next_run(cursor(None), spec(ScheduleSpec()), busy=False) is None


def test_what_is_remembered_is_forgotten_when_it_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(NOON + timedelta(hours=1))
    coming, daily = Coming(clock), spec(DAILY, catchup="none")
    assert coming.next_run(cursor(NOON), daily, busy=False) == NOON + DAY
    clock.time = NOON + DAY + timedelta(hours=1)
    assert coming.next_run(cursor(NOON), daily, busy=False) == NOON + 2 * DAY
    monkeypatch.setattr(
        "penstock.store.views.next_points.decide", None
    )  # while it lies ahead it is not worked out again
    assert coming.next_run(cursor(NOON), daily, busy=False) == NOON + 2 * DAY

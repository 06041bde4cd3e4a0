"""The calendar driven by keys: days, spans, points, runs, and the backfill of what is marked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import DAY, NOW, replace
from penstock.model import acts
from penstock.model.points import PointState
from penstock.model.states import RunState, RunType
from penstock.model.views.points import LedgerPoint
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.month_grid import MonthGrid

TODAY = NOW.date()
FIRST_POINT = date(2026, 8, 1)
"""Of nyc_flights."""


async def open_calendar(driver: Driver, dag_id: str = "nyc_flights") -> MonthGrid:
    await driver.sees(dag_id)
    assert driver.console.screen.query_one(LineTable).move_to_key(dag_id)
    await driver.press("C")
    await driver.until(lambda: isinstance(driver.console.screen, CalendarScreen))
    grid = driver.console.screen.query_one(MonthGrid)
    await driver.until(lambda: grid.days.get(TODAY), "today's points")
    return grid


@pytest.mark.parametrize("size", SIZES)
async def test_months_are_shown_with_letters_and_a_legend(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        grid = await open_calendar(driver)
        await driver.sees("August 2026", "Mo   Tu", ">21 R", "22 .", " 3 S", "R ran")
        assert len(grid.months) == {120: 9, 80: 4, 60: 1}[size[0]]
        await driver.sees("Fri 2026-08-21", "1 point: 1 ran")


async def test_the_cursor_goes_by_days_weeks_and_months() -> None:
    async with driving() as driver:
        grid = await open_calendar(driver)
        for key, expected in (
            ("left", date(2026, 8, 20)),
            ("up", date(2026, 8, 13)),
            ("pageup", date(2026, 7, 13)),
            ("right", date(2026, 7, 14)),
            ("down", date(2026, 7, 21)),
            ("g", FIRST_POINT),
            ("G", TODAY),
        ):
            await driver.press(key)
            assert grid.cursor == expected
        await driver.press(*["pageup"] * 10)
        await driver.sees("October 2025", "Tue 2025-10-21  no schedule point")
        assert grid.months[0] <= date(2025, 10, 1)
        await driver.press("G")
        await driver.sees(">21 R")


@pytest.mark.parametrize("size", SIZES)
async def test_a_schedule_that_has_ended_opens_on_its_last_point(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    detail = engine.world.dags["hello"]
    dag = replace(detail.dag, schedule="@daily", next_run=None)
    engine.world.dags["hello"] = replace(detail, dag=dag, end_date=datetime(2013, 12, 31, tzinfo=UTC))
    engine.world.skips["hello"] = [
        LedgerPoint(logical_date=datetime(2013, *day, tzinfo=UTC), state=PointState.SKIPPED, reason="paused")
        for day in ((1, 5), (6, 1), (11, 12))
    ]
    async with driving(engine, size=size) as driver:
        await driver.sees("hello")
        assert driver.console.screen.query_one(LineTable).move_to_key("hello")
        await driver.press("C")
        await driver.sees("November 2013", "Tue 2013-11-12  1 point")
        grid = driver.console.screen.query_one(MonthGrid)
        await driver.press("g")
        assert grid.cursor == date(2013, 1, 5)
        await driver.sees("January 2013", "Sat 2013-01-05  1 point")
        await driver.press("left", "G")
        assert grid.cursor == date(2013, 11, 12)


@pytest.mark.parametrize(("ran", "opens"), [((2013, 3, 9), "March 2013"), ((2026, 8, 20), "December 2013")])
async def test_an_ended_schedule_without_points_opens_on_its_newest_run(
    ran: tuple[int, int, int], opens: str
) -> None:
    engine = FakeEngine()
    detail = engine.world.dags["hello"]
    dag = replace(detail.dag, schedule="@daily", next_run=None)
    engine.world.dags["hello"] = replace(detail, dag=dag, end_date=datetime(2013, 12, 31, tzinfo=UTC))
    for place in [place for place in engine.world.runs if place[0] == "hello"]:
        del engine.world.runs[place]
    engine.world.add_run("hello", datetime(*ran, tzinfo=UTC), RunState.SUCCESS, run_type=RunType.MANUAL)
    async with driving(engine, size=(60, 15)) as driver:
        await driver.sees("orders_daily")
        await driver.until(lambda: driver.console.screen.query_one(LineTable).move_to_key("hello"))
        await driver.press("C")
        await driver.sees(opens, "no schedule point")


async def test_what_is_bad_is_found_by_its_key() -> None:
    async with driving() as driver:
        grid = await open_calendar(driver, "orders_daily")
        await driver.sees("F failed", "21 F")
        await driver.press("E")
        assert grid.cursor == TODAY - 17 * DAY
        await driver.press("E")
        await driver.until(lambda: grid.cursor == TODAY - 27 * DAY)
        await driver.sees("1 skipped  (downtime)")
        await driver.press("e", "e", "e")
        await driver.sees("no later day here")


async def test_enter_lists_the_points_of_a_day_and_opens_a_run() -> None:
    async with driving() as driver:
        await open_calendar(driver)
        await driver.press("enter")
        await driver.sees("nyc_flights 2026-08-21", "2026-08-21 06:00", "R ran", "running")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        await driver.press("escape", "escape")
        await driver.until(lambda: isinstance(driver.console.screen, CalendarScreen))
        await driver.press("right", "enter")
        await driver.sees("2026-08-22 06:00", ". to come")
        await driver.press("enter")
        await driver.sees("is still to come, so it has no run")


async def test_a_marked_span_is_listed_and_backfilled() -> None:
    engine = FakeEngine()
    engine.world.backfills.clear()
    async with driving(engine) as driver:
        grid = await open_calendar(driver)
        await driver.press(*["up"] * 2, *["left"] * 5)
        assert grid.cursor == date(2026, 8, 2)
        await driver.press("v", "right", "right")
        await driver.sees("2026-08-02 to 2026-08-04", "* 2", "* 3", "» 4")
        await driver.press("enter")
        await driver.sees("nyc_flights 2026-08-02 to 2026-08-04", "one of 3")
        await driver.press("escape", "b")
        await driver.sees("Backfill nyc_flights", "2026-08-02", "2026-08-04")
        await driver.press("escape")
        await driver.press("escape")
        await driver.sees_not("* 2")
        assert isinstance(driver.console.screen, CalendarScreen), "esc unmarks first"
        await driver.press("b")
        await driver.sees("Backfill nyc_flights")
        await driver.until(lambda: "Create" in driver.text())
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        [act] = driver.engine.acts
        assert isinstance(act, acts.CreateBackfill)
        assert (act.from_date, act.to_date.date()) == (datetime(2026, 8, 4), date(2026, 8, 4))


async def test_marked_points_are_backfilled_to_the_minute_on_the_dags_clock() -> None:
    engine = FakeEngine()
    detail = engine.world.dags["nyc_flights"]
    engine.world.dags["nyc_flights"] = replace(detail, dag=replace(detail.dag, timezone="America/New_York"))
    begin = NOW.replace(hour=9, minute=30, second=0) - 2 * DAY
    engine.world.skips["nyc_flights"] = [
        LedgerPoint(logical_date=begin + timedelta(hours=hour), state=PointState.SKIPPED, reason="overlap")
        for hour in range(3)
    ]
    async with driving(engine) as driver:
        await open_calendar(driver)
        await driver.press("left", "left")
        await driver.sees("4 points", "3 skipped")
        await driver.press("enter")
        await driver.sees("2026-08-19 05:30", "2026-08-19 07:30", "overlap")
        await driver.press("j", "v", "j", "b")
        await driver.sees("Backfill nyc_flights", "2026-08-19T05:30:00", "2026-08-19T06:30:00")


async def test_points_that_change_are_drawn_anew() -> None:
    async with driving() as driver:
        grid = await open_calendar(driver)
        driver.engine.world.skips["nyc_flights"].append(
            LedgerPoint(logical_date=NOW - DAY, state=PointState.SKIPPED, reason="paused")
        )
        driver.engine.notify(dags=("nyc_flights",))
        await driver.until(lambda: grid.days[TODAY - DAY].counts.get("skipped"))
        await driver.sees("20 s")


async def test_a_dag_without_a_schedule_has_no_calendar() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        assert driver.console.screen.query_one(LineTable).move_to_key("hello")
        await driver.press("C")
        await driver.sees("no schedule, so it has no points")


async def test_it_is_reached_from_runs_and_from_a_run() -> None:
    async with driving() as driver:
        await driver.sees("nyc_flights")
        assert driver.console.screen.query_one(LineTable).move_to_key("nyc_flights")
        await driver.press("R")
        await driver.sees("13 runs")
        await driver.press("C")
        await driver.sees("August 2026")
        await driver.press("escape", "enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        await driver.sees("wait_for_drop")
        await driver.press("C")
        await driver.sees("August 2026")


@pytest.mark.parametrize("size", SIZES)
async def test_what_the_letters_mean_is_never_cut(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.sees("prod-etl")
        driver.console.push_screen(CalendarScreen("orders_daily"))
        await driver.sees(
            "F failed", "B backfilled", ". to come", "small:", "some of the day", "~ clocks changed"
        )

"""What an operator does most often: each story counts the keys that it takes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model.views.digest import SlowTask
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.digest import DigestScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.month_grid import MonthGrid


class Hand:
    """Presses keys and counts them."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.keys = 0

    async def press(self, *keys: str) -> None:
        self.keys += len(keys)
        await self.driver.press(*keys)


@pytest.mark.parametrize("size", SIZES)
async def test_the_slow_task_of_last_night_is_named_in_5_keys(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    run = engine.world.runs_of("nyc_flights")[0]
    engine.world.away_parts["slow"] = (
        SlowTask(
            dag_id="nyc_flights", run_id=run.run_id, task_id="load", at=NOW, seconds=2472.0, p95=254.0
        ),
    )  # fmt: skip
    async with driving(engine, size=size) as driver:
        hand = Hand(driver)
        await driver.sees("prod-etl")
        await hand.press("0")
        await driver.until(lambda: isinstance(driver.console.screen, DigestScreen))
        await driver.sees("slow", "load took 41m")
        assert hand.keys <= 5
        table = driver.console.screen.query_one(LineTable)
        assert table.move_to_key(next(row.key for row in table.rows if row.key.startswith("slow/")))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_the_month_that_is_marked_ends_today_and_the_same_key_unmarks_it() -> None:
    async with driving() as driver:
        await driver.sees("nyc_flights")
        driver.console.screen.query_one(LineTable).move_to_key("nyc_flights")
        await driver.press("C")
        await driver.until(lambda: isinstance(driver.console.screen, CalendarScreen))
        grid = driver.console.screen.query_one(MonthGrid)
        await driver.until(lambda: grid.days.get(NOW.date()), "today's points")
        await driver.press("asterisk")
        assert grid.span == (date(2026, 8, 1), NOW.date())
        await driver.press("asterisk")
        assert not grid.marked


async def test_it_looks_further_back_than_the_last_look_and_back_again() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        await driver.press("0")
        await driver.until(lambda: isinstance(driver.console.screen, DigestScreen))
        screen = driver.console.screen
        assert isinstance(screen, DigestScreen)
        await driver.until(lambda: screen.page)
        await driver.press("minus")
        await driver.sees("this is since you last looked")
        for days in (1, 3, 7):
            await driver.press("plus")
            since = NOW - timedelta(days=days)
            await driver.until(lambda: screen.page and screen.page.since == since)  # noqa: B023
        await driver.press("plus")
        await driver.sees("it looks no further back")
        await driver.press("minus")
        await driver.until(lambda: screen.page and screen.page.since == NOW - timedelta(days=3))

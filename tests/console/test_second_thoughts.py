"""Undo, re-run, run next and run now from the console, and runs beyond the first page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from fakes.world import NOW
from penstock.model import acts
from penstock.model.states import RunState
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.widgets.line_table import LineTable

ORDERS = "scheduled__2026-08-21T06:00:00+00:00"


async def stand_on(driver: Driver, key: str) -> None:
    """Put the cursor of the list on the row *key*."""
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    assert driver.console.screen.query_one(LineTable).move_to_key(key)


@pytest.mark.parametrize("size", SIZES)
async def test_the_last_act_of_a_dag_is_taken_back(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("u")
        await driver.sees("The newest act of this DAG: Clear 1 task", "penstock undo 1")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Undo(dag_id="orders_daily")]


async def test_a_run_is_repeated_with_its_parameters_to_edit() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("T")
        await driver.sees("Re-run orders_daily 2026-08-21T06:00")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        act = driver.engine.acts[0]
        assert isinstance(act, acts.Rerun)
        assert (act.dag_id, act.run_id) == ("orders_daily", ORDERS)


def a_newer_version(driver: Driver) -> None:
    """Let the DAG have a later version than its runs."""
    world = driver.engine.world
    world.dags["orders_daily"] = structs.replace(world.dags["orders_daily"], version="mended")


@pytest.mark.parametrize("size", SIZES)
async def test_a_retry_offers_the_newest_version(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        a_newer_version(driver)
        await stand_on(driver, "orders_daily")
        await driver.press("r")
        await driver.sees(
            "(o) the version it began with", "( ) the newest version (l)", "older version of the"
        )
        assert "--latest-version" not in driver.text()
        await driver.press("l")
        await driver.sees("(o) the newest version (l)", "go on with", "Retry 6 tasks (y)")
        if size[0] >= 120:
            await driver.sees("--latest-version")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [
            acts.Retry(dag_id="orders_daily", run_id=ORDERS, latest_version=True),
        ]


async def test_a_retry_on_the_runs_own_version_is_what_one_gets_unasked() -> None:
    async with driving() as driver:
        a_newer_version(driver)
        await stand_on(driver, "orders_daily")
        await driver.press("r")
        await driver.sees("the newest version (l)", "Retry 6 tasks (y)")
        await driver.press("l")
        await driver.sees("(o) the newest version (l)", "--latest-version")
        await driver.press("l")
        await driver.sees("(o) the version it began with", "Retry 6 tasks (y)")
        await driver.sees_not("--latest-version")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Retry(dag_id="orders_daily", run_id=ORDERS)]


async def test_a_retry_on_the_only_version_asks_nothing() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("r")
        await driver.sees("Retry 6 tasks (y)")
        assert "version" not in driver.text()


async def rush_a_queued_run(driver: Driver) -> str:
    """Open the dialog that runs a queued run next or now; return the run's id."""
    run_id = driver.engine.world.add_run("hello", NOW + timedelta(hours=1), RunState.QUEUED)
    driver.console.open_runs("hello")
    await driver.until(lambda: isinstance(driver.console.screen, RunsScreen))
    await stand_on(driver, run_id)
    await driver.press("J")
    await driver.sees("Run next")
    return run_id


async def test_a_queued_run_goes_next_or_now() -> None:
    async with driving() as driver:
        run_id = await rush_a_queued_run(driver)
        await driver.press("right")
        await driver.sees("Run now")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.RunNow(dag_id="hello", run_id=run_id)]


@pytest.mark.parametrize("arrow", ["right", "down", "left", "up"])
async def test_keys_that_choose_never_commit(arrow: str) -> None:
    async with driving() as driver:
        await rush_a_queued_run(driver)
        await driver.press("tab", "tab", arrow, "space")
        await driver.sees("(o) now", "Run now")
        await driver.press(arrow)
        await driver.sees("(o) next", "Run next")
        assert driver.engine.acts == []
        await driver.press("tab", "space")
        await driver.until(lambda: isinstance(driver.console.screen, RunsScreen), "Cancel comes first")
        assert driver.engine.acts == []


async def test_runs_beyond_the_first_page_come_when_the_end_is_reached() -> None:
    async with driving() as driver:
        for day in range(450):
            driver.engine.world.add_run("hello", NOW - timedelta(days=day + 1), RunState.SUCCESS)
        total = len(driver.engine.world.runs_of("hello"))
        driver.console.open_runs("hello")
        await driver.until(lambda: isinstance(driver.console.screen, RunsScreen))
        await driver.until(lambda: len(driver.console.screen.query_one(LineTable).rows) == 200)
        for wanted in (400, total):
            await driver.press("G")
            await driver.until(
                lambda wanted=wanted: len(driver.console.screen.query_one(LineTable).rows) == wanted  # type: ignore[misc]
            )

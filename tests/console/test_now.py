"""Now: live attempts of all DAGs with what they use, sorted by any of it; stop, open; what waits and why."""

from __future__ import annotations

import pytest

from drive.console import SIZES, Driver, driving
from penstock.model import acts
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.now import NowScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.line_table import LineTable


async def open_now(driver: Driver) -> LineTable:
    await driver.sees("prod-etl")
    await driver.press("6")
    await driver.until(lambda: isinstance(driver.console.screen, NowScreen))
    table = driver.console.screen.query_one("#live", LineTable)
    await driver.until(lambda: table.rows)
    return table


@pytest.mark.parametrize("size", SIZES)
async def test_what_runs_and_what_waits_stand_in_one_screen(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await open_now(driver)
        await driver.sees("cpu%", "memory", "pull_jpy", "first barrier", "pool warehouse")
        assert all(len(line) <= size[0] for line in driver.text().splitlines())
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_sorted_by_any_column_and_back() -> None:
    async with driving() as driver:
        table = await open_now(driver)
        rows = driver.engine.live().attempts
        for field in ("cpu", "rss", "peak_rss", "read_bytes", "write_bytes", "processes", "seconds"):
            wanted = max(getattr(row, field) or 0 for row in rows)
            first = next(row for row in rows if row.attempt_id == table.rows[0].key)
            assert (getattr(first, field) or 0) == wanted, field
            await driver.press("s")
        await driver.press("S")
        await driver.sees("reversed")


async def test_a_hog_is_stopped_from_here() -> None:
    async with driving() as driver:
        table = await open_now(driver)
        hog = next(row for row in driver.engine.live().attempts if row.attempt_id == table.cursor_key)
        await driver.press("X")
        await driver.sees(f"Cancel {hog.task_id}")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Cancel(dag_id=hog.dag_id, run_id=hog.run_id, task_id=hog.task_id)]


async def test_marked_attempts_are_stopped_together_and_logs_open() -> None:
    async with driving() as driver:
        table = await open_now(driver)
        await driver.press("space", "space")
        assert len(table.marks) == 2
        await driver.press("X")
        await driver.sees("Cancel")
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        await driver.press("escape", "l")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))


async def test_what_waits_has_keys_too() -> None:
    async with driving() as driver:
        await open_now(driver)
        await driver.press("tab")
        waiting = driver.console.screen.query_one("#waiting", LineTable)
        await driver.until(lambda: waiting.has_focus)
        await driver.press("J")
        await driver.sees("go first")
        await driver.press("escape", "tab")
        await driver.until(lambda: not waiting.has_focus)


async def test_filtered_by_dag_and_text() -> None:
    async with driving() as driver:
        table = await open_now(driver)
        await driver.press("slash")
        await driver.type("pull_sek")
        await driver.press("enter")
        await driver.until(lambda: len(table.rows) == 1)
        await driver.press("escape")
        await driver.until(lambda: len(table.rows) > 1)


async def test_it_asks_again_only_while_something_runs() -> None:
    async with driving() as driver:
        await open_now(driver)
        before = driver.engine.calls.count("live")
        await driver.until(lambda: driver.engine.calls.count("live") > before, "another look")
        for key in [key for key, detail in driver.engine.world.runs.items() if detail.run.end is None]:
            del driver.engine.world.runs[key]
        driver.engine.notify(all=True)
        await driver.sees("nothing is running")
        screen = driver.console.screen
        assert isinstance(screen, NowScreen)
        asked = driver.engine.calls.count("live")
        screen._look_again()
        await driver.pilot.pause()
        assert driver.engine.calls.count("live") == asked

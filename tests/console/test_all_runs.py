"""Runs of all DAGs: what is read, the filter, orders, marks over what was never on the screen, acts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.believable import believable
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model import acts
from penstock.model.queries import RunQuery
from penstock.model.states import RunState, RunType
from penstock_tui.screens.all_runs import AllRunsScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.paged_table import PagedTable


class Counting(FakeEngine):
    """An engine that remembers how many runs it was asked for."""

    def __init__(self, *, runs: int = 0) -> None:
        super().__init__(believable())
        self.asked: list[RunQuery] = []
        for number in range(runs):
            state = RunState.FAILED if number == runs - 1 else RunState.SUCCESS
            self.world.add_run(
                "hello",
                NOW - timedelta(days=100, minutes=number),
                state,
                run_type=RunType.MANUAL,
                run_id=f"r{number:05d}",
            )

    def find_runs(self, query: RunQuery) -> object:  # type: ignore[override]
        self.asked.append(query)
        return super().find_runs(query)


def table(driver: Driver) -> PagedTable:
    screen = driver.console.screen
    assert isinstance(screen, AllRunsScreen)
    return screen.table


async def open_all(driver: Driver) -> PagedTable:
    await driver.sees("prod-etl")
    await driver.press("4")
    await driver.until(lambda: isinstance(driver.console.screen, AllRunsScreen))
    await driver.until(lambda: table(driver).cursor_key)
    return table(driver)


@pytest.mark.parametrize("size", SIZES)
async def test_runs_of_every_dag_stand_in_one_list(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await open_all(driver)
        await driver.sees("orders_daily", "fx_rates", "DAG")
        assert all(len(line) <= size[0] for line in driver.text().splitlines())
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_only_what_is_around_the_screen_is_read() -> None:
    engine = Counting(runs=3000)
    async with driving(engine, size=(80, 24)) as driver:
        rows = await open_all(driver)
        total = rows.total
        assert total > 3000
        await driver.press("G")
        await driver.until(lambda: rows.cursor_key == "hello/r02999")
        await driver.press("g")
        await driver.until(lambda: rows.cursor_key is not None and rows.cursor == 0)
        assert all(query.limit <= 3 * 24 for query in engine.asked)
        assert len(rows.rows) <= 3 * 24


async def test_keys_typed_ahead_act_on_the_row_they_reach() -> None:
    async with driving(Counting(runs=3000), size=(80, 24)) as driver:
        rows = await open_all(driver)
        driver.type_ahead("G", "space")
        await driver.until(lambda: rows.marks == {"hello/r02999"})


async def test_the_filter_is_the_engines_and_its_dates_are_understood() -> None:
    async with driving(Counting(runs=40)) as driver:
        rows = await open_all(driver)
        for typed, wanted in (
            ("state:failed dag:orders", "orders_daily/"),
            ("owner:growth !state:success", "user_snapshots/"),
            ("tag:sales since:2h", "orders_daily/"),
            ("type:manual until:2026-06-01", "hello/"),
        ):
            await driver.press("slash", "ctrl+u")
            await driver.type(typed)
            await driver.press("enter")
            await driver.until(
                lambda wanted=wanted: (
                    rows.rows and {row.key.split("/")[0] + "/" for row in rows.rows} == {wanted}
                ),  # type: ignore[misc]
                typed,
            )
        assert rows.total == 40
        await driver.press("slash", "ctrl+u")
        await driver.type("since:nonsense")
        await driver.sees("is not a date")
        await driver.press("escape")
        await driver.until(lambda: rows.total > 100)


async def test_marks_reach_what_was_never_on_the_screen() -> None:
    engine = Counting(runs=400)
    async with driving(engine, size=(80, 24)) as driver:
        rows = await open_all(driver)
        await driver.press("slash")
        await driver.type("dag:hello")
        await driver.press("enter")
        await driver.until(lambda: rows.total == 401)
        await driver.press("v", "G")
        await driver.until(lambda: len(rows.marks) == 401, "the range")
        await driver.press("escape")
        await driver.until(lambda: not rows.marks)
        await driver.press("asterisk")
        await driver.until(lambda: len(rows.marks) == 401, "all")
        await driver.press("slash", "ctrl+u")
        await driver.type("dag:orders")
        await driver.sees("401 marked, 401 hidden")
        await driver.press("escape", "asterisk", "escape")


async def test_an_act_on_all_that_is_shown_names_every_run() -> None:
    async with driving() as driver:
        rows = await open_all(driver)
        await driver.press("slash")
        await driver.type("state:running,queued !dag:ledger")
        await driver.press("enter", "asterisk")
        await driver.until(lambda: len(rows.marks) == 3)
        await driver.press("p", "y")
        await driver.until(lambda: len(driver.engine.acts) == 3)
        assert {act.dag_id for act in driver.engine.acts if isinstance(act, acts.Hold)} == {
            "fx_rates", "nyc_flights", "flaky",
        }  # fmt: skip


async def test_the_next_failure_is_found_far_below_the_screen() -> None:
    async with driving(Counting(runs=900), size=(80, 24)) as driver:
        rows = await open_all(driver)
        await driver.press("slash")
        await driver.type("type:manual")
        await driver.press("enter")
        await driver.until(lambda: rows.total == 901)
        await driver.press("e")
        await driver.until(lambda: rows.cursor_key == "hello/r00899")
        await driver.press("g")
        await driver.until(lambda: rows.cursor == 0 and rows.cursor_key)
        await driver.press("E")
        await driver.until(lambda: rows.cursor_key == "hello/r00899")


async def test_orders_begin_anew_at_the_top() -> None:
    async with driving(Counting(runs=50)) as driver:
        rows = await open_all(driver)
        await driver.press("G", "s")
        await driver.until(lambda: rows.cursor == 0 and rows.rows and rows.rows[0].failed)
        await driver.press("S")
        await driver.until(lambda: rows.rows and not rows.rows[0].failed)


async def test_a_new_run_on_top_leaves_the_cursor_on_its_row() -> None:
    async with driving() as driver:
        rows = await open_all(driver)
        await driver.press("j", "j")
        key = rows.cursor_key
        driver.engine.world.add_run("hello", NOW, RunState.QUEUED, run_type=RunType.MANUAL, run_id="fresh")
        driver.engine.notify(("hello", "fresh"))
        await driver.until(lambda: rows.cursor == 3)
        assert rows.cursor_key == key

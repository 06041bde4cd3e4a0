"""`B`: ask where to stop, show where it has stopped, and go on with one key."""

from __future__ import annotations

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from fakes.world import NOW
from fakes.world_acts import set_tasks
from penstock.model import acts
from penstock.model.states import RunState
from penstock.model.views.pauses import PauseInfo
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.line_table import LineTable

DAG = "orders_daily"
RUN = "scheduled__2026-08-21T06:00:00+00:00"


async def stand_on(driver: Driver, key: str) -> None:
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    assert driver.console.screen.query_one(LineTable).move_to_key(key)


def stop_run(driver: Driver, where: str, *, at: str | None = None) -> None:
    """Have the newest run of the DAG stopped, before the task *at* if it is given."""
    world, info = driver.engine.world, PauseInfo(by="bob", since=NOW, why="look first", breakpoint=where)
    detail = world.runs[DAG, RUN]
    running = structs.replace(detail.run, held=info, state=RunState.RUNNING, end=None, reason=None)
    world.runs[DAG, RUN] = structs.replace(detail, run=running)
    if at is not None:
        set_tasks(world, DAG, RUN, {at}, held=info)
    whole = world.dags[DAG]
    world.dags[DAG] = structs.replace(whole, dag=structs.replace(whole.dag, last_run=running))
    driver.engine.notify((DAG, RUN))


async def commit(driver: Driver) -> None:
    await driver.until(lambda: driver.console.screen.query_one("#commit", Button).ready)
    await driver.press("ctrl+s")
    await driver.until(lambda: driver.engine.acts)


@pytest.mark.parametrize("size", SIZES)
async def test_the_next_run_of_a_dag_is_to_stop(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await stand_on(driver, DAG)
        await driver.press("B")
        await driver.sees("Breakpoint in orders_daily", "stop before", "name the task")
        await driver.type("join")  # the field that needs something has the keys
        await driver.sees("penstock breakpoint set orders_daily join --before")
        await commit(driver)
        assert driver.engine.acts == [acts.SetBreakpoint(dag_id=DAG, tasks=("join",))]


async def test_a_run_is_to_stop_after_the_task_under_the_cursor() -> None:
    async with driving() as driver:
        await stand_on(driver, DAG)
        await driver.press("enter")
        await driver.until(lambda: driver.console.screen.query("RailsList"))
        await driver.press("B")
        await driver.sees("stop before", "this run", "the next run")
        await driver.press("right")
        await driver.sees("the run does not end")
        await commit(driver)
        [act] = driver.engine.acts
        assert isinstance(act, acts.SetBreakpoint)
        assert (act.run_id, act.where, len(act.tasks)) == (RUN, "after", 1)


@pytest.mark.parametrize("size", SIZES)
async def test_what_has_stopped_says_so_and_goes_on_with_one_key(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        stop_run(driver, "before join", at="join")
        await stand_on(driver, DAG)
        await driver.sees("\u22a3 break")
        await driver.press("B")
        await driver.until(lambda: driver.engine.acts)
        wanted = acts.ClearBreakpoint(dag_id=DAG, run_id=RUN, tasks=("join",), where="before")
        assert driver.engine.acts == [wanted]


async def test_the_run_screen_names_the_place_and_elsewhere_asks_first() -> None:
    async with driving() as driver:
        stop_run(driver, "before join", at="join")
        await stand_on(driver, DAG)
        await driver.press("enter")
        await driver.sees("STOPPED before join (B: go on): look first", "stopped here")
        await driver.press("home", "B")
        await driver.sees("go on from before join", "the run goes on from where it has stopped")
        await commit(driver)
        wanted = acts.ClearBreakpoint(dag_id=DAG, run_id=RUN, tasks=("join",), where="before")
        assert driver.engine.acts == [wanted]


async def test_p_holds_what_has_stopped_and_does_not_let_it_go_on() -> None:
    async with driving() as driver:
        stop_run(driver, "after fx")
        await stand_on(driver, DAG)
        await driver.press("R")
        await driver.sees("stopped after fx")
        await driver.press("p")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Hold(dag_id=DAG, run_id=RUN)]

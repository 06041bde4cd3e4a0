"""Marks are obeyed or refused, never ignored, and pausing many things does the same to each."""

from __future__ import annotations

import pytest

from drive.console import Driver, driving
from penstock.model import acts
from penstock.model.states import TaskState
from penstock_tui import actions
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.widgets.line_table import LineTable

ORDERS = "scheduled__2026-08-21T06:00:00+00:00"


async def ready(driver: Driver, key: str) -> LineTable:
    """Put the cursor of the list on the row *key* and return the list."""
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    table = driver.console.screen.query_one(LineTable)
    assert table.move_to_key(key)
    return table


async def in_run(driver: Driver, dag_id: str, run_id: str = ORDERS) -> RunScreen:
    """Open a run and return its screen once its tasks are there."""
    await driver.sees("prod-etl")
    driver.console.open_run(dag_id, run_id)
    await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
    screen = driver.console.screen
    assert isinstance(screen, RunScreen)
    await driver.until(lambda: screen.tasks.tasks)
    return screen


# -- the rule --------------------------------------------------------------------------------------


def test_every_action_that_changes_something_says_how_much_it_takes() -> None:
    of_the_instance = {"start_engine", "pause_all", "runbooks", "pool.undo", "coming.apply", "questions"}
    for action in actions.ACTIONS:
        if action.acts and action.id not in of_the_instance:
            assert action.takes is not None, action.id


# -- lists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["u", "T", "P", "b", "enter", "l", "w", "R", "C"])
async def test_what_takes_one_row_refuses_several(key: str) -> None:
    async with driving() as driver:
        await ready(driver, "orders_daily")
        await driver.press("space", "space", key)
        await driver.sees("2 DAGs are marked, and this takes", "esc unmarks")
        assert len(driver.console.screen_stack) == 1
        assert driver.engine.acts == []


async def test_what_takes_one_row_takes_the_marked_one() -> None:
    async with driving() as driver:
        table = await ready(driver, "hello")
        await driver.press("space")
        assert table.move_to_key("orders_daily")
        await driver.press("R")
        await driver.until(lambda: isinstance(driver.console.screen, RunsScreen))
        assert driver.console.screen.dag_id == "hello"  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["t", "b"])
async def test_marked_runs_are_not_a_dag(key: str) -> None:
    async with driving() as driver:
        await ready(driver, "orders_daily")
        await driver.press("R")
        await driver.until(lambda: isinstance(driver.console.screen, RunsScreen))
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await driver.press("space", key)
        await driver.sees("a run is marked, and this takes")
        await driver.press("escape", key)
        await driver.until(lambda: not isinstance(driver.console.screen, RunsScreen), "the dialog")


async def test_marks_that_a_filter_hides_stay_are_counted_and_acted_on() -> None:
    async with driving() as driver:
        table = await ready(driver, "flaky")
        await driver.press("space", "slash")
        await driver.type("hello")
        await driver.press("enter")
        await driver.until(lambda: [row.key for row in table.rows] == ["hello"])
        await driver.sees("1 marked, 1 hidden")
        await driver.press("asterisk")
        await driver.sees("2 marked, 1 hidden")
        await driver.press("p")
        await driver.sees("Pause 2", "hello", "flaky")
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        assert driver.engine.acts == [
            acts.PauseSchedule(dag_id="hello"),
            acts.PauseSchedule(dag_id="flaky"),
        ]
        await driver.press("escape")
        await driver.sees_not("marked")


async def test_pausing_many_pauses_those_that_are_not_and_then_resumes_all() -> None:
    async with driving() as driver:
        driver.engine.commit(acts.PauseSchedule(dag_id="hello"))
        driver.engine.acts.clear()
        table = await ready(driver, "flaky")
        await driver.until(lambda: driver.console.screen.dags["hello"].paused)  # type: ignore[attr-defined]
        table.marks = {"flaky", "fx_rates", "hello"}
        await driver.press("p")
        await driver.sees("(o) pause all: 2 not paused", "( ) resume all: 1 paused", "Pause 2 (y)")
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        assert {type(act) for act in driver.engine.acts} == {acts.PauseSchedule}
        await driver.sees("2 DAGs: paused")
        assert not table.marks, "what was marked is done"
        names = {"flaky", "fx_rates", "hello"}
        await driver.until(
            lambda: all(driver.console.screen.dags[name].paused for name in names)  # type: ignore[attr-defined]
        )
        table.marks = names
        await driver.press("p")
        await driver.sees("(o) resume all: 3 paused", "3 (y)")
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 5)
        assert {type(act) for act in driver.engine.acts[2:]} == {acts.UnpauseSchedule}


async def test_what_is_left_out_of_the_marked_is_said() -> None:
    async with driving() as driver:
        table = await ready(driver, "orders_daily")
        table.marks = {"orders_daily", "hello"}
        await driver.press("r")
        await driver.sees("Retry orders_daily", "1 of 2 marked are left out: nothing failed")


# -- a run -----------------------------------------------------------------------------------------


async def test_undo_in_a_run_is_that_runs() -> None:
    async with driving() as driver:
        await in_run(driver, "orders_daily")
        await driver.press("u")
        await driver.sees("Undo in orders_daily 2026-08-")
        await driver.sees("The newest act that changed this run: Clear 1 task")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Undo(dag_id="orders_daily", run_id=ORDERS)]


@pytest.mark.parametrize("key", ["u", "T", "t", "b"])
async def test_marked_tasks_are_not_a_run(key: str) -> None:
    async with driving() as driver:
        screen = await in_run(driver, "orders_daily")
        await driver.press("space", key)
        await driver.sees("a task is marked, and this takes")
        assert driver.console.screen is screen
        assert driver.engine.acts == []


async def test_a_retry_of_marked_tasks_is_never_one_of_the_run() -> None:
    async with driving() as driver:
        screen = await in_run(driver, "orders_daily")
        fine = [key for key, task in screen.tasks.tasks.items() if task.state is TaskState.SUCCESS]
        screen.tasks.marks = set(fine[:2])
        await driver.press("r")
        await driver.sees("retry: nothing that is marked has failed")
        screen.tasks.marks = {fine[0], "join"}
        await driver.press("r")
        await driver.sees("Retry ", "join")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Retry(dag_id="orders_daily", run_id=ORDERS, tasks=("join",))]


async def test_tasks_that_the_filter_hides_are_counted_and_copied() -> None:
    async with driving() as driver:
        screen = await in_run(driver, "orders_daily")
        screen.tasks.marks = {"join", "fx"}
        await driver.press("backslash")
        await driver.type("!join state:up")
        await driver.press("enter")
        await driver.sees("2 marked, 1 hidden")
        assert screen.copied().split() == ["fx", "join"] or screen.copied().split() == ["join", "fx"]


async def test_marks_do_not_go_along_to_another_run() -> None:
    async with driving() as driver:
        screen = await in_run(driver, "orders_daily")
        await driver.press("space")
        await driver.sees("1 marked")
        await driver.press("less_than_sign")
        await driver.until(lambda: screen.run_id != ORDERS and screen.tasks.tasks)
        assert not screen.tasks.marks
        await driver.sees_not("marked")

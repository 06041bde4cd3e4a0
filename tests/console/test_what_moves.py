"""Dialogs while the world moves: what stops follows, what makes work keeps its list and asks once more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from drive.console import Driver, driving
from fakes.world import NOW
from penstock.errors import UnknownError
from penstock.model import acts
from penstock.model.rush import Rush
from penstock.model.states import RunState, TaskState
from penstock_tui.dialogs import plan
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.screens.grid import GridScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.options import Options

ORDERS = "scheduled__2026-08-21T06:00:00+00:00"


async def stand_on(driver: Driver, key: str) -> LineTable:
    """Put the cursor of the list on the row *key*."""
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    table = driver.console.screen.query_one(LineTable)
    assert table.move_to_key(key)
    return table


def a_moving_run(driver: Driver) -> str:
    """Let all tasks of a new run of a DAG run; return the run's id."""
    run_id = driver.engine.world.add_run("hello", NOW + timedelta(hours=1), RunState.RUNNING)
    names = [task.task_id for task in driver.engine.world.runs["hello", run_id].tasks]
    for name in names:
        driver.engine.set_task("hello", run_id, name, state=TaskState.RUNNING)
    return run_id


async def test_the_list_of_a_cancel_follows_what_moves_and_a_stale_number_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "TYPED_ABOVE", 0)
    async with driving() as driver:
        world = driver.engine.world
        driver.engine.set_task("orders_daily", ORDERS, "join", state=TaskState.RUNNING)
        driver.engine.set_task("orders_daily", ORDERS, "fx", state=TaskState.RUNNING)
        detail = world.runs["orders_daily", ORDERS]
        run = structs.replace(detail.run, state=RunState.RUNNING)
        world.runs["orders_daily", ORDERS] = structs.replace(detail, run=run)
        driver.engine.notify(all=True)
        await stand_on(driver, "orders_daily")
        await driver.until(
            lambda: driver.console.screen.dags["orders_daily"].last_run.state == "running"  # type: ignore[attr-defined]
        )
        await driver.press("X")
        await driver.sees("Keep running (esc)", "join", "fx")
        dialog = driver.console.screen
        assert isinstance(dialog, PlanDialog)
        await driver.until(lambda: dialog.count == 2)
        dialog.query_one("#typed", Field).set_text("2")
        driver.engine.set_task("orders_daily", ORDERS, "fx", state=TaskState.SUCCESS)
        await driver.until(lambda: dialog.count == 1, "the list to follow")
        await driver.until(lambda: not dialog.query_one("#typed", Field).text, "the number to go")
        await driver.sees("type 1 to go on")


async def test_what_ended_meanwhile_is_said_and_no_longer_offered() -> None:
    async with driving() as driver:
        run_id = a_moving_run(driver)
        driver.engine.notify(all=True)
        await stand_on(driver, "hello")
        await driver.until(
            lambda: driver.console.screen.dags["hello"].last_run.run_id == run_id  # type: ignore[attr-defined]
        )
        await driver.press("X")
        await driver.sees("Keep running (esc)")
        driver.engine.refuse = UnknownError("run x has already ended: success")
        driver.engine.notify(all=True)
        await driver.sees("run x has already ended: success")
        await driver.press("y")
        assert driver.engine.acts == []


async def test_what_makes_work_shows_the_difference_and_asks_once() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("r")
        await driver.sees("Retry 6 tasks (y)", "Leave as is (esc)")
        shown = driver.text()
        driver.engine.set_task("orders_daily", ORDERS, "join", state=TaskState.SUCCESS)
        await driver.pilot.pause(plan._FOLLOW * 2)
        assert "Retry 6 tasks (y)" in driver.text(), "the list that is shown stays"
        assert "join" in shown
        await driver.press("y")
        await driver.sees(
            "Changed since this was shown: join is no longer changed", "- join", "Retry 5 tasks"
        )
        assert driver.engine.acts == []
        driver.engine.set_task("orders_daily", ORDERS, "publish", state=TaskState.SUCCESS)
        driver.engine.move()
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts, "the second yes to hold for a shorter list")


async def test_a_plan_that_reads_the_same_is_not_asked_about_again() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("c")
        await driver.sees("Clear 12 tasks")
        driver.engine.move()
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Clear(dag_id="orders_daily", run_id=ORDERS)]


# -- after an act ----------------------------------------------------------------------------------


async def test_the_message_counts_and_the_history_names_the_dags() -> None:
    async with driving() as driver:
        table = await stand_on(driver, "hello")
        table.marks = {"hello", "flaky"}
        await driver.press("p")
        await driver.sees("pause all: 2 not paused")
        await driver.press("y")
        await driver.sees("2 DAGs: paused")
        assert not table.marks
        await driver.press("exclamation_mark")
        await driver.sees("  Pause flaky: done", "  Pause hello: done")


async def test_a_rush_is_shown_on_the_task_and_taken_back() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        driver.engine.set_task("orders_daily", ORDERS, "join", state=TaskState.SCHEDULED, rush=Rush.NEXT)
        driver.console.open_run("orders_daily", ORDERS)
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        screen = driver.console.screen
        assert isinstance(screen, RunScreen)
        await driver.until(lambda: screen.tasks.tasks)
        assert screen.tasks.move_to_key("join")
        await driver.sees("runs next")
        await driver.press("J")
        await driver.sees("( ) next", "(o) in turn: take it back", "Run in turn")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.RunInTurn(dag_id="orders_daily", run_id=ORDERS, task_id="join")]
        await driver.sees_not("runs next")


# -- marking by hand over several runs -----------------------------------------------------------------


async def test_a_rectangle_of_a_grid_is_marked_by_hand_in_every_run() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        await driver.console.push_screen(GridScreen("orders_daily"))
        screen = driver.console.screen
        assert isinstance(screen, GridScreen)
        await driver.until(lambda: screen.grid.rows and screen.grid.runs and not screen.grid.missing()[0])
        runs = [run.run_id for run in screen.grid.runs[:2]]
        screen.grid.marks = {("join", run_id) for run_id in runs}
        await driver.press("m")
        await driver.sees("Mark 2 tasks of 2 runs of orders_daily", "(o) success")
        assert "past runs" not in driver.text()
        await driver.press("right", "right")
        await driver.sees("(o) skipped")
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        assert driver.engine.acts == [
            acts.Mark(dag_id="orders_daily", run_id=run_id, tasks=("join",), state="skipped")
            for run_id in sorted(runs, reverse=True)
        ] or {act.run_id for act in driver.engine.acts if isinstance(act, acts.Mark)} == set(runs)
        await driver.sees("marked skipped")
        await driver.until(lambda: not screen.grid.marks)


@pytest.mark.parametrize(("key", "verb"), [("m", "Mark "), ("c", "Clear ")])
async def test_a_cause_of_triage_is_marked_or_cleared(key: str, verb: str) -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        await driver.press("5")
        await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
        await driver.press(key)
        await driver.sees(verb, "Leave as is (esc)")


# -- where forms begin -----------------------------------------------------------------------------


async def test_a_form_begins_at_the_first_field_that_needs_something() -> None:
    async with driving() as driver:
        world = driver.engine.world
        params = {
            "note": {"type": "string", "default": "x"},
            "day": {"type": "string", "format": "date"},
            "hour": {"type": "integer"},
        }
        world.dags["hello"] = structs.replace(world.dags["hello"], params=params, form=())
        await stand_on(driver, "hello")
        await driver.press("t")
        await driver.sees("day*", "hour*", "Do not start (esc)")
        await driver.until(lambda: isinstance(driver.console.screen.focused, Field))
        focused = driver.console.screen.focused
        assert isinstance(focused, Field)
        assert focused._caption.strip() == "day*"


@pytest.mark.parametrize(("key", "begins"), [("P", "verb"), ("t", "cancel"), ("b", "from"), ("c", "cancel")])
async def test_where_the_keys_are_when_a_form_opens(key: str, begins: str) -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press(key)
        await driver.until(lambda: isinstance(driver.console.screen, PlanDialog))
        await driver.until(lambda: driver.console.screen.focused is not None)
        focused = driver.console.screen.focused
        assert focused is not None
        assert focused.id == begins
        assert isinstance(focused, Options | Field) is (begins != "cancel")


# -- which pane has the keys -----------------------------------------------------------------------


async def test_the_footer_names_the_pane_that_has_the_keys_and_its_keys() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        driver.console.open_run("orders_daily", ORDERS)
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        await driver.sees(" tasks  enter open")
        await driver.press("tab")
        await driver.sees(" log  / search")
        footer = driver.text().splitlines()[-1]
        assert "F follow" in footer
        assert "r retry" not in footer.partition("F follow")[0], "the keys of the log come first"
        await driver.press("tab")
        await driver.sees(" tasks  enter open")

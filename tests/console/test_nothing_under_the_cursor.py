"""Every action on every screen where nothing is under the cursor: it says so and does nothing.

What is about the whole screen, such as a run's undo or a DAG's trigger, still is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date

import pytest
from msgspec import structs

from drive.console import Driver, driving
from fakes.engine import FakeEngine
from penstock.model import acts
from penstock.model.states import RunState
from penstock_tui import actions
from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.screens.backfills import BackfillPointsScreen, BackfillsScreen
from penstock_tui.screens.calendar import PointsScreen
from penstock_tui.screens.coming import ComingScreen
from penstock_tui.screens.dags import DagsScreen
from penstock_tui.screens.errors import ErrorsScreen
from penstock_tui.screens.graph import GraphScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.view import View
from penstock_tui.screens.what_if import WhatIfScreen
from penstock_tui.target import DagTarget, PointTarget, RunTarget, Target

FLAKY = "flaky"
Opening = Callable[[Driver], Awaitable[object]]


def in_front(driver: Driver) -> View:
    screen = driver.console.screen
    assert isinstance(screen, View)
    return screen


async def _filtered(driver: Driver, key: str) -> None:
    await driver.press(key)
    await driver.type("zzz")
    await driver.press("enter")


async def _pushed(driver: Driver, screen: View) -> None:
    driver.console.push_screen(screen)
    await driver.until(lambda: screen.is_mounted and screen._loaded)


async def _no_dags(driver: Driver) -> None:
    await driver.sees("no DAGs yet")


async def _no_dag_passes(driver: Driver) -> None:
    await driver.sees("prod-etl", "orders_daily")
    await _filtered(driver, "slash")
    await driver.sees("no DAG matches")


async def _no_runs(driver: Driver) -> None:
    await _pushed(driver, RunsScreen("never"))
    await driver.sees("no runs yet")


async def _no_run_passes(driver: Driver) -> None:
    await _pushed(driver, RunsScreen(FLAKY))
    await _filtered(driver, "slash")
    await driver.sees("no run matches")


async def _in_run(driver: Driver, run_id: str) -> None:
    await _pushed(driver, RunScreen(FLAKY, run_id))


async def _no_task_passes(driver: Driver) -> None:
    await _in_run(driver, driver.engine.world.runs_of(FLAKY)[0].run_id)
    await _filtered(driver, "backslash")
    await driver.sees("no task matches the filter")


async def _no_tasks(driver: Driver) -> None:
    run = driver.engine.world.runs_of(FLAKY)[0]
    detail = driver.engine.world.runs[FLAKY, run.run_id]
    driver.engine.world.runs[FLAKY, run.run_id] = structs.replace(detail, tasks=())
    await _in_run(driver, run.run_id)
    await driver.sees("this run has no tasks")


async def _no_nodes(driver: Driver) -> None:
    await driver.sees("prod-etl", "orders_daily")
    run_id = driver.engine.world.runs_of(FLAKY)[0].run_id
    driver.engine.world.runs[FLAKY, run_id] = structs.replace(
        driver.engine.world.runs[FLAKY, run_id], tasks=()
    )
    await _pushed(driver, GraphScreen(FLAKY, run_id))


async def _task_is_gone(driver: Driver) -> None:
    await _pushed(driver, LogScreen(FLAKY, driver.engine.world.runs_of(FLAKY)[0].run_id, "ghost"))
    await driver.sees("this task is not in this run any more")


async def _no_backfills(driver: Driver) -> None:
    driver.engine.world.backfills.clear()
    await _pushed(driver, BackfillsScreen())
    await driver.sees("no backfills")


async def _no_backfill_passes(driver: Driver) -> None:
    await _pushed(driver, BackfillsScreen())
    await _filtered(driver, "slash")
    await driver.sees("no backfill matches")


async def _no_points_of_a_backfill(driver: Driver) -> None:
    number, row = next(iter(driver.engine.world.backfills.items()))
    driver.engine.world.backfills[number] = structs.replace(row, points=())
    await _pushed(driver, BackfillPointsScreen(number))
    await driver.sees("no points")


async def _no_files(driver: Driver) -> None:
    driver.engine.world.errors.clear()
    await _pushed(driver, ErrorsScreen())
    await driver.sees("every DAG file loads")


async def _no_points(driver: Driver) -> None:
    await _pushed(driver, PointsScreen(FLAKY, date(2020, 1, 1), date(2020, 1, 2), UTC))
    await driver.sees("no schedule point there")


async def _nothing_comes(driver: Driver) -> None:
    await driver.press("7")
    await driver.sees("fx_rates", "next 24 hours")
    await driver.press("slash")
    await driver.type("dag:nosuch")
    await driver.press("enter")
    await driver.sees("no schedule is due in this time")


async def _nothing_different(driver: Driver) -> None:
    await driver.press("7")
    await driver.sees("fx_rates", "next 24 hours")
    await driver.press("W", "ctrl+s")
    await driver.sees("48 gone")
    await driver.press("slash")
    await driver.type("change:nosuch")
    await driver.press("enter")
    await driver.sees("nothing would be different")


PLACES: dict[str, tuple[Opening, type[View], type[Target] | None]] = {
    "no DAGs": (_no_dags, DagsScreen, None),
    "no DAG passes the filter": (_no_dag_passes, DagsScreen, None),
    "no runs": (_no_runs, RunsScreen, DagTarget),
    "no run passes the filter": (_no_run_passes, RunsScreen, DagTarget),
    "no task passes the filter": (_no_task_passes, RunScreen, RunTarget),
    "no tasks": (_no_tasks, RunScreen, RunTarget),
    "no nodes": (_no_nodes, GraphScreen, RunTarget),
    "the task is gone": (_task_is_gone, LogScreen, None),
    "no backfills": (_no_backfills, BackfillsScreen, None),
    "no backfill passes the filter": (_no_backfill_passes, BackfillsScreen, None),
    "no points of a backfill": (_no_points_of_a_backfill, BackfillPointsScreen, None),
    "no files": (_no_files, ErrorsScreen, None),
    "no points": (_no_points, PointsScreen, PointTarget),
    "nothing comes": (_nothing_comes, ComingScreen, None),
    "nothing would be different": (_nothing_different, WhatIfScreen, None),
}
"""What is wrong -> how to get there, the screen, and what the screen is about all the same."""

ABOUT_THE_SCREEN = {
    DagTarget: {"dag", "dags", "here"},
    RunTarget: {"run", "dag", "dags", "here"},
    PointTarget: {"dag", "dags", "here"},
    None: set[str](),
}
LEAVES = {"back", "quit", "suspend", "view.dags", "start_engine"}
"""Actions that leave the screen, or the console."""


def an_engine(place: str) -> FakeEngine:
    engine = FakeEngine()
    engine.world.add_dag("never", {"a": ()})
    if place == "no DAGs":
        engine.world.dags.clear()
    return engine


@pytest.mark.parametrize("place", PLACES)
async def test_an_action_about_rows_says_that_there_is_none(place: str) -> None:
    opening, kind, about = PLACES[place]
    async with driving(an_engine(place)) as driver:
        await opening(driver)
        screen = in_front(driver)
        assert type(screen) is kind
        assert screen.chosen() == ()
        tried = 0
        for action in actions.actions_of(screen.view):
            if action.takes is None or action.takes in ABOUT_THE_SCREEN[about]:  # type: ignore[index]
                continue
            if (screen.view, action.id) == ("log", "full"):
                continue  # how the log is shown
            tried += 1
            screen.action_do(action.id)
            note = driver.console.notes.history[-1]
            wanted = (
                "ghost is not in this run any more" if kind is LogScreen else "nothing is under the cursor"
            )
            assert note.text == f"{action.label}: {wanted}", action.id
            assert driver.console.screen is screen, action.id
            assert not driver.console.opening, action.id
        assert tried >= 1
        assert driver.engine.acts == []
        assert "plan" not in driver.engine.calls


@pytest.mark.parametrize("place", [place for place, (_, _, about) in PLACES.items() if about is not None])
async def test_what_is_about_the_screen_is_done_to_nothing_else(place: str) -> None:
    opening, _, about = PLACES[place]
    assert about is not None
    async with driving(an_engine(place)) as driver:
        await opening(driver)
        screen = in_front(driver)
        for action in actions.actions_of(screen.view):
            if action.takes in ABOUT_THE_SCREEN[about]:  # type: ignore[index]
                assert screen.targets_of(action) == (screen.around(),), action.id
                assert isinstance(screen.around(), about), action.id


@pytest.mark.parametrize("place", PLACES)
async def test_what_is_not_about_rows_touches_nothing(place: str) -> None:
    opening, _, _ = PLACES[place]
    async with driving(an_engine(place)) as driver:
        await opening(driver)
        screen = in_front(driver)
        for action in actions.actions_of(screen.view):
            if action.takes is None and action.id not in LEAVES and not action.verb:
                screen.action_do(action.id)
                await driver.pilot.pause()
        assert driver.console.clipboard == ""
        assert driver.engine.acts == []


@pytest.mark.parametrize("place", PLACES)
async def test_marking_copying_and_jumping_say_that_there_is_nothing(place: str) -> None:
    opening, _, _ = PLACES[place]
    said = {
        "mark": "there is nothing to mark here",
        "mark_range": "there is nothing to mark here",
        "mark_all": "there is nothing to mark here",
        "fold": "there is no group here",
        "attempt.next": "there is no attempt here",
        "attempt.previous": "there is no attempt here",
        "match.next": "search for something first: /",
        "match.previous": "search for something first: /",
        "only": "search for something first: /",
    }
    async with driving(an_engine(place)) as driver:
        await opening(driver)
        screen = in_front(driver)
        for action in actions.actions_of(screen.view):
            if action.id in said:
                screen.action_do(action.id)
                assert driver.console.notes.history[-1].text == said[action.id], action.id
        screen.action_do("copy")
        await driver.until(
            lambda: driver.console.notes.history[-1].text == "there is nothing to copy here", "the copy"
        )


# -- with the keys themselves ----------------------------------------------------------------------


async def _in_a_filtered_run(driver: Driver) -> View:
    await driver.sees("prod-etl")
    run = driver.engine.world.add_run(FLAKY, driver.engine.now, RunState.RUNNING)
    await _in_run(driver, run)
    await _filtered(driver, "backslash")
    await driver.sees("no task matches the filter")
    return in_front(driver)


async def test_with_a_filter_that_matches_nothing_a_run_is_left_alone() -> None:
    async with driving() as driver:
        screen = await _in_a_filtered_run(driver)
        notes = driver.console.notes.history
        for key in ("p", "r", "c", "X", "m", "J", "l", "f", "w", "enter"):
            before = len(notes)
            await driver.press(key)
            await driver.until(lambda before=before: len(notes) > before, key)  # type: ignore[misc]
            assert notes[-1].text.endswith(": nothing is under the cursor"), key
            assert driver.console.screen is screen
        await driver.sees("! 06:14:04 open: nothing is under the cursor")
        assert driver.engine.acts == []


async def test_with_a_filter_that_matches_nothing_undo_is_still_the_runs() -> None:
    async with driving() as driver:
        screen = await _in_a_filtered_run(driver)
        await driver.press("u")
        day = screen.detail.run.logical_date  # type: ignore[attr-defined]
        await driver.sees(f"Undo in flaky {day:%Y-%m-%dT%H:%M}", "that changed this run")
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.console.screen, Dialog))
        assert driver.engine.acts == []


async def test_the_pauses_of_a_filtered_run_name_what_they_hold() -> None:
    async with driving() as driver:
        screen = await _in_a_filtered_run(driver)
        await driver.press("P")
        await driver.sees("Pauses of flaky", "(o) hold run")
        assert "hold a" not in driver.text()
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Hold(dag_id=FLAKY, run_id=screen.run_id)]  # type: ignore[attr-defined]


async def test_the_row_of_a_group_has_no_log_of_its_own() -> None:
    async with driving() as driver:
        run = driver.engine.world.runs_of("nyc_flights")[0].run_id
        screen = RunScreen("nyc_flights", run)
        await _pushed(driver, screen)
        await driver.until(lambda: screen.tasks.move_to_key("ingest.flights"))
        await driver.press("z")
        await driver.until(lambda: screen.tasks.cursor_group == "ingest")
        for key in ("l", "f", "w"):
            await driver.press(key)
            await driver.sees("several tasks in one row: enter opens it")
            assert driver.console.screen is screen
            assert not screen.attempt_pane.explaining


async def test_failures_that_a_filter_hides_are_not_gone_to() -> None:
    async with driving() as driver:
        screen = RunScreen("orders_daily", "scheduled__2026-08-21T06:00:00+00:00")
        await _pushed(driver, screen)
        await driver.press("backslash")
        await driver.type("extract")
        await driver.press("enter", "e")
        await driver.sees("no task here has failed")
        await driver.press("escape", "e")
        await driver.until(lambda: screen.tasks.cursor_key == "join")


async def test_a_range_goes_on_from_its_row_when_rows_come_above_it() -> None:
    async with driving() as driver:
        screen = RunsScreen(FLAKY)
        await _pushed(driver, screen)
        rows = [row.key for row in screen.table.rows]
        await driver.press("j", "v")
        new = driver.engine.world.add_run(FLAKY, driver.engine.now, RunState.RUNNING)
        driver.engine.notify((FLAKY, new))
        await driver.until(lambda: screen.table.rows[0].key == new)
        await driver.press("j")
        assert screen.table.marks == {rows[1], rows[2]}

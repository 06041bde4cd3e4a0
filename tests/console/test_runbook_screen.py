"""`@`: begin a recording, end it, and do a runbook with the plan of each step first."""

from __future__ import annotations

import threading

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from penstock.model import acts
from penstock.model.views.events import EventRow
from penstock.model.views.runbooks import RunbookRow
from penstock_tui.dialogs.runbooks import RunbookDialog
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.options import Options

DAG = "orders_daily"
RUN = "scheduled__2026-08-21T06:00:00+00:00"
BOOK = "# Look before loading\npenstock hold {dag} {run} --why look\npenstock note {dag} {run} --text seen\n"


@pytest.mark.parametrize("size", SIZES)
async def test_a_runbook_is_shown_filled_in_and_done(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        driver.engine.keep_runbook("look", BOOK)
        driver.engine.keep_runbook("other", "pause {dag}\n")
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        assert driver.console.screen.query_one(LineTable).move_to_key(DAG)
        await driver.press("at")
        await driver.sees("Runbooks", "look", "other", f"with   dag={DAG}")
        await driver.until(lambda: driver.console.screen.query_one("#commit", Button).ready)
        assert driver.engine.acts == []
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        assert driver.engine.acts == [
            acts.Hold(dag_id=DAG, run_id=RUN, why="look"),
            acts.SetNote(dag_id=DAG, run_id=RUN, note="seen"),
        ]
        assert {each.actor for each in driver.engine.committed} == {"ada runbook look"}


async def test_what_is_missing_is_said_in_place_of_the_plan() -> None:
    async with driving() as driver:
        driver.engine.keep_runbook("look", "penstock hold {dag} {run} --why {reason}\n")
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await driver.press("at")
        await driver.sees("it needs reason=")
        assert not driver.console.screen.query_one("#commit", Button).ready


class Late(FakeEngine):
    """An engine that keeps a runbook only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def keep_runbook(self, name: str, text: str, *, replace: bool = False) -> RunbookRow:
        """Wait for the test."""
        assert self.let.wait(30)
        return super().keep_runbook(name, text, replace=replace)


async def test_the_top_line_says_that_it_records_although_the_dialog_closed_long_before() -> None:
    engine = Late()
    async with driving(engine, size=(60, 15)) as driver:
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await driver.press("at")
        await driver.sees("no runbook yet")
        await driver.type("roll")
        await driver.press("enter")
        await driver.sees_not("no runbook yet")
        assert "REC" not in driver.text()
        engine.let.set()
        await driver.sees("REC roll")


async def test_a_recording_begins_shows_in_the_top_line_and_ends_with_the_key() -> None:
    async with driving() as driver:
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await driver.press("at")
        await driver.sees("no runbook yet")
        await driver.type("roll")
        await driver.press("enter")
        await driver.sees("REC roll", "recording roll")
        since = driver.engine.world.runbooks["roll"].since
        driver.engine.world.events.append(
            EventRow(
                seq=since + 1,
                at=driver.engine.now,
                actor="ada",
                kind="act_hold",
                dag_id=DAG,
                run_id=RUN,
                after=f"penstock hold {DAG} {RUN}",
            )
        )
        await driver.press("at")
        await driver.sees("roll.runbook: 1 command ")
        await driver.sees_not("REC roll")
        assert driver.engine.world.runbooks["roll"].steps == ("penstock hold {dag} {run}",)


@pytest.mark.parametrize("size", SIZES)
async def test_step_by_step_shows_each_step_and_enter_goes_on(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        driver.engine.keep_runbook("look", BOOK)
        await _choose_steps(driver)
        await driver.press("y")
        await driver.sees("look: step 1 of 2", f"> penstock hold {DAG}", "Do step 1", "Stop here")
        assert driver.engine.acts == []
        await driver.until(lambda: driver.console.screen.query_one("#commit", Button).has_focus)
        await driver.press("enter")
        await driver.sees("look: step 2 of 2", "> penstock note", "Do step 2")
        assert driver.engine.acts == [acts.Hold(dag_id=DAG, run_id=RUN, why="look")]
        await driver.press("enter")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        await driver.sees_not("step 2 of 2")
        assert {each.actor for each in driver.engine.committed} == {"ada runbook look"}


async def test_esc_stops_between_two_steps_and_says_how_far_it_came() -> None:
    async with driving() as driver:
        driver.engine.keep_runbook("look", BOOK)
        await _choose_steps(driver)
        await driver.press("y")
        await driver.sees("look: step 1 of 2", "Do step 1")
        await driver.press("enter")
        await driver.sees("look: step 2 of 2", "Do step 2")
        await driver.press("escape")
        await driver.sees("look: stopped after 1 of 2 steps; 1 step is not done")
        assert len(driver.engine.acts) == 1


async def test_a_step_that_is_refused_stays_until_it_can_be_done() -> None:
    async with driving() as driver:
        driver.engine.keep_runbook("twice", "penstock hold {dag} {run}\npenstock cancel {dag} nosuch\n")
        await _choose_steps(driver)
        await driver.press("y")
        await driver.sees("twice: step 1 of 2", "Do step 1")
        await driver.press("enter")
        await driver.sees("twice: step 2 of 2", "nosuch", "Try again")
        await driver.press("enter")
        await driver.sees("twice: step 2 of 2", "nosuch", "Try again")
        await driver.press("escape")
        await driver.sees("stopped after 1 of 2 steps")


@pytest.mark.parametrize("size", SIZES)
async def test_a_step_that_can_never_be_done_is_skipped_and_that_is_said(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        driver.engine.keep_runbook("old", f"penstock pause nosuch\npenstock pause {DAG}\n")
        await _choose_steps(driver)
        await driver.press("ctrl+s")
        await driver.until(lambda: "s skips this step" in " ".join(driver.text().split()))
        await driver.press("s")
        await driver.sees("old: step 2 of 2", "- penstock pause nosuch  skipped", "Do step 2")
        await driver.press("s")  # it can be done, so it is not skipped by a stray key
        await driver.press("enter")
        await driver.until(lambda: driver.engine.acts == [acts.PauseSchedule(dag_id=DAG)])
        await driver.until(
            lambda: any("old: 1 of 2 steps was skipped" in each.text for each in driver.console.notes.history)
        )


async def test_a_runbook_that_waits_for_its_run_goes_step_by_step() -> None:
    async with driving() as driver:
        driver.engine.keep_runbook("wait", "penstock trigger {dag} --wait\npenstock pause {dag}\n")
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await driver.press("at")
        await driver.sees("(o) step by step", "Begin 2 steps")
        driver.console.screen.query_one("#way", Options).choose("all")
        await driver.sees("line 1 waits for its run: choose step by step")


async def _choose_steps(driver: Driver) -> None:
    await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
    assert driver.console.screen.query_one(LineTable).move_to_key(DAG)
    await driver.press("at")
    await driver.sees("Runbooks", "step by step")
    driver.console.screen.query_one("#way", Options).choose("step")
    dialog = driver.console.screen
    assert isinstance(dialog, RunbookDialog)
    await driver.until(lambda: dialog.query_one("#commit", Button).text.startswith("Begin"))
    await driver.until(lambda: not dialog._pending)

"""`@`: begin a recording, end it, and do a runbook with the plan of each step first."""

from __future__ import annotations

import pytest

from drive.console import SIZES, driving
from penstock.model import acts
from penstock.model.views.events import EventRow
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.line_table import LineTable

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
        await driver.sees("roll.runbook: 1 commands")
        await driver.sees_not("REC roll")
        assert driver.engine.world.runbooks["roll"].steps == ("penstock hold {dag} {run}",)

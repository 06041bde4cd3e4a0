"""Triage: every failure that is not dealt with, by cause; retry, acknowledge, snooze; what is new."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.believable import believable
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model import acts
from penstock.model.states import TaskState
from penstock_tui.screens.failures import FailureScreen, FailuresScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.status_bar import StatusBar


def engine() -> FakeEngine:
    """Return an engine with three causes: two DAGs share one of them, under different numbers."""
    made = FakeEngine(believable())
    for (dag_id, run_id), detail in made.world.runs.items():
        for task in detail.tasks:
            if task.state is TaskState.FAILED and task.attempt_id is not None:
                line = {"flaky": f"ERROR no rows for shard {len(run_id)}", "orders_daily": "KeyError: 'fx'"}
                made.world.logs[task.attempt_id] = line.get(dag_id, "ERROR disk full").encode() + b"\n"
    return made


async def triage(driver: Driver) -> LineTable:
    await driver.sees("prod-etl")
    await driver.press("5")
    await driver.until(lambda: isinstance(driver.console.screen, FailuresScreen))
    table = driver.console.screen.query_one(LineTable)
    await driver.until(lambda: table.rows)
    return table


@pytest.mark.parametrize("size", SIZES)
async def test_failures_of_all_runs_stand_by_cause(size: tuple[int, int]) -> None:
    async with driving(engine(), size=size) as driver:
        table = await triage(driver)
        await driver.sees("KeyError", "disk full", "no rows", "3 causes")
        assert all(len(line) <= size[0] for line in driver.text().splitlines())
        assert len(table.rows) == 3
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, FailureScreen))
        await driver.sees("failed", "orders_daily")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_the_number_at_the_top_counts_them_and_leads_here() -> None:
    async with driving(engine()) as driver:
        await driver.sees(f"{driver.engine.status().failures} failed (5)")
        bar = driver.console.screen.query_one(StatusBar)
        place = bar.line(120)
        text = "".join(piece for piece, _ in place)
        await driver.pilot.click(StatusBar, offset=(text.index(" failed") - 1, 0))
        await driver.until(lambda: isinstance(driver.console.screen, FailuresScreen))


async def test_a_whole_cause_is_retried_over_all_its_runs() -> None:
    made = engine()
    async with driving(made) as driver:
        table = await triage(driver)
        await driver.until(
            lambda: table.move_to_key(next(row.key for row in table.rows if "no rows" in str(row.cells)))
        )
        group = made.failures(fingerprint=table.cursor_key).failures[0]
        assert group.count > 4
        await driver.press("r")
        await driver.sees("Retry 12 tasks in 3 runs")
        await driver.press("y")
        await driver.until(lambda: made.acts)
        retried = [act for act in made.acts if isinstance(act, acts.Retry)]
        assert {act.run_id for act in retried} == {task.run_id for task in group.tasks}
        assert sum(len(act.tasks) for act in retried) == group.count
        await driver.until(lambda: len(table.rows) == 2)


async def test_a_part_of_a_cause_is_retried() -> None:
    made = engine()
    async with driving(made) as driver:
        table = await triage(driver)
        await driver.press("slash")
        await driver.type("dag:flaky")
        await driver.press("enter", "enter")
        await driver.until(lambda: isinstance(driver.console.screen, FailureScreen))
        inside = driver.console.screen.query_one(LineTable)
        await driver.until(lambda: inside.rows)
        await driver.press("space", "space", "r")
        await driver.sees("Retry 2 tasks")
        await driver.press("y")
        await driver.until(lambda: made.acts)
        assert [len(act.tasks) for act in made.acts if isinstance(act, acts.Retry)] == [2]
        assert table is not inside


async def test_acknowledged_with_a_reason_it_leaves_the_list_and_is_found_among_all() -> None:
    made = engine()
    async with driving(made) as driver:
        table = await triage(driver)
        first = table.cursor_key
        await driver.press("a")
        await driver.sees("Acknowledge: it comes back")
        while driver.console.screen.focused is None or driver.console.screen.focused.id != "why":
            await driver.press("tab")
        await driver.type("known")
        await driver.sees("--why known")
        await driver.press("ctrl+s")
        await driver.until(lambda: made.acts and len(table.rows) == 2)
        assert made.acts[0] == acts.AcknowledgeFailures(fingerprint=first or "", why="known")
        await driver.press("A")
        await driver.until(lambda: len(table.rows) == 4)
        await driver.sees("acknowledged by ada")
        assert table.move_to_key(first or "")
        await driver.press("o")
        await driver.until(lambda: len(made.acts) == 2)
        await driver.press("A")
        await driver.until(lambda: len(table.rows) == 3)


async def test_snoozed_it_stays_away_until_its_time() -> None:
    made = engine()
    async with driving(made) as driver:
        table = await triage(driver)
        await driver.press("z")
        await driver.sees("until when?")
        await driver.type("2h")
        await driver.sees("Snooze 1 cause")
        await driver.press("ctrl+s")
        await driver.until(lambda: len(table.rows) == 2)
        [act] = made.acts
        assert isinstance(act, acts.SnoozeFailures)
        assert act.until == NOW + timedelta(hours=2)


async def test_what_is_new_is_so_until_this_person_has_left() -> None:
    made = engine()
    async with driving(made) as driver:
        await triage(driver)
        await driver.sees("3 new")
        await driver.press("q")
        await driver.until(lambda: "ada" in made.world.looks)
        await triage(driver)
        await driver.sees_not(", 3 new")


async def test_the_log_of_a_cause_is_that_of_its_newest_failure() -> None:
    async with driving(engine()) as driver:
        await triage(driver)
        await driver.press("l")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
        await driver.sees("KeyError: 'fx'")


async def test_where_nothing_failed_it_says_so() -> None:
    made = engine()
    for (dag_id, run_id), detail in list(made.world.runs.items()):
        if any(task.state is TaskState.FAILED for task in detail.tasks):
            del made.world.runs[dag_id, run_id]
    async with driving(made) as driver:
        await driver.sees("prod-etl")
        await driver.press("5")
        await driver.sees("nothing has failed that is not dealt with")
        await driver.press("r", "a", "l")
        await driver.sees("nothing is under the cursor")

"""Operator's acts end to end: key, dialog, plan, commit, and what the engine was told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, driving, focused, stand_on
from fakes.world import NOW
from penstock.errors import RefusedError
from penstock.model import acts
from penstock.model.states import RunState, TaskState
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.widgets.button import Button

ORDERS = "scheduled__2026-08-21T06:00:00+00:00"


@pytest.mark.parametrize("size", SIZES)
async def test_a_failed_run_is_retried_in_two_keys(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("r")
        await driver.sees("Retry 6 tasks", "join")
        assert focused(driver) == "cancel"
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Retry(dag_id="orders_daily", run_id=ORDERS)]
        committed = driver.engine.committed[0]
        assert committed.expect is not None
        assert committed.actor == "ada"
        assert committed.act_id
        await driver.sees("Retry 6 tasks: done")
        row = driver.engine.dags()[7]
        assert row.last_run is not None
        assert row.last_run.state is RunState.QUEUED


@pytest.mark.parametrize("way_out", ["escape", "n", "enter"])
async def test_a_dialog_left_does_nothing(way_out: str) -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("r")
        await driver.sees("Retry 6 tasks")
        await driver.press(way_out)
        await driver.sees_not("Retry 6 tasks")
        assert driver.engine.acts == []


async def test_what_cannot_be_done_is_said_and_opens_nothing() -> None:
    async with driving() as driver:
        await stand_on(driver, "hello")
        await driver.press("r")
        await driver.sees("retry: nothing failed in this run")
        await driver.press("X")
        await driver.sees("cancel: the run has ended already")
        await driver.press("b")
        await driver.sees("no schedule")
        assert not isinstance(driver.console.screen, PlanDialog)


async def test_clear_shows_the_list_for_each_scope() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("enter")
        await driver.sees("join", "attempt 3")
        await driver.press("c")
        await driver.sees("Clear 6 tasks", "load_dim")
        await driver.press("d")
        await driver.sees("Clear 1 task")
        await driver.press("u")
        await driver.sees("Clear 6 tasks", "extract_users")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [
            acts.Clear(dag_id="orders_daily", run_id=ORDERS, tasks=("join",), upstream=True)
        ]


async def test_a_stale_plan_is_shown_again_and_not_committed() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("c")
        await driver.sees("Clear 12 tasks")
        driver.engine.set_task("orders_daily", ORDERS, "join", state=TaskState.RUNNING)
        await driver.press("y")
        await driver.sees("Changed since this was shown: join is running now (was failed)", "~ join")
        assert driver.engine.acts == []
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.Clear(dag_id="orders_daily", run_id=ORDERS)]


async def test_many_targets_ask_for_their_number() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("c")
        await driver.sees("Clear 12 tasks")
        await driver.press("p")
        await driver.sees("Clear 288 tasks", "type 288 to go on")
        await driver.press("y")
        await driver.sees("type the number first")
        assert driver.engine.acts == []
        await driver.type("288")
        await driver.press("enter", "tab")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)


async def test_a_refused_plan_is_explained_in_the_dialog() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        driver.engine.refuse = RefusedError("the run is being cleared by grace")
        await driver.press("r")
        await driver.sees("the run is being cleared by grace")
        await driver.press("y")
        assert driver.engine.acts == []


async def test_mark_takes_state_and_scope() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("enter")
        await driver.sees("join", "attempt 3")
        await driver.press("m")
        await driver.sees("Mark 1 task as success")
        assert focused(driver) == "state"
        await driver.press("right", "right")
        await driver.sees("Mark 1 task as skipped")
        await driver.press("d", "y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [
            acts.Mark(dag_id="orders_daily", run_id=ORDERS, tasks=("join",), state="skipped", downstream=True)
        ]


async def test_cancel_a_run_asks_first() -> None:
    async with driving() as driver:
        await stand_on(driver, "fx_rates")
        await driver.press("X")
        await driver.sees("Cancel 1 run", "pull_jpy")
        assert focused(driver) == "cancel"
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        act = driver.engine.acts[0]
        assert isinstance(act, acts.Cancel)
        assert act.task_id is None
        run = driver.engine.run("fx_rates", act.run_id)
        assert run.run.state is RunState.CANCELLED
        assert TaskState.RUNNING not in {task.state for task in run.tasks}


async def test_pause_toggles_the_schedule_at_once_and_shows_its_twin() -> None:
    async with driving() as driver:
        await stand_on(driver, "hello")
        await driver.press("p")
        await driver.sees("Pause hello: done", "$ penstock pause hello")
        await driver.until(lambda: driver.engine.dag("hello").dag.paused)
        await driver.until(lambda: "=" in driver.text().split("hello")[1].splitlines()[0])
        await driver.press("p")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        assert driver.engine.acts == [
            acts.PauseSchedule(dag_id="hello"),
            acts.UnpauseSchedule(dag_id="hello"),
        ]


async def test_pausing_marked_dags_asks_once() -> None:
    async with driving() as driver:
        await stand_on(driver, "flaky")
        await driver.press("space", "space", "p")
        await driver.sees("Pause 2", "flaky", "fx_rates")
        assert isinstance(driver.console.screen, PlanDialog)
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        assert driver.engine.acts == [
            acts.PauseSchedule(dag_id="flaky"),
            acts.PauseSchedule(dag_id="fx_rates"),
        ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (0, acts.PauseSchedule(dag_id="nyc_flights", why="house", until=NOW + timedelta(hours=2))),
        (1, acts.Freeze(dag_id="nyc_flights", why="house", until=NOW + timedelta(hours=2))),
        (2, acts.Hold(dag_id="nyc_flights", run_id=ORDERS, why="house", until=NOW + timedelta(hours=2))),
    ],
)
async def test_the_pause_menu_has_every_verb(steps: int, expected: acts.AnyAct) -> None:
    async with driving() as driver:
        await stand_on(driver, "nyc_flights")
        await driver.press("P")
        await driver.sees("pause schedule", "freeze DAG", "hold run")
        while focused(driver) != "verb":
            await driver.press("tab")
        await driver.press(*["right"] * steps)
        await driver.press("tab")
        await driver.type("house")
        await driver.press("tab")
        await driver.type("2h")
        while focused(driver) != "commit":
            await driver.press("tab")
        await driver.until(lambda: driver.console.screen.query_one("#commit", Button).ready)
        await driver.press("enter")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [expected]


async def test_pausing_in_a_run_means_the_run_or_the_marked_tasks() -> None:
    async with driving() as driver:
        await stand_on(driver, "flaky")
        await driver.press("enter")
        await driver.sees("retry")
        await driver.press("p")
        await driver.until(lambda: len(driver.engine.acts) == 1)
        await driver.press("space", "p")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        run, task = driver.engine.acts
        assert isinstance(run, acts.Hold)
        assert isinstance(task, acts.Hold)
        assert (run.dag_id, task.run_id) == ("flaky", run.run_id)
        assert run.task_id is None
        assert task.task_id is not None


async def test_the_menu_of_pauses_begins_with_what_the_cursor_is_on() -> None:
    async with driving() as driver:
        await stand_on(driver, "flaky")
        await driver.press("P")
        await driver.sees("(o) pause schedule")
        await driver.press("escape", "R")
        await driver.sees("logical date")
        await driver.press("P")
        await driver.sees("(o) hold run")
        await driver.press("escape", "enter")
        await driver.sees("flaky >", "live")
        await driver.press("P")
        await driver.sees("(o) hold b")


async def test_why_names_who_paused_and_does_not_repeat_it_for_every_task() -> None:
    async with driving() as driver:
        await stand_on(driver, "user_snapshots")
        await driver.press("w")
        await driver.sees("Why: user_snapshots", "the schedule is paused by")


async def test_backfills_are_paused_resized_and_cancelled() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        await driver.press("2")
        await driver.sees("nyc_flights", "5/8")
        await driver.press("plus")
        await driver.until(lambda: driver.engine.backfill(1).max_active_runs == 3)
        await driver.press("p")
        await driver.until(lambda: driver.engine.backfill(1).state == "paused")
        await driver.sees("paused")
        await driver.press("enter")
        await driver.sees("waits for a slot", "logical date")
        await driver.press("p")
        await driver.until(lambda: driver.engine.backfill(1).state == "running")
        await driver.press("X")
        await driver.sees("Cancel backfill 1 of nyc_flights")
        await driver.press("escape", "q")
        await driver.sees("at once")
        await driver.press("X")
        await driver.sees("Cancel backfill 1 of nyc_flights")
        await driver.press("escape", "1")
        await driver.sees("last runs")


async def test_read_only_hides_acts() -> None:
    async with driving(read_only=True) as driver:
        await stand_on(driver, "orders_daily")
        assert "retry" not in driver.text().splitlines()[-1]
        for key in ("r", "c", "p", "P", "b", "t", "X"):
            await driver.press(key)
        await driver.press("question_mark")
        await driver.sees("Looking")
        assert "penstock retry" not in driver.text()
        assert driver.engine.acts == []
        assert "plan" not in driver.engine.calls


async def test_acts_on_several_dags_name_them() -> None:
    async with driving(size=(80, 24)) as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("space", "space", "r")
        await driver.sees("Retry what failed in 2 runs", "orders_daily ", "user_snapshots ")


async def test_what_cannot_be_done_meanwhile_is_left_out_and_said() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        driver.engine.refuse = RefusedError("that run has gone")
        await driver.press("space", "space", "r")
        await driver.sees("left out: that run has gone", "user_snapshots")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert [type(act) for act in driver.engine.acts] == [acts.Retry]


async def test_cancelling_all_that_is_unfinished_means_the_run() -> None:
    async with driving() as driver:
        await stand_on(driver, "fx_rates")
        await driver.press("enter")
        await driver.sees("fx_rates >", "live")
        await driver.press("asterisk", "X")
        await driver.until(lambda: isinstance(driver.console.screen, PlanDialog))
        dialog = driver.console.screen
        assert isinstance(dialog, PlanDialog)
        [act] = dialog.acts()
        assert isinstance(act, acts.Cancel)
        assert act.task_id is None

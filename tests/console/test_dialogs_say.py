"""What dialogs say without being asked: whose pause it is, what could not be told, what a field needs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.errors import RefusedError
from penstock.model import acts
from penstock.model.callbacks import CallbackState
from penstock.model.states import RunState
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.plans import Plan
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.screens.view import View
from penstock_tui.widgets.line_table import LineTable

ORDERS = "scheduled__2026-08-21T06:00:00+00:00"


async def stand_on(driver: Driver, key: str) -> None:
    """Put the cursor of the list on the row *key*."""
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    assert driver.console.screen.query_one(LineTable).move_to_key(key)


async def test_the_menu_of_pauses_names_whose_pause_it_is() -> None:
    async with driving() as driver:
        await stand_on(driver, "user_snapshots")
        await driver.press("P")
        await driver.sees(
            "(o) resume schedule", "scheduled runs begin again", "│ paused by ada: source moves house"
        )


async def test_a_run_that_has_ended_is_not_offered_to_be_held() -> None:
    async with driving() as driver:
        driver.engine.world.add_run("hello", NOW + timedelta(hours=1), RunState.SUCCESS)
        await stand_on(driver, "hello")
        await driver.press("P")
        await driver.sees("pause schedule", "freeze DAG")
        await driver.until(lambda: "hold run" not in driver.text())


async def test_why_names_callbacks_that_failed() -> None:
    async with driving() as driver:
        row = CallbackRow(
            id=1,
            dag_id="orders_daily",
            run_id=ORDERS,
            task_id="load",
            map_index=-1,
            kind="task_failure",
            state=CallbackState.FAILED,
            created=NOW,
            reason="exit 1: the chat is down",
        )
        driver.engine.told = [row, structs.replace(row, id=2, task_id="fine", state="done")]
        await stand_on(driver, "orders_daily")
        await driver.press("w")
        await driver.sees("callback failed: task_failure of load: exit 1: the chat is down")
        await driver.sees("$ penstock callbacks orders_daily --failed")
        assert "of fine" not in driver.text()


async def test_a_text_of_several_lines_that_nobody_touched_travels_as_it_is() -> None:
    async with driving() as driver:
        world = driver.engine.world
        params = {
            "note": {"type": "string", "default": "one\ntwo"},
            "day": {"type": "string", "format": "date"},
        }
        world.dags["hello"] = structs.replace(world.dags["hello"], params=params, form=())
        await stand_on(driver, "hello")
        await driver.press("t")
        await driver.sees("one two", "day*", "is required  2026-08-21")
        await driver.type("2026-02-01")
        await driver.sees("Trigger 1 run")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        act = driver.engine.acts[0]
        assert isinstance(act, acts.Trigger)
        assert act.conf == {"day": "2026-02-01"}


async def test_a_repeated_run_keeps_what_was_not_touched_and_names_what_is_back_at_its_default() -> None:
    async with driving() as driver:
        world = driver.engine.world
        params = {"limit": {"type": "integer", "default": 100}, "note": {"type": "string", "default": ""}}
        world.dags["hello"] = structs.replace(world.dags["hello"], params=params, form=())
        run_id = world.add_run("hello", NOW + timedelta(hours=1), RunState.SUCCESS)
        detail = world.runs["hello", run_id]
        conf = {"limit": 7, "note": "one\ntwo"}
        run = structs.replace(detail.run, conf=conf)
        world.runs["hello", run_id] = structs.replace(detail, run=run)
        dag = structs.replace(world.dags["hello"].dag, last_run=run)
        world.dags["hello"] = structs.replace(world.dags["hello"], dag=dag)
        await stand_on(driver, "hello")
        await driver.press("T")
        await driver.sees("Re-run hello 2026-", "one two")
        await driver.press("tab", "tab")
        await driver.press("ctrl+u")
        await driver.type("100")
        dialog = driver.console.screen
        assert isinstance(dialog, PlanDialog)
        await driver.until(
            lambda: [_conf(act) for act, _ in dialog.plans] == [{"limit": 100, "note": "one\ntwo"}]
        )
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        act = driver.engine.acts[0]
        assert isinstance(act, acts.Rerun)
        assert act.conf == {"limit": 100, "note": "one\ntwo"}


def _conf(act: acts.AnyAct) -> object:
    assert isinstance(act, acts.Rerun)
    return act.conf


async def test_a_key_that_comes_before_the_first_plan_is_answered() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("B")
        await driver.sees("Breakpoint in orders_daily", "name the task to stop at")
        dialog = driver.console.screen
        assert isinstance(dialog, PlanDialog)
        dialog.replan(wait=60.0)
        await driver.press("ctrl+s")
        await driver.sees("the plan is being updated")
        assert driver.console.screen is dialog


async def test_a_plan_older_than_the_choices_is_not_committed() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("c")
        await driver.sees("Clear 12 tasks")
        dialog = driver.console.screen
        assert isinstance(dialog, PlanDialog)
        dialog.replan(wait=60.0)
        await driver.press("y")
        await driver.sees("the plan is being updated")
        dialog.replan()
        await driver.sees_not("the plan is being updated")
        assert driver.engine.acts == []
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)


async def test_the_rules_of_a_backfill_are_on_its_screens() -> None:
    async with driving(size=(140, 36)) as driver:
        fills = driver.engine.world.backfills
        fills[1] = structs.replace(fills[1], canary="passed", stop_after=3)
        await driver.sees("hello")
        await driver.press("2")
        await driver.sees("rules", "canary")
        await driver.press("enter")
        await driver.sees("canary passed")


WHY = "the disk is full, ask Ann of the storage team before you go on, she knows which files may leave"


@pytest.mark.parametrize("size", SIZES)
async def test_the_menu_of_pauses_says_the_whole_reason_and_until_when(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        world = driver.engine.world
        held = PauseInfo(by="ann", since=NOW, why=WHY, until=NOW + timedelta(days=2))
        run_id = world.add_run("hello", NOW + timedelta(hours=1), RunState.QUEUED, held=held)
        driver.console.open_runs("hello")
        await driver.sees("logical date")
        await stand_on(driver, run_id)
        await driver.press("P")
        await driver.sees("release run")
        await driver.until(lambda: WHY in unbroken(driver), WHY)
        await driver.until(lambda: "leave, until 08-23 06:14 UTC" in unbroken(driver))
        await driver.sees("Leave as is (esc)", "why   _")


class NotingEngine(FakeEngine):
    """Says of each plan what the engine says of a run that is at work."""

    def plan(self, act: acts.AnyAct) -> Plan:
        note = "1 running attempt(s) finish; nothing more is launched"
        return structs.replace(super().plan(act), notes=(note,))


@pytest.mark.parametrize("size", SIZES)
async def test_what_a_pause_means_and_what_still_runs_are_two_sentences(size: tuple[int, int]) -> None:
    async with driving(NotingEngine(), size=size) as driver:
        await stand_on(driver, "flaky")
        await driver.press("R")
        await driver.sees("logical date")
        await driver.press("P")
        await driver.sees("(o) hold run", "│ nothing of this run launches; running attempts finish ")
        await driver.sees("│ 1 running attempt(s) finish; nothing more is launched ")


@pytest.mark.parametrize("size", SIZES)
async def test_why_an_act_is_refused_is_said_to_its_end(size: tuple[int, int]) -> None:
    text = (
        "too late to take back: Retry 3 tasks by root (console) at 2026-11-22 15:19:44 UTC: "
        "slow of manual__2026-11-22T15:19:44+00:00 has started and is cancelled"
    )
    async with driving(size=size) as driver:
        await stand_on(driver, "orders_daily")
        driver.engine.refuse = RefusedError(text)
        await driver.press("u")
        await driver.until(lambda: text in unbroken(driver), text)
        await driver.sees("Leave as is (esc)")


async def test_a_text_without_end_leaves_the_buttons_in_sight() -> None:
    async with driving(size=(60, 15)) as driver:
        await stand_on(driver, "orders_daily")
        driver.engine.refuse = RefusedError("no " * 2000)
        await driver.press("b")
        await driver.sees("no n…", "Do not start (esc)", "from     ")


def unbroken(driver: Driver) -> str:
    """Return the text inside the frames with its lines joined again."""
    inside = [line.split("│")[1].strip() for line in driver.text().splitlines() if line.count("│") == 2]
    return " ".join(" ".join(inside).split())


@pytest.mark.parametrize(
    ("keys", "title", "zone"),
    [
        ("w", "Why: orders_daily 2026-08-23T15:14", "times UTC"),
        ("!", "Messages", "times UTC"),
        ("M", "Pause all DAGs", "times UTC"),
        ("P", "Pauses of orders_daily", "times JST"),
        ("5z", "Snooze: left out", "times UTC"),
        ("b", "Backfill orders_daily", "dates JST"),
        ("7W", "What if ...", "times UTC"),
        ("R  r", "Retry what failed in 2 runs", "dates JST"),
        ("R  X", "Cancel 2 runs", "dates JST"),
    ],
)
async def test_dialogs_that_hide_the_top_line_name_the_zone_of_their_times(
    keys: str, title: str, zone: str
) -> None:
    engine = FakeEngine()
    world = engine.world
    detail = world.dags["orders_daily"]
    world.dags["orders_daily"] = structs.replace(
        detail, dag=structs.replace(detail.dag, timezone="Asia/Tokyo")
    )
    world.backfills.clear()
    state = RunState.FAILED if keys.endswith("r") else RunState.RUNNING
    for day in (1, 2):
        world.add_run("orders_daily", NOW + timedelta(days=day), state)
    async with driving(engine, size=(60, 15)) as driver:
        await stand_on(driver, "orders_daily")
        for key in keys:
            before = driver.console.screen
            await driver.press({"!": "exclamation_mark", " ": "space"}.get(key, key))
            if key != " ":
                await driver.until(lambda: driver.console.screen is not before)  # noqa: B023
                await driver.until(lambda: getattr(driver.console.screen, "takes_keys", True))
                if isinstance(driver.console.screen, View):
                    tables = driver.console.screen.query(LineTable)
                    await driver.until(lambda: any(table.rows for table in tables))  # noqa: B023
        await driver.until(
            lambda: any(title in line and zone in line for line in driver.text().splitlines()), title
        )


async def test_a_plan_names_a_run_by_its_date_and_not_by_its_id() -> None:
    engine = FakeEngine()
    run_id = engine.world.add_run("hello", NOW, RunState.RUNNING, run_id="manual__the-id")
    async with driving(engine) as driver:
        await stand_on(driver, "hello")
        await driver.press("R")
        await driver.until(lambda: "runs" in driver.text())
        await stand_on(driver, run_id)
        await driver.press("X")
        await driver.sees("Cancel hello 2026-08-21T06:14", "Keep running")
        assert "the-id" not in driver.text().split("Cancel hello", 1)[1].split("$ penstock", 1)[0]

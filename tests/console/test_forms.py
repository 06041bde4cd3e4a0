"""The forms that start runs: backfill and trigger, filled in by keys."""

from __future__ import annotations

from datetime import timedelta

from msgspec import structs
from textual import events

from drive.console import driving, focused, stand_on
from fakes.world import NOW
from penstock.model import acts
from penstock_tui.widgets.button import Button


async def test_backfill_previews_every_date() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("b")
        await driver.sees("Backfill orders_daily", "7 dates: 0 runs", "7 kept")
        await driver.press("ctrl+u")
        await driver.type("2026-07-20")
        await driver.sees("32 dates", "9 create", "2026-07  20+", "2026-08")
        await driver.sees("Create 9")
        await driver.press("tab", "tab", "right")
        await driver.sees("1 rerun", "Create 9 and rerun 1")
        while focused(driver) != "commit":
            await driver.press("tab")
        await driver.press("enter")
        await driver.until(lambda: driver.engine.acts)
        act = driver.engine.acts[0]
        assert isinstance(act, acts.CreateBackfill)
        assert (act.dag_id, act.reprocess, act.max_active_runs) == ("orders_daily", "failed", 2)
        assert act.from_date.isoformat() == "2026-07-20T00:00:00"
        await driver.sees("Backfill 10 runs: done")


async def test_typing_replaces_what_a_field_begins_with() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("b")
        await driver.type("2026-07-20")
        await driver.sees("from     2026-07-20 ", "Create 9")
        await driver.press("tab")
        await driver.type("2026-07-22")
        await driver.sees("to       2026-07-22 ", "3 dates")
        await driver.press("tab", "tab", "tab", "backspace", "3")
        await driver.sees("at 3 at once")
        await driver.press("shift+tab", "tab", "end", "0")
        await driver.sees("at 30 at once")


async def test_a_terminal_that_is_left_and_comes_back_selects_nothing() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("b", "ctrl+u")
        await driver.type("2026-0")
        driver.console.post_message(events.AppBlur())
        await driver.until(lambda: driver.console.focused is None)
        driver.console.post_message(events.AppFocus())
        await driver.until(lambda: focused(driver) == "from")
        await driver.type("7-20")
        await driver.sees("Create 9")


async def test_a_form_is_sent_from_inside_a_field() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("b", "ctrl+u")
        await driver.type("2026-07-20")
        await driver.sees("Create 9 (^s)", "Do not start (esc)", "about 55m at 2 at once")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        assert isinstance(driver.engine.acts[0], acts.CreateBackfill)


async def test_a_backfill_begins_with_the_last_days_that_the_dag_has() -> None:
    async with driving() as driver:
        dag = driver.engine.world.dags["orders_daily"]
        driver.engine.world.dags["orders_daily"] = structs.replace(
            dag, start_date=NOW - timedelta(days=63), end_date=NOW - timedelta(days=60)
        )
        await stand_on(driver, "orders_daily")
        await driver.press("b")
        await driver.sees("from     2026-06-19", "to       2026-06-22")


async def test_a_backfill_of_nothing_says_so_and_is_not_committed() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("b")
        await driver.sees("0 runs")
        while focused(driver) != "commit":
            await driver.press("tab")
        await driver.press("enter")
        await driver.sees("0 runs: there is nothing to create")
        assert driver.engine.acts == []


async def test_a_wrong_date_is_explained_while_typing() -> None:
    async with driving() as driver:
        await stand_on(driver, "orders_daily")
        await driver.press("b")
        await driver.sees("Backfill orders_daily")
        await driver.press("end", "9")
        await driver.sees("is not a date: write 2026-08-21")
        await driver.press("backspace")
        await driver.sees("7 dates")


async def test_trigger_has_a_field_for_each_parameter() -> None:
    async with driving() as driver:
        await stand_on(driver, "nyc_flights")
        await driver.press("t")
        await driver.sees("Trigger nyc_flights", "limit", "full", "mode", "rows that may be bad")
        assert focused(driver) == "cancel"
        await driver.press("tab", "tab", "tab", "ctrl+u")
        await driver.type("x")
        await driver.sees("limit must be a whole number, not 'x'")
        await driver.press("backspace")
        await driver.type("7")
        await driver.press("tab", "right", "tab", "right")
        await driver.sees("Trigger 1 run")
        while focused(driver) != "commit":
            await driver.press("tab")
        await driver.until(lambda: driver.console.screen.query_one("#commit", Button).ready)
        await driver.press("enter")
        await driver.until(lambda: driver.engine.acts)
        act = driver.engine.acts[0]
        assert isinstance(act, acts.Trigger)
        assert act.conf["limit"] == 7
        assert act.conf["mode"] == "all"
        assert act.logical_date == NOW


async def test_trigger_takes_free_json_where_there_are_no_parameters() -> None:
    async with driving() as driver:
        await stand_on(driver, "hello")
        await driver.press("t")
        await driver.sees("Trigger hello", "a JSON object")
        await driver.press("tab", "tab", "tab", "ctrl+u")
        await driver.type('{"day"')
        await driver.sees("conf is not JSON")
        await driver.press("ctrl+u")
        await driver.sees("Trigger 1 run")

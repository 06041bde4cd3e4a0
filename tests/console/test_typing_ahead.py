"""Keys that arrive all at once reach what the keys before them opened, never what lies below."""

from __future__ import annotations

import time

from textual import events

from drive.console import Driver, driving
from drive.every_screen import DAG, WAYS, open_screen
from fakes.engine import FakeEngine
from penstock.model import acts
from penstock.model.views.plans import Plan
from penstock.model.views.runs import RunDetail
from penstock_tui.dialogs.palette import Palette
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.screens.dags import DagsScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.line_table import LineTable


async def in_the_list(driver: Driver) -> DagsScreen:
    await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
    screen = driver.console.screen
    assert isinstance(screen, DagsScreen)
    return screen


async def test_letters_of_a_filter_are_no_commands() -> None:
    async with driving() as driver:
        screen = await in_the_list(driver)
        driver.type_ahead("/", *"nyc")
        await driver.until(lambda: screen.query_one(FilterBar).text == "nyc")
        assert driver.console.screen is screen
        assert [row.key for row in screen.table.rows] == ["nyc_flights"]


async def test_after_enter_keys_are_commands_again_and_mean_the_row_that_is_left() -> None:
    async with driving() as driver:
        await in_the_list(driver)
        driver.type_ahead("/", *"nyc", "enter", "t")
        await driver.sees("Trigger nyc_flights")
        driver.type_ahead("escape", "escape", "j", "space")
        await driver.sees("brand_new")
        table = driver.console.screen.query_one(LineTable)
        await driver.until(lambda: len(table.marks) == 1)


async def test_enter_typed_before_the_terminal_was_ours_is_enter_all_the_same() -> None:
    async with driving() as driver:
        await in_the_list(driver)
        driver.type_ahead("/", *"hello", "ctrl+j", "ctrl+j")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_a_dialog_gets_the_answer_typed_before_it_stood() -> None:
    async with driving() as driver:
        screen = await in_the_list(driver)
        driver.type_ahead("c", "n", "j", "j")
        await driver.until(lambda: screen.table.cursor == 2)
        assert driver.console.screen is screen
        assert driver.engine.acts == []


async def test_yes_typed_before_the_list_is_seen_does_nothing() -> None:
    async with driving(Slow()) as driver:
        await in_the_list(driver)
        driver.type_ahead("r", "y")
        await driver.sees("Retry 6 tasks (y)")
        assert driver.engine.acts == []
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert isinstance(driver.engine.acts[0], acts.Retry)


async def test_a_view_gets_its_keys_once_it_knows_what_they_apply_to() -> None:
    async with driving(Slow()) as driver:
        await in_the_list(driver)
        driver.type_ahead("enter", "r")
        await driver.until(lambda: isinstance(driver.console.screen, PlanDialog))
        assert isinstance(driver.console.screen_stack[-2], RunScreen)
        await driver.sees("Retry join of orders_daily")


async def test_the_palette_gets_what_is_typed_behind_its_key() -> None:
    async with driving() as driver:
        await in_the_list(driver)
        driver.type_ahead(":", *"backf")
        await driver.until(lambda: isinstance(driver.console.screen, Palette))
        await driver.until(lambda: driver.console.screen.query_one(Field).text == "backf")


class Slow(FakeEngine):
    """Answers after a moment, as one behind a slow link."""

    def plan(self, act: acts.AnyAct) -> Plan:
        time.sleep(0.2)
        return super().plan(act)

    def run(self, dag_id: str, run_id: str) -> RunDetail:
        time.sleep(0.2)
        return super().run(dag_id, run_id)


async def test_keys_find_a_place_again_after_a_click_beside_everything() -> None:
    async with driving() as driver:
        screen = await in_the_list(driver)
        for loses in (
            events.MouseDown(None, 500, 500, 0, 0, 1, shift=False, meta=False, ctrl=False),
            events.AppBlur(),
        ):
            assert screen.focused is screen.table
            before = screen.table.cursor
            driver.console.post_message(loses)
            await driver.until(lambda: screen.focused is None)
            assert screen.takes_keys, "no key waits for a focus that nobody gives"
            driver.type_ahead("j", "j")
            await driver.until(lambda: screen.table.cursor == before + 2)  # noqa: B023


async def test_a_key_that_comes_before_the_widgets_of_a_screen_does_nothing() -> None:
    async with driving() as driver:
        run_id = driver.engine.world.runs_of(DAG)[0].run_id
        for make in WAYS.values():
            assert make(run_id).check_action("do", ("back",)) is False
        screen = await open_screen(driver, "log")
        screen.built = False
        await driver.press("right_square_bracket")
        await driver.sees("this screen is still opening")
        screen.built = True
        await driver.press("right_square_bracket")
        await driver.sees("this is the newest attempt")

"""Coming: what the schedules will do, where runs meet, and what a change on paper would do."""

from __future__ import annotations

import pytest

from drive.console import SIZES, Driver, driving
from penstock.errors import UsageError
from penstock.model import acts
from penstock.model.queries import WhatIf
from penstock.model.views.coming import Fire, Meeting
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.coming import ComingScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.what_if import WhatIfScreen
from penstock_tui.view import coming_rows, what_if_rows
from penstock_tui.widgets.line_table import LineTable


async def open_coming(driver: Driver) -> tuple[ComingScreen, LineTable]:
    await driver.sees("prod-etl")
    await driver.press("7")
    await driver.until(lambda: isinstance(driver.console.screen, ComingScreen))
    screen = driver.console.screen
    assert isinstance(screen, ComingScreen)
    await driver.until(lambda: screen.table.rows)
    return screen, screen.table


@pytest.mark.parametrize("size", SIZES)
async def test_what_comes_stands_in_order_of_time(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        screen, table = await open_coming(driver)
        await driver.sees("next 24 hours", "06:47", "fx_rates")
        assert all(len(line) <= size[0] for line in driver.text().splitlines())
        assert screen.page is not None
        times = [fire.at for fire in screen.page.fires]
        assert times == sorted(times)
        await driver.press("G")
        await driver.sees("hello", "no schedule: it runs")
        await driver.press("g", "enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunsScreen))
        assert table.rows


async def test_further_nearer_and_as_slow_as_p95() -> None:
    async with driving() as driver:
        screen, _ = await open_coming(driver)
        await driver.press("plus")
        await driver.sees("next 2 days")
        for key, words in (("minus", "next 24 hours"), ("minus", "next 12 hours"), ("minus", "next 6 hours")):
            await driver.press(key)
            await driver.sees(words)
        await driver.until(lambda: screen.page is not None and screen.page.total < 30)
        await driver.press("percent_sign")
        await driver.sees("as slow as p95")
        for _ in range(4):
            await driver.press("minus")
        await driver.sees("that is as far as it goes")


async def test_filtered_by_dag_and_by_what_is_shown() -> None:
    async with driving() as driver:
        screen, table = await open_coming(driver)
        await driver.press("slash")
        await driver.type("dag:flaky")
        await driver.press("enter")
        await driver.until(lambda: screen.page is not None and screen.page.total == 24)
        assert {fire.dag_id for fire in screen.page.fires} == {"flaky"} if screen.page else False
        await driver.press("escape", "slash")
        await driver.type("state:full")
        await driver.press("enter")
        await driver.until(lambda: 0 < len(table.rows) <= 3)
        assert screen.page is not None
        assert all(isinstance(screen._items[row.key], Meeting) for row in table.rows)


async def test_alternatives_of_a_filter_each_choose_their_own() -> None:
    async with driving() as driver:
        screen, table = await open_coming(driver)
        await driver.press("slash")
        await driver.type("dag:flaky or dag:fx_rates state:waits or state:full")
        await driver.press("enter")
        await driver.until(lambda: screen.page is not None and len(screen.page.fitting) == 3)
        kinds = {_kind(screen._items[row.key]) for row in table.rows}
        assert {"flaky", "full"} <= kinds <= {"flaky", "full", "fx_rates waits"}
        assert screen.page is not None
        assert screen.page.total > 24, "the third alternative is about all DAGs"


def _kind(item: coming_rows.Item | None) -> str:
    match item:
        case Meeting():
            return "full"
        case Fire():
            return item.dag_id + (" waits" if item.dag_id != "flaky" and item.waits else "")
        case _:
            return "other" if item is None else coming_rows.dags_of(item)[0]


async def test_to_the_calendar_and_to_where_runs_meet() -> None:
    async with driving() as driver:
        screen, table = await open_coming(driver)
        await driver.press("e")
        assert isinstance(screen._items[table.cursor_key or ""], Meeting)
        await driver.press("g", "C")
        await driver.until(lambda: isinstance(driver.console.screen, CalendarScreen))


async def test_a_schedule_is_paused_and_resumed_from_here() -> None:
    async with driving() as driver:
        await open_coming(driver)
        await driver.press("p")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.PauseSchedule(dag_id="fx_rates")]
        await driver.sees_not("06:47      · runs    fx_rates")


async def test_what_is_left_out_is_said_and_shown_on_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock_tui.screens.coming._PAGE", 20)
    async with driving() as driver:
        await driver.sees("prod-etl")
        screen = ComingScreen()
        screen.asking = screen.asking.__class__(limit=20)
        await driver.console.push_screen(screen)
        await driver.until(lambda: len(screen.table.rows) > 20)
        await driver.press("slash")
        await driver.type("state:nosuch")
        await driver.press("enter")
        await driver.until(lambda: [row.key for row in screen.table.rows] == [coming_rows.MORE])
        await driver.sees("and 54 more points")
        await driver.press("enter")
        await driver.sees("and 34 more points")


async def test_a_change_on_paper_is_shown_before_it_is_done_for_real() -> None:
    async with driving() as driver:
        await open_coming(driver)
        await driver.press("W")
        await driver.sees("What if", "fx_rates")
        await driver.press("ctrl+s")
        await driver.until(lambda: isinstance(driver.console.screen, WhatIfScreen))
        await driver.sees("pause fx_rates", "48 gone", "freed")
        assert driver.engine.acts == []
        await driver.press("A")
        await driver.sees("Do it for real", "Pause")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.PauseSchedule(dag_id="fx_rates")]
        await driver.until(lambda: isinstance(driver.console.screen, ComingScreen))


async def test_a_meeting_suggests_the_pool_and_a_wrong_field_is_said() -> None:
    async with driving() as driver:
        screen, table = await open_coming(driver)
        full = next(
            key for key, item in screen._items.items()
            if isinstance(item, Meeting) and item.place == "pool warehouse"
        )  # fmt: skip
        table.move_to_key(full)
        await driver.press("W")
        await driver.sees("warehouse=1")
        await driver.type("warehouse=x")
        await driver.press("ctrl+s")
        await driver.sees("write name=slots")
        await driver.press("ctrl+u")
        await driver.type("warehouse=9")
        await driver.press("ctrl+s")
        await driver.sees("pool warehouse (1 -> 9)")
        await driver.press("A")
        await driver.sees("Do it for real", "warehouse")
        await driver.press("escape", "W")
        await driver.sees("warehouse=9")
        await driver.press("escape", "escape")
        await driver.until(lambda: driver.console.screen is screen)


async def test_a_dag_that_is_not_there_is_said_in_the_dialog() -> None:
    async with driving() as driver:
        await open_coming(driver)
        await driver.press("W")
        await driver.type("nosuch")
        await driver.press("ctrl+s")
        await driver.sees("'nosuch' does not exist")


async def test_the_parallelism_is_a_setting_and_says_where() -> None:
    async with driving() as driver:
        await open_coming(driver)
        await driver.press("W", "ctrl+u", "tab", "tab", "tab", "tab")
        await driver.type("2")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, WhatIfScreen))
        await driver.press("A")
        await driver.sees("parallelism = 2 goes into penstock.toml")
        assert driver.engine.acts == []


@pytest.mark.parametrize("typed", ["a", "a=", "=3", "a=-1", "a=1 b"])
def test_sizes_that_cannot_be_read_are_refused(typed: str) -> None:
    with pytest.raises(UsageError, match="write name=slots"):
        what_if_rows.pools(typed)


def test_sizes_are_read_as_they_are_written() -> None:
    sizes = {"default_pool": 4, "a=b": 0}
    assert what_if_rows.pools(what_if_rows.pools_typed(sizes)) == sizes
    assert what_if_rows.paper_words(WhatIf(pools=sizes)) == "pool default_pool 4; pool a=b 0"


@pytest.mark.parametrize(
    ("hours", "wider", "narrower"), [(24, 48, 12), (1, 3, 1), (744, 744, 336), (5, 6, 3)]
)
def test_windows_go_step_by_step(hours: float, wider: float, narrower: float) -> None:
    assert (coming_rows.step(hours, 1), coming_rows.step(hours, -1)) == (wider, narrower)

"""The DAG list: what it shows, filter, sort, marks, failures, broken files."""

from __future__ import annotations

from functools import partial

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import World, replace
from penstock.model import acts
from penstock.model.states import TaskState
from penstock_tui.screens.dags import DagsScreen
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line_table import LineTable, Row


def shows(driver: Driver, expected: set[str]) -> bool:
    return set(names(driver)) == expected


def names(driver: Driver) -> list[str]:
    screen = driver.console.screen
    assert isinstance(screen, DagsScreen)
    return [row.key for row in screen.table.rows]


@pytest.mark.parametrize("size", SIZES)
async def test_shows_every_dag_failures_first(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.sees("orders_daily", "failed", "prod-etl")
        assert names(driver)[:2] == ["orders_daily", "user_snapshots"]
        assert len(names(driver)) == 9
        assert "? more" in driver.text().splitlines()[-1]
        assert "prod-etl" in driver.text().splitlines()[0]
        assert all(len(line) <= size[0] for line in driver.text().splitlines())


async def test_columns_leave_one_by_one_when_it_gets_narrow() -> None:
    async with driving(size=(120, 24)) as driver:
        await driver.sees("owner", "p50", "next", "started")
        await driver.pilot.resize_terminal(60, 24)
        await driver.sees_not("owner")
        titles = driver.text().splitlines()[2]
        assert "DAG" in titles
        assert "state" in titles
        assert "p50" not in titles


async def test_a_notice_asks_for_the_dags_that_it_names() -> None:
    engine = FakeEngine()
    world = engine.world

    def own(dag_id: str, owner: str) -> None:
        detail = world.dags[dag_id]
        world.dags[dag_id] = replace(detail, dag=replace(detail.dag, owner=owner))

    async with driving(engine) as driver:
        await driver.sees("hello", "orders_daily")
        engine.calls.clear()
        own("hello", "newcomer")
        own("orders_daily", "unasked")
        del world.dags["user_snapshots"]
        engine.notify(dags=("hello", "user_snapshots"))
        await driver.sees("newcomer")
        await driver.until(lambda: "user_snapshots" not in names(driver))
        assert "unasked" not in driver.text()
        assert [call for call in engine.calls if call.startswith("dags")] == ["dags hello user_snapshots"]
        engine.notify(all=True)
        await driver.sees("unasked")


async def test_cells_are_made_of_what_is_on_the_screen() -> None:
    made: list[int] = []

    def cells(place: int) -> tuple[Spans, ...]:
        made.append(place)
        return ([(f"row {place}", "")],)

    async with driving(FakeEngine(World()), size=(80, 24)) as driver:
        await driver.sees("no DAGs yet")
        screen = driver.console.screen
        assert isinstance(screen, DagsScreen)
        for _ in range(2):
            screen.table.set_rows([Row(f"{place}", partial(cells, place)) for place in range(500)])
            await driver.sees("row 0", "row 19")
        assert max(made) < 24
        await driver.press("end")
        await driver.sees("row 499")


async def test_a_change_and_the_time_make_cells_for_what_is_on_the_screen() -> None:
    """Of ten thousand DAGs one that changes costs one row, and a second that passes the rows in sight."""
    made: list[str] = []

    def cells(key: str) -> tuple[Spans, ...]:
        made.append(key)
        return ([(f"{key} {len(made)}", "")],)

    async with driving(FakeEngine(World()), size=(80, 24)) as driver:
        await driver.sees("no DAGs yet")
        table = driver.console.screen.query_one(LineTable)
        rows = [Row(f"row {place}", partial(cells, f"row {place}")) for place in range(500)]
        table.set_rows(rows)
        await driver.sees("row 0 1")
        page, first = len(made), made.copy()
        made.clear()
        rows[7] = Row("row 7", partial(cells, "row 7"))
        table.set_rows(rows)
        await driver.sees("row 7 1")
        assert made == ["row 7"]
        table.renew()
        await driver.sees(f"row 0 {len(made) - page + 1}")
        assert sorted(made) == sorted([*first, "row 7"])


async def test_filter_is_live_visible_and_dropped_by_escape() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        await driver.press("slash")
        await driver.type("state:failed")
        await driver.until(lambda: names(driver) == ["orders_daily", "user_snapshots"])
        await driver.press("enter")
        await driver.sees("filter: state:failed", "2/9")
        await driver.press("escape")
        await driver.until(lambda: len(names(driver)) == 9)
        assert driver.console.is_running


async def test_filter_knows_owner_tag_text_and_inversion() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        for typed, expected in (
            ("tag:sales", {"orders_daily"}),
            ("owner:demo nyc", {"nyc_flights"}),
            ("state:paused", {"user_snapshots"}),
            ("!state:failed,running,success", {"brand_new", "gone_away", "ledger_close"}),
        ):
            await driver.press("slash", "ctrl+u")
            await driver.type(typed)
            await driver.until(partial(shows, driver, expected), typed)
            await driver.press("enter")


async def test_a_filter_that_is_left_with_escape_is_gone() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        await driver.press("slash", "h", "e", "l")
        await driver.until(lambda: names(driver) == ["hello"])
        await driver.press("escape")
        await driver.until(lambda: len(names(driver)) == 9)


async def test_sort_keys_turn_through_the_columns() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        await driver.press("s")
        await driver.until(lambda: names(driver)[0] == "brand_new")
        await driver.press("S")
        await driver.until(lambda: names(driver)[0] == "user_snapshots")


async def test_failure_key_goes_around_the_failed_rows() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        table = driver.console.screen.query_one(LineTable)
        assert table.cursor_key == "orders_daily"
        await driver.press("e")
        assert table.cursor_key == "user_snapshots"
        await driver.press("e")
        assert table.cursor_key == "orders_daily"


async def test_marks_and_ranges() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        table = driver.console.screen.query_one(LineTable)
        await driver.press("space", "j", "v", "j", "j", "v")
        assert table.chosen_keys() == ["orders_daily", "flaky", "fx_rates", "nyc_flights"]
        await driver.press("escape")
        assert table.chosen_keys() == ["nyc_flights"]
        await driver.press("asterisk")
        assert len(table.chosen_keys()) == 9


async def test_broken_files_are_named_and_listed() -> None:
    async with driving() as driver:
        await driver.sees("dags/broken.py:14", "No module named 'pandsa'")
        await driver.press("E")
        await driver.sees("file:line", "ModuleNotFoundError")
        await driver.press("enter")
        await driver.sees("import pandsa")
        await driver.press("escape", "escape")
        await driver.sees("last runs")


async def test_a_change_repaints_what_moved_and_keeps_the_cursor() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("j")
        driver.engine.commit(acts.PauseSchedule(dag_id="hello"))
        await driver.until(
            lambda: driver.console.screen.dags["hello"].paused is not None  # type: ignore[attr-defined]
        )
        assert driver.console.screen.query_one(LineTable).cursor_key == "user_snapshots"


async def test_an_empty_instance_says_what_to_do() -> None:
    async with driving(FakeEngine(World())) as driver:
        await driver.sees("no DAGs yet")
        for key in ("r", "c", "X", "t", "b", "p", "P", "w", "l", "enter", "e", "E", "space", "y", "R"):
            await driver.press(key)
        assert driver.engine.acts == []
        assert driver.console.is_running


async def test_escape_never_quits_and_q_does() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        await driver.press("escape", "escape", "escape")
        assert driver.console.is_running
        await driver.press("q")
        await driver.until(lambda: driver.console.return_code == 0)


async def test_runs_screen_lists_runs_and_enter_follows() -> None:
    async with driving() as driver:
        await driver.sees("hello")
        await driver.press("R")
        await driver.sees("logical date", "24 runs", "2026-08-21T06:00")
        await driver.press("q")
        await driver.sees("last runs")


async def test_copy_goes_to_the_clipboard() -> None:
    async with driving(in_tmux=True) as driver:
        await driver.sees("hello")
        await driver.press("y")
        assert driver.console.clipboard == "orders_daily"
        await driver.sees("copied orders_daily", "set-clipboard")
        await driver.press("y")
        await driver.sees_not("set-clipboard")


async def test_long_names_get_their_room_before_other_columns() -> None:
    engine = FakeEngine()
    engine.world.add_dag("team3_pipeline_number_021", {"only": ()})
    async with driving(engine, size=(80, 24)) as driver:
        await driver.sees("team3_pipeline_number_0")


async def test_a_failure_shows_while_its_run_goes_on() -> None:
    async with driving() as driver:
        await driver.sees("fx_rates")
        run = driver.engine.world.runs_of("fx_rates")[0].run_id
        driver.engine.set_task("fx_rates", run, "pull_eur", state=TaskState.FAILED)
        await driver.sees("▸ 3/9 ✗1")

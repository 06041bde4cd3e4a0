"""The grid: at three sizes, over time, folding, mapped tasks, marks and acts, and what it asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from drive.sent_bytes import count, reset, wired
from fakes.engine import FakeEngine
from fakes.world import NOW, World, replace
from penstock.model import acts
from penstock.model.states import RunState, TaskState
from penstock.model.views.grid import GridCell
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock_tui.screens.grid import GridScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.task import TaskScreen
from penstock_tui.view import grid
from penstock_tui.view.grid import GridRows
from penstock_tui.view.spans import text_of
from penstock_tui.view.state_style import Looks


async def at_grid(driver: Driver, dag_id: str = "orders_daily", run_id: str | None = None) -> GridScreen:
    """Open the grid of a DAG and wait until all cells in sight are known."""
    driver.console.push_screen(GridScreen(dag_id, run_id))
    await driver.until(lambda: isinstance(driver.console.screen, GridScreen))
    screen = driver.console.screen
    assert isinstance(screen, GridScreen)
    await driver.until(lambda: screen.grid.rows and screen.grid.cells and not any(screen.grid.missing()))
    return screen


def big(tasks: int, runs: int) -> FakeEngine:
    """Return an engine with a DAG of so many independent tasks, and so many runs of it."""
    world = World()
    world.add_dag("big", {f"t{number:04}": () for number in range(tasks)})
    for number in range(runs):
        world.add_run("big", NOW - timedelta(days=number + 1), RunState.SUCCESS)
    return FakeEngine(world)


def mapped() -> FakeEngine:
    """Return an engine whose orders_daily maps join: three instances, the second failed."""
    engine = FakeEngine()
    world = engine.world
    dag = world.dags["orders_daily"]
    world.dags["orders_daily"] = replace(
        dag,
        nodes=tuple(replace(node, mapped=True) if node.task_id == "join" else node for node in dag.nodes),
    )
    key = ("orders_daily", world.runs_of("orders_daily")[0].run_id)
    detail = world.runs[key]
    tasks = []
    for task in detail.tasks:
        if task.task_id != "join":
            tasks.append(task)
            continue
        for index in range(3):
            state = TaskState.FAILED if index == 1 else TaskState.SUCCESS
            tasks.append(replace(task, map_index=index, state=state, mapped=True))
    world.runs[key] = replace(detail, tasks=tuple(tasks))
    return engine


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_tasks_by_runs_with_the_cell_described_at_each_size(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        screen = await at_grid(driver)
        await driver.sees("orders_daily grid", "24 runs", "extract_orders", "14m02s", "✗ failed")
        await driver.press("down")
        await driver.sees("extract_orders @ 2026-08-21T06:00", "✓ success  6.0s")
        screen.grid.move_to(5, 0)
        await driver.sees("join @", "✗ failed  1m31s")
        if size[0] >= 100:
            await driver.sees("ended exit 1", "usually 1m31s", "after dedupe, stage_users")
        lines = driver.text().splitlines()
        assert all(len(line) <= size[0] for line in lines)
        assert "? more" in lines[-1]


async def test_it_moves_over_time_and_begins_at_a_run() -> None:
    async with driving(size=(60, 15)) as driver:
        fifth = driver.engine.world.runs_of("orders_daily")[5].run_id
        screen = await at_grid(driver, run_id=fifth)
        assert screen.grid.run_here is not None
        assert screen.grid.run_here.run_id == fifth
        await driver.press("left", "right", "right")
        assert screen.grid.column == 4
        await driver.press("less_than_sign")
        await driver.until(lambda: screen.grid.column > 12 and not any(screen.grid.missing()))
        await driver.press("less_than_sign", "less_than_sign")
        await driver.until(lambda: screen.grid.column == 23)
        await driver.press("less_than_sign")
        await driver.sees("this is the oldest run on record")
        await driver.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        await driver.until(lambda: screen.grid.column == 0)
        await driver.press("greater_than_sign")
        await driver.sees("this is the newest run")


async def test_older_runs_are_asked_for_when_they_come_near() -> None:
    engine = big(3, 150)
    async with driving(engine, size=(60, 15)) as driver:
        screen = await at_grid(driver, "big")
        assert len(screen.grid.runs) == 60
        await driver.sees("60+ runs")
        for _ in range(12):
            await driver.press("less_than_sign")
            await driver.until(lambda: not any(screen.grid.missing()) and not screen.grid.lacks_runs)
        assert len(screen.grid.runs) == 150
        assert screen.grid.column == 149


async def test_only_what_is_in_sight_is_asked_for() -> None:
    engine = big(400, 60)
    asked: list[int] = []
    answer = engine.grid_cells

    def watched(dag_id: str, runs: list[str], rows: list[str]) -> object:
        asked.append(len(runs) * len(rows))
        return answer(dag_id, runs, rows)

    engine.grid_cells = watched  # type: ignore[method-assign,assignment]
    async with driving(engine) as driver:
        screen = await at_grid(driver, "big")
        assert sum(asked) <= 34 * 60
        asked.clear()
        await driver.press("down", "down", "down", "up", "left")
        await driver.pilot.pause(0.3)
        assert asked == []
        await driver.press("G")
        await driver.until(lambda: screen.grid.row == 399 and not any(screen.grid.missing()))
        assert 0 < sum(asked) <= 34 * 60


async def test_a_move_sends_little() -> None:
    async with wired(big(400, 60)) as driver:
        await at_grid(driver, "big")
        await driver.press("down", "down")
        await driver.pilot.pause(0.5)
        reset()
        await driver.press("down")
        await driver.pilot.pause(0.3)
        assert count() < 6_000


async def test_enter_opens_a_task_a_run_and_a_group() -> None:
    async with driving() as driver:
        screen = await at_grid(driver, "nyc_flights")
        rows = [row.key for row in screen.grid.rows]
        assert rows[:4] == ["wait_for_drop", "ingest", "ingest.flights", "ingest.weather"]
        screen.grid.move_to(rows.index("ingest"), 0)
        await driver.press("enter")
        await driver.until(lambda: "ingest.flights" not in [row.key for row in screen.grid.rows])
        assert screen.grid.row_here is not None
        assert screen.grid.row_here.key == "ingest"
        await driver.sees("0/5 done")
        await driver.press("z")
        await driver.until(lambda: "ingest.flights" in [row.key for row in screen.grid.rows])
        screen.grid.move_to(0, 0)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, TaskScreen))
        await driver.press("escape")
        screen.grid.move_to(-1, 0)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_a_mapped_task_is_one_cell_that_opens() -> None:
    async with driving(mapped()) as driver:
        screen = await at_grid(driver)
        place = [row.key for row in screen.grid.rows].index("join")
        screen.grid.move_to(place, 0)
        await driver.sees("join[] @", "2/3 done", "1 failed")
        await driver.press("l")
        await driver.sees("several tasks in one cell")
        await driver.press("enter")
        await driver.until(lambda: [row.key for row in screen.grid.rows][place + 2] == "join[1]")
        await driver.until(lambda: not any(screen.grid.missing()))
        await driver.press("down", "down")
        await driver.sees("join[1] @", "failed")
        await driver.press("z")
        await driver.until(lambda: "join[1]" not in [row.key for row in screen.grid.rows])


async def test_e_goes_to_what_failed() -> None:
    async with driving() as driver:
        screen = await at_grid(driver)
        await driver.press("e")
        await driver.until(lambda: screen.grid.row_here is not None and screen.grid.row_here.key == "join")
        await driver.press("e")
        await driver.until(lambda: screen.grid.column == 17)
        await driver.press("E")
        await driver.until(lambda: screen.grid.column == 0)


async def test_retry_of_a_marked_rectangle_takes_the_failed_tasks_of_each_run() -> None:
    async with driving() as driver:
        screen = await at_grid(driver)
        rows = [row.key for row in screen.grid.rows]
        screen.grid.move_to(rows.index("join"), 0)
        await driver.press("v", *["left"] * 17, "down")
        await driver.sees("36 marked")
        await driver.until(lambda: len(screen.chosen()) == 18)
        await driver.press("r")
        await driver.sees("Retry", "of 18 marked are left out")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        runs = driver.engine.world.runs_of("orders_daily")
        assert driver.engine.acts == [
            acts.Retry(dag_id="orders_daily", run_id=runs[17].run_id, tasks=("join", "extract_fx")),
            acts.Retry(dag_id="orders_daily", run_id=runs[0].run_id, tasks=("join",)),
        ]


async def test_clear_of_a_row_takes_the_task_in_every_run_and_no_more() -> None:
    async with driving(size=(60, 15)) as driver:
        screen = await at_grid(driver)
        await driver.press("down", "minus")
        shown = len(screen.grid.in_sight)
        await driver.sees(f"{shown} marked")
        await driver.until(lambda: len(screen.chosen()) == shown)
        await driver.press("c")
        await driver.sees(f"{shown} tasks of {shown} runs")
        await driver.press("d")
        await driver.sees_not("type 117")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert {act.tasks for act in driver.engine.acts if isinstance(act, acts.Clear)} == {
            ("extract_orders",)
        }
        assert len(driver.engine.acts) == shown


async def test_marked_runs_are_whole_runs_and_esc_unmarks() -> None:
    async with driving() as driver:
        screen = await at_grid(driver)
        await driver.press("down", "space", "vertical_line")
        await driver.until(lambda: len(screen.chosen()) == 1)
        assert type(screen.chosen()[0]).__name__ == "RunTarget"
        await driver.press("m")
        await driver.sees("mark: no task is chosen")
        await driver.press("escape")
        assert not screen.grid.marks
        await driver.press("asterisk")
        await driver.sees("24 marked")


async def test_what_changes_is_asked_for_again() -> None:
    async with driving() as driver:
        screen = await at_grid(driver, "nyc_flights")
        newest = driver.engine.world.runs_of("nyc_flights")[0].run_id
        assert screen.grid.cells["mart", newest] is not None
        driver.engine.set_task("nyc_flights", newest, "mart", state=TaskState.RUNNING, start=NOW)
        await driver.until(
            lambda: (
                (cell := screen.grid.cells["mart", newest]) is not None and cell.state is TaskState.RUNNING
            )
        )


async def test_hash_opens_it_from_the_lists_and_a_dag_without_runs_says_so() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        driver.console.open_runs("orders_daily")
        await driver.sees("24 runs")
        await driver.press("down", "down", "number_sign")
        await driver.until(lambda: isinstance(driver.console.screen, GridScreen))
        screen = driver.console.screen
        assert isinstance(screen, GridScreen)
        await driver.until(lambda: screen.grid.column == 2)
        driver.console.push_screen(GridScreen("brand_new"))
        await driver.sees("brand_new grid", "0 runs", "only")
        await driver.press("enter")
        await driver.sees("this DAG has no runs yet")


# -- rows and lines --------------------------------------------------------------------------------


def node(task_id: str, *upstream: str, group: str | None = None, mapped: bool = False) -> TaskNode:
    return TaskNode(
        task_id=task_id,
        operator="BashOperator",
        upstream=upstream,
        downstream=(),
        group=group,
        trigger_rule="all_success",
        retries=0,
        pool="default_pool",
        mapped=mapped,
    )


NODES = (
    node("a"),
    node("g.b", "a", group="g"),
    node("g.h.c", "g.b", group="g.h"),
    node("g.h.d", "g.h.c", group="g.h", mapped=True),
    node("z", "g.h.d"),
)
GROUPS = (GroupNode(group_id="g"), GroupNode(group_id="g.h", parent="g"))


@pytest.mark.parametrize(
    ("folded", "opened", "keys"),
    [
        ((), {}, ["a", "g", "g.b", "g.h", "g.h.c", "g.h.d", "z"]),
        (("g",), {}, ["a", "g", "z"]),
        (("g.h",), {}, ["a", "g", "g.b", "g.h", "z"]),
        ((), {"g.h.d": 2}, ["a", "g", "g.b", "g.h", "g.h.c", "g.h.d", "g.h.d[0]", "g.h.d[1]", "z"]),
        (("g", "g.h"), {"g.h.d": 2}, ["a", "g", "z"]),
    ],
)
def test_groups_fold_and_mapped_tasks_open(
    folded: tuple[str, ...], opened: dict[str, int], keys: list[str]
) -> None:
    rows = GridRows(NODES, GROUPS).rows(folded, opened)
    assert [row.key for row in rows] == keys
    names = {row.key: (row.name, row.depth) for row in rows}
    assert names["a"] == ("a", 0)
    if "g.h.c" in names:
        assert (names["g.h"], names["g.h.c"]) == (("h", 1), ("c", 2))


def test_tasks_that_are_gone_come_last_and_are_marked() -> None:
    rows = GridRows(NODES, GROUPS, (node("old"), node("a"))).rows((), {})
    assert [(row.key, row.gone) for row in rows][-2:] == [("z", False), ("old", True)]


@pytest.mark.parametrize("cells", [30, 49, 60, 80, 119])
@pytest.mark.parametrize("longest", [3, 20, 200])
def test_the_frame_fits(cells: int, longest: int) -> None:
    frame = grid.frame(cells, longest)
    assert frame.names + 1 + frame.runs * grid.CELL + (grid.BAR if frame.bars else 0) <= max(cells, 24)
    assert frame.runs >= 1


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize(
    ("seconds", "longest"), [(None, 1.0), (0.0, 0.0), (0.01, 100.0), (50, 100), (100, 100)]
)
def test_a_bar_has_its_width(seconds: float | None, longest: float, ascii: bool) -> None:  # noqa: A002
    text = text_of(grid.bar(seconds, longest, ascii=ascii))
    assert len(text) == grid.BAR
    assert not ascii or text.isascii()
    if seconds is not None:
        assert text.strip()


def test_dates_stand_where_they_fit_and_do_not_touch() -> None:
    engine = big(1, 30)
    runs = list(reversed(engine.grid("big").runs))
    line = text_of(grid.dates(runs, NOW.tzinfo))  # type: ignore[arg-type]
    assert len(line) == 60
    assert "07-22 07-25" in line


def test_every_state_has_a_glyph_and_a_letter_of_its_own() -> None:
    cells = {state: GridCell(state=state) for state in TaskState}
    letters = {grid.cell_span(cell, Looks(ascii=True))[0] for cell in cells.values()}
    assert len(letters) == len(cells)
    assert all(grid.cell_span(cell, Looks(ascii=True))[0].isascii() for cell in cells.values())

"""The history of a task: plot and rows at three sizes, what is slow, acts on the run under the cursor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.model import acts
from penstock_tui.screens.history import HistoryScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.view import history
from penstock_tui.view.plot import Bar, Level, Plot, top_of
from penstock_tui.view.spans import text_of
from penstock_tui.view.state_style import Looks


def slow_night() -> FakeEngine:
    """Return an engine in which dedupe took nine minutes in the second run from the end."""
    engine = FakeEngine()
    key = ("orders_daily", engine.world.runs_of("orders_daily")[1].run_id)
    detail = engine.world.runs[key]
    engine.world.runs[key] = replace(
        detail,
        tasks=tuple(
            replace(task, p95=60.0, end=task.start + timedelta(minutes=9), peak_rss=900 << 20)
            if task.task_id == "dedupe" and task.start is not None
            else task
            for task in detail.tasks
        ),
    )
    return engine


async def at_history(driver: Driver, task_id: str = "dedupe") -> HistoryScreen:
    driver.console.push_screen(HistoryScreen("orders_daily", task_id, -1))
    await driver.until(lambda: isinstance(driver.console.screen, HistoryScreen))
    screen = driver.console.screen
    assert isinstance(screen, HistoryScreen)
    await driver.until(lambda: screen.table.rows, "runs")
    return screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_plot_and_the_runs_at_each_size(size: tuple[int, int]) -> None:
    async with driving(slow_night(), size=size) as driver:
        await at_history(driver)
        await driver.sees("24 runs", "p50 40s", "p95 40s", "outcome", "1 slower than 95 %", "9m00s")
        lines = driver.text().splitlines()
        assert all(len(line) <= size[0] for line in lines)
        assert "? more" in lines[-1]


async def test_h_opens_it_from_the_run_at_that_run_and_e_goes_to_the_slow_night() -> None:
    async with driving(slow_night()) as driver:
        older = driver.engine.world.runs_of("orders_daily")[5].run_id
        driver.console.open_run("orders_daily", older)
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        screen = driver.console.screen
        assert isinstance(screen, RunScreen)
        await driver.until(lambda: screen.tasks.cursor_key is not None)
        screen.tasks.move_to_key("dedupe")
        await driver.press("H")
        await driver.until(lambda: isinstance(driver.console.screen, HistoryScreen))
        shown = driver.console.screen
        assert isinstance(shown, HistoryScreen)
        await driver.until(lambda: shown.table.cursor_key == older)
        await driver.press("e", "e")
        await driver.until(
            lambda: shown.table.cursor_key == driver.engine.world.runs_of("orders_daily")[1].run_id
        )
        await driver.sees("slower than 95 %")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


async def test_acts_are_done_to_the_task_in_the_run_under_the_cursor() -> None:
    async with driving(slow_night()) as driver:
        screen = await at_history(driver, "join")
        await driver.until(screen.chosen)
        await driver.press("r")
        await driver.sees("Retry")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        newest = driver.engine.world.runs_of("orders_daily")[0].run_id
        assert driver.engine.acts == [acts.Retry(dag_id="orders_daily", run_id=newest, tasks=("join",))]


# -- the plot --------------------------------------------------------------------------------------


def drawn(plot: Plot) -> list[str]:
    return [text_of(row) for row in plot.rows()]


@pytest.mark.parametrize(
    ("values", "height", "top", "lines"),
    [
        ([1.0, 2.0, 4.0], 1, 4.0, ["▂▄█"]),
        ([1.0, 2.0, 4.0], 2, 4.0, ["  █", "▄██"]),
        ([None, 0.0, 4.0], 2, 4.0, ["  █", " ▁█"]),  # what took no time at all is there
        ([9.0, 4.0], 2, 4.0, ["▲█", "██"]),  # above the top
        ([], 2, 0.0, ["", ""]),
        ([0.0], 1, 0.0, ["▁"]),
    ],
)
def test_bars(values: list[float | None], height: int, top: float, lines: list[str]) -> None:
    assert drawn(Plot([Bar(value) for value in values], [], height, top)) == lines


def test_levels_are_lines_behind_the_bars_with_their_names() -> None:
    plot = Plot([Bar(1.0), Bar(4.0), Bar(None)], [Level(3.9, "p95 4s"), Level(1.0, "p50 1s")], 4, 4.0)
    assert drawn(plot) == ["┈█┈", " █ ", " █ ", "██┈"]
    assert plot.labels()[0] == "p95 4s"
    assert "p50 1s" in plot.labels().values()
    together = Plot([Bar(1.0)], [Level(1.0, "p95 1s"), Level(1.0, "p50 1s")], 1, 1.0)
    assert together.labels() == {0: "p95 1s p50 1s"}
    assert all(
        line.isascii() for line in drawn(Plot([Bar(9.0), Bar(1.0)], [Level(1, "x")], 3, 4.0, ascii=True))
    )


@pytest.mark.parametrize(
    ("values", "p95", "top"), [([], None, 0.0), ([1, 2], 2.0, 2), ([1, 100], 2.0, 6.0), ([5], None, 5)]
)
def test_one_outlier_does_not_flatten_the_rest(values: list[float], p95: float | None, top: float) -> None:
    assert top_of(values, p95) == top


@pytest.mark.parametrize("cells", [30, 57, 119])
@pytest.mark.parametrize("rows", [3, 6, 12])
def test_the_plot_keeps_to_its_size(cells: int, rows: int) -> None:
    engine = slow_night()
    found = engine.history("orders_daily", "dedupe")
    newest = found.runs[0].run_id
    lines = history.plot_lines(found, engine.now, Looks(), (cells, rows), newest)
    assert len(lines) == rows
    assert all(len(text_of(line)) <= cells for line in lines)
    marked = [style for line in lines for _, style in line if "reverse" in style]
    assert marked

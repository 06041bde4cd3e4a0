"""A screen asks for what it shows: not for all tasks of a DAG for its name. Keys do not wait for more."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import penstock_tui.widgets
from drive.console import driving
from drive.every_screen import WAYS, open_screen
from fakes.engine import FakeEngine
from penstock.errors import ProtocolError
from penstock.model.views.dags import DagDetail
from penstock_tui.screens.coming import ComingScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.widgets.drawn import Drawn

DRAW_ALL_TASKS = {"graph", "grid"}


async def test_only_screens_that_draw_a_dag_ask_for_all_of_its_tasks() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        for name in WAYS:
            driver.engine.calls.clear()
            await open_screen(driver, name)
            assert ("dag" in driver.engine.calls) == (name in DRAW_ALL_TASKS), name
            driver.console.pop_screen()


class Older(FakeEngine):
    """An engine of before: it does not know that it may leave the structure out."""

    def dag(self, dag_id: str, *, structure: bool = True) -> DagDetail:
        """Refuse what it does not know."""
        if not structure:
            raise ProtocolError("dag() does not take structure")
        return super().dag(dag_id)


async def test_an_engine_of_before_is_asked_for_everything() -> None:
    async with driving(Older()) as driver:
        await driver.sees("prod-etl")
        screen = await open_screen(driver, "runs")
        assert isinstance(screen, RunsScreen)
        await driver.until(lambda: screen.dag is not None)


async def test_keys_do_not_wait_until_the_rest_of_a_forecast_is_worked_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The beginning is shown and takes keys; the rest is asked for a moment later."""
    monkeypatch.setattr("penstock_tui.screens.coming._SETTLE", 3600.0)
    engine = FakeEngine()
    engine.quick_work = 1
    async with driving(engine) as driver:
        await driver.sees("prod-etl")
        screen = await open_screen(driver, "coming")
        assert isinstance(screen, ComingScreen)
        assert screen.working
        await driver.press("end")
        assert screen.table.cursor == screen.table.count - 1 > 0
        screen._ask_rest()
        await driver.until(lambda: not screen.working)


def test_every_widget_that_draws_lines_works_out_its_style_once() -> None:
    modules = [
        importlib.import_module(f"penstock_tui.widgets.{each.name}")
        for each in pkgutil.iter_modules(penstock_tui.widgets.__path__)
    ]
    drawing = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and "render_line" in vars(kind) and kind.__module__ == module.__name__
    }
    assert len(drawing) > 10
    assert [kind.__name__ for kind in drawing if not issubclass(kind, Drawn)] == []

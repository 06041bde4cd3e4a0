"""What is closed is forgotten: screens, their widgets and the lines that were drawn for them."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter

import pytest
from textual._styles_cache import StylesCache
from textual.widget import Widget

from drive.console import Driver, driving
from drive.every_screen import DAG, TASK, WAYS
from penstock_tui.screens.log import LogScreen
from penstock_tui.view.log_patterns import wanted

_TIMES = 3
_SIDE_BY_SIDE = 2
"""This many tests share the screens, each with one console."""


async def open_and_close(driver: Driver, name: str) -> None:
    """Open a screen, wait until it shows what it asked for, and close it."""
    console = driver.console
    screen = WAYS[name](driver.engine.world.runs_of(DAG)[0].run_id)
    await console.push_screen(screen)
    for _ in range(2000):
        if screen.takes_keys:
            break
        await asyncio.sleep(0.005)
    assert screen.takes_keys, f"{name} never asked for what it shows\n{driver.text()}"
    await console.pop_screen()


def alive() -> Counter[str]:
    """Return how many widgets live, and how many caches of lines, by the name of their class."""
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, (Widget, StylesCache)))


@pytest.mark.parametrize("first", range(_SIDE_BY_SIDE))
async def test_screens_that_were_closed_leave_nothing_behind(first: int) -> None:
    names = list(WAYS)[first::_SIDE_BY_SIDE]
    async with driving(size=(60, 15)) as driver:
        await driver.sees("prod-etl")
        for name in names:
            await open_and_close(driver, name)
        await driver.pilot.pause()
        before = alive()
        for name in names * _TIMES:
            await open_and_close(driver, name)
        for _ in range(40):
            await driver.pilot.pause(0.05)
            if not (left := alive() - before):
                break
        assert not left


async def test_a_log_that_is_left_while_it_loads_is_not_drawn_any_more() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        screen = LogScreen(DAG, driver.engine.world.runs_of(DAG)[0].run_id, TASK)
        await driver.console.push_screen(screen)
        await driver.until(lambda: screen.attempt_pane.attempt is not None, "the log")
        pane = screen.attempt_pane.pane
        await pane.query("TitleLine, #search").remove()
        # Children are removed first; an answer that comes now finds a pane that still says it is mounted.
        task = screen.attempt_pane.task_row
        assert pane.is_mounted
        assert task is not None
        await screen.attempt_pane._learn(task)
        what = wanted("stage")
        assert not isinstance(what, str)
        pane.search_again(what)
        await driver.pilot.pause()
        await driver.console.pop_screen()

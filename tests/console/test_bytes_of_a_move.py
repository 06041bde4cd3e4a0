"""What one move of the cursor sends to a terminal of 120x36, on every screen beside that of the DAG list."""

from __future__ import annotations

import pyte
import pytest

from drive.console import Driver
from drive.every_screen import WAYS, open_screen
from drive.sent_bytes import Wire, count, reset, wired

_KEYS = {"graph": ("left", "right"), "log": ("up", "up"), "merged log": ("up", "up")}
_MORE = {
    "assets": 2800,  # what is known of the asset under the cursor, below the list
    "calendar": 1100,  # the day under the cursor, in words, and two rows of the month
    "grid": 3000,  # the cell under the cursor, described beside the grid
    "history": 700,  # the column of the run under the cursor, over the height of the plot
    "log": 6000,  # all lines move by one
    "merged log": 6000,
    "run": 7600,  # the log of the task under the cursor
}
"""Bytes that a screen must show besides the two rows of the cursor, and why."""


async def moved(driver: Driver, keys: tuple[str, ...]) -> int:
    """Return the most bytes that one of *keys* sends, with all that it brings."""
    most = 0
    await driver.pilot.pause(0.5)
    for key in keys:
        reset()
        await driver.press(key)
        await driver.pilot.pause(0.4)
        most = max(most, count())
    return most


@pytest.mark.parametrize("name", WAYS)
async def test_a_move_sends_no_more_than_one_in_the_list_but_for_what_it_must_show(name: str) -> None:
    async with wired() as driver:
        await driver.sees("prod-etl")
        of_list = await moved(driver, ("down", "up"))
        await open_screen(driver, name)
        sent = await moved(driver, _KEYS.get(name, ("down", "up")))
        assert 0 < of_list <= 1200
        assert sent <= of_list * 1.25 + _MORE.get(name, 0), f"{name}: {sent} bytes, the list {of_list}"


@pytest.mark.parametrize("name", ["graph", "grid", "history", "run", "timeline", "calendar"])
async def test_what_was_sent_draws_what_the_screen_shows(name: str) -> None:
    reset()
    async with wired() as driver:
        await driver.sees("prod-etl")
        await open_screen(driver, name)
        for key in ("down", "down", "right", "up", "left", "down"):
            await driver.press(key)
        await driver.pilot.pause(0.5)
        far = pyte.Screen(120, 36)
        stream = pyte.Stream(far)
        for data in [*Wire.sent]:
            stream.feed(data)
        assert [line.rstrip() for line in far.display] == [
            line.rstrip() for line in driver.raw().splitlines()
        ], "\n".join(far.display)

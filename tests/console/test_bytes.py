"""What the console sends to a terminal of 120x36: for opening each screen, for moves and pages in it."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from drive.console import Driver
from drive.every_screen import WAYS, open_screen
from drive.sent_bytes import Wire, count, reset, wired
from penstock_tui import drawing


class Budget(NamedTuple):
    """Bytes that a screen may send for being opened, for a move of its cursor, and for a page."""

    opening: int = 4300
    move: int = 450
    page: int = 2500


BUDGETS = dict.fromkeys(["list", *WAYS], Budget())
BUDGETS["list"] = Budget(opening=2500, move=330)
BUDGETS["calendar"] = Budget(opening=5200)  # a year of days
BUDGETS["run"] = Budget(opening=4500, move=1100)  # with the log of the task under the cursor
_MOVES: dict[str, tuple[str, ...]] = {"log": ("up", "up", "down"), "merged log": ("up", "up", "down")}
_MOVES["run"] = ("down", "up", "down", "up")
_PAGES = {"log": ("right", "left", "pageup", "home", "end")}
_PAGES["merged log"] = _PAGES["log"]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine take its time: what is not read yet is not drawn meanwhile."""
    monkeypatch.setattr(drawing, "_HELD", 5.0)


async def sent(driver: Driver, keys: tuple[str, ...]) -> dict[str, int]:
    """Return the bytes that each of *keys* sends, with all that it brings; the least if it comes twice."""
    found: dict[str, int] = {}
    for key in keys:
        reset()
        await driver.press(key)
        before = -1
        while before != count():
            before = count()
            await driver.pilot.pause(0.4)
        found[key] = min(found.get(key, before), before)
    return found


@pytest.mark.parametrize("name", BUDGETS)
async def test_no_key_sends_more_than_its_budget(name: str) -> None:
    reset()
    async with wired() as driver:
        await driver.sees("prod-etl")
        await driver.pilot.pause(0.5)
        if name != "list":
            reset()
            await open_screen(driver, name)
            await driver.pilot.pause(0.5)
        opened = count()
        frames = [len(data) for data in Wire.sent]
        moves = await sent(driver, _MOVES.get(name, ("down", "up", "right", "left")))
        pages = await sent(driver, _PAGES.get(name, ("pagedown", "home", "end")))
    print(f"{name}: opened with {opened} {frames}, moves {moves}, pages {pages}")  # shown if it fails
    budget = BUDGETS[name]
    assert 0 < opened <= budget.opening, frames
    assert max(moves.values()) <= budget.move, moves
    assert max(pages.values()) <= budget.page, pages


async def test_a_change_that_nobody_sees_sends_nothing() -> None:
    async with wired() as driver:
        await driver.sees("prod-etl")
        await driver.pilot.pause(0.5)
        reset()
        driver.console.refresh(layout=True)
        await driver.pilot.pause(0.3)
        assert count() == 0

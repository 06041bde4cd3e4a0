"""Lines of 5 KB to a gigabyte in the log view: shown, searched, copied, and nothing before them hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from drive.console import SIZES, Driver, driving, open_log
from fakes.engine import FakeEngine
from penstock.model.views.attempts import LogChunk
from penstock_tui.widgets.log_view import LogView

ENDED = ("orders_daily", "join", 3)
LONG = b"before\n" + b"y" * 70_000 + b"END\nafter\n"
"""What `head -c 70000 /dev/zero | tr` between two echoes prints."""


def attempt(engine: FakeEngine) -> str:
    dag_id, task_id, number = ENDED
    return engine.world.attempt_of(dag_id, engine.world.runs_of(dag_id)[0].run_id, task_id, number)


def engine_with(data: bytes) -> FakeEngine:
    engine = FakeEngine()
    engine.world.logs[attempt(engine)] = data
    return engine


async def at_log(driver: Driver) -> LogView:
    return await open_log(driver, "orders_daily", "join")


def unwrapped(driver: Driver) -> str:
    """Return the rows of the log as one text, as if nothing had been wrapped."""
    view = driver.console.screen.query(LogView).first()
    rows = driver.text().splitlines()[view.region.y : view.region.bottom]
    return "".join(row[view.region.x + 1 :] for row in rows)


async def search(driver: Driver, text: str) -> None:
    await driver.press("slash")
    await driver.type(text)
    await driver.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_line_over_64_kib_hides_nothing(size: tuple[int, int]) -> None:
    async with driving(engine_with(LONG), size=size) as driver:
        await at_log(driver)
        await driver.sees("before", "yyyy", "after")


def _deep_hits() -> Iterator[Any]:
    """Yield every depth at every size, wrapped or not; of each depth two stay in the quick suite."""
    for number, deep in enumerate([5_000, 60_000, 69_000, 300_000]):
        for at, size in enumerate(SIZES):
            for wrap in (False, True):
                kept = at == (number + wrap) % len(SIZES)
                yield pytest.param(size, deep, wrap, marks=[] if kept else [pytest.mark.slow])


@pytest.mark.parametrize(("size", "deep", "wrap"), list(_deep_hits()))
async def test_a_hit_deep_in_a_line_is_found_and_shown(size: tuple[int, int], deep: int, wrap: bool) -> None:
    data = b"first\n" + b"." * deep + b"needle" + b"." * 4000 + b"\nlast\n"
    async with driving(engine_with(data), size=size) as driver:
        view = await at_log(driver)
        await driver.sees("last")
        if wrap:
            await driver.press("w")
        await search(driver, "needle")
        await driver.sees("hit 1 of 1")
        await driver.until(lambda: "needle." in unwrapped(driver))
        assert view.here() is not None
        await driver.press("g")
        await driver.press("n")
        await driver.until(lambda: ".needle." in unwrapped(driver))


@pytest.mark.parametrize("key", ["e", "E"])
async def test_an_error_deep_in_a_line_is_found_and_shown(key: str) -> None:
    data = b"fine\n" * 3 + b"." * 66_000 + b" ERROR: deep " + b"." * 100_000 + b"\n" + b"fine\n" * 300
    async with driving(engine_with(data)) as driver:
        await at_log(driver)
        await driver.press("g" if key == "e" else "G")
        await driver.press(key)
        await driver.sees("ERROR: deep")


async def test_only_the_matches_shows_long_ones_whole() -> None:
    data = b"skip\n" + b"." * 9_000 + b"needle" + b"." * 20_000 + b"THE END\nskip\n"
    async with driving(engine_with(data), size=(100, 40)) as driver:
        view = await at_log(driver)
        await driver.press("w")
        await search(driver, "needle")
        await driver.sees("hit 1 of 1")
        await driver.press("ampersand")
        await driver.sees("ONLY MATCHES")
        view.move(9999)
        await driver.until(lambda: unwrapped(driver).endswith("THE END"))


async def test_a_long_line_is_walked_sideways_to_its_end() -> None:
    async with driving(engine_with(LONG), size=(100, 20)) as driver:
        await at_log(driver)
        await driver.sees("after")
        for _ in range(800):
            await driver.press("shift+right")
            if "END" in driver.text():
                break
        await driver.sees("END")


@pytest.mark.parametrize("size", [5_000, 70_000, 300_000])
async def test_all_of_a_line_is_copied(size: int) -> None:
    data = b"before\n" + b"a" * size + b" needle \xe6\xbc\xa2 tail\nafter\n"
    async with driving(engine_with(data)) as driver:
        await at_log(driver)
        await search(driver, "needle")
        await driver.sees("hit 1 of 1")
        await driver.press("y")
        wanted = "a" * size + " needle 漢 tail"
        await driver.until(lambda: driver.console.clipboard == wanted)
        await driver.sees(f"copied {len(wanted):,} characters")


class OneLine(FakeEngine):
    """An engine whose chosen attempt printed a gigabyte without a newline."""

    size = 1 << 30

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        start = max(0, self.size + offset) if offset < 0 else min(offset, self.size)
        end = min(self.size, start + min(limit, 1 << 20))
        self.asked += end - start
        data = b"0123456789abcdef" * ((end - start) // 16 + 2)
        data = data[start % 16 : start % 16 + end - start]
        return LogChunk(data=data, offset=start, next_offset=end, size=self.size, end=end >= self.size)


async def test_a_gigabyte_in_one_line_is_opened_paged_and_copied_in_parts() -> None:
    engine = OneLine()
    async with driving(engine) as driver:
        view = await at_log(driver)
        await driver.sees("1.0G", "abcdef")
        assert engine.asked <= 1 << 20
        await driver.press("w", "pageup", "pageup")
        await driver.press("g")
        await driver.until(lambda: view.span()[0] == 0)
        assert view.window.end - view.window.start <= 4 << 20
        await driver.press("y")
        await driver.until(lambda: len(driver.console.clipboard) == 1 << 20)
        await driver.sees("copied 1,048,576 characters, the beginning of a longer line (some terminals take")


async def test_looking_for_an_error_says_how_far_it_is_and_can_be_stopped() -> None:
    engine = OneLine()
    async with driving(engine, size=(140, 30)) as driver:
        view = await at_log(driver)
        await driver.press("E")
        await driver.sees("looking for an error,", "to go, esc stops")
        await driver.press("escape")
        await driver.sees_not("looking for an error")
        asked = engine.asked
        await driver.pilot.pause(0.2)
        assert engine.asked - asked <= 8 << 20, "nothing more is read than was under way"
        assert driver.console.screen.query(LogView).first() is view
        assert not re.search("ERROR", driver.text())

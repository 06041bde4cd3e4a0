"""A log of several megabytes: searches and far jumps in any order show the lines that are there."""

from __future__ import annotations

import random

import pytest

from drive.console import Driver, driving, open_log
from fakes.engine import FakeEngine
from penstock_tui.view.log_source import Follow
from penstock_tui.widgets.log_view import LogView

DAG, TASK, TRY = "fx_rates", "pull_jpy", 1
"""A task that runs: its log may grow."""
BIG = b"".join(b"%d\n" % number for number in range(1, 400_001)) + b"ERROR here\n" + b"xxx\n" * 750_000


def engine_with(data: bytes) -> tuple[FakeEngine, str]:
    engine = FakeEngine()
    attempt_id = engine.world.attempt_of(DAG, engine.world.runs_of(DAG)[0].run_id, TASK, TRY)
    engine.world.logs[attempt_id] = data
    return engine, attempt_id


async def at_log(driver: Driver) -> LogView:
    return await open_log(driver, DAG, TASK)


def rows(view: LogView) -> list[str]:
    """Return what stands in the view, row by row."""
    return [view.render_line(y).text[1:].rstrip() for y in range(view.size.height)]


async def search(driver: Driver, text: str) -> None:
    await driver.press("slash", "ctrl+u")
    await driver.type(text)
    await driver.press("enter")


async def test_a_jump_to_the_first_line_after_a_search_and_errors() -> None:
    engine, _ = engine_with(BIG)
    async with driving(engine, size=(80, 24)) as driver:
        view = await at_log(driver)
        await search(driver, "123456")
        await driver.sees(">123456", "hit 1 of 1")
        await driver.press("e")
        await driver.sees(">ERROR here")
        await driver.press("e")
        await driver.sees("no error line further down")
        await driver.press("g")
        await driver.until(lambda: rows(view)[:3] == ["1", "2", "3"], "the first lines")
        assert view.share() < 0.01
        await driver.press("e")
        await driver.sees(">ERROR here")
        await driver.press("escape")
        await driver.sees_not("hit 1 of 1")
        assert "ERROR here" in rows(view)
        await driver.press("g")
        await driver.until(lambda: rows(view)[:3] == ["1", "2", "3"], "the first lines")


async def test_jumps_typed_ahead_end_where_the_last_one_goes() -> None:
    engine, _ = engine_with(BIG)
    async with driving(engine, size=(80, 24)) as driver:
        view = await at_log(driver)
        driver.type_ahead("g", "G", "g")
        await driver.until(lambda: rows(view)[0] == "1", "the first line")
        driver.type_ahead("G", "g", "G")
        await driver.until(lambda: rows(view)[0] == "xxx", "the end")
        workers = driver.console.workers
        await workers.wait_for_complete([each for each in workers if each.group == "log"])
        assert (view.mode, view.window.at_end, rows(view)[0]) == (Follow.FOLLOWING, True, "xxx")


async def test_leaving_only_the_matches_stays_where_they_were() -> None:
    engine, _ = engine_with(BIG)
    async with driving(engine, size=(80, 24)) as driver:
        view = await at_log(driver)
        await search(driver, "~^7777.$")
        await driver.sees(">77779", "hit 10 of 10")
        await driver.press("G")
        await driver.until(lambda: rows(view)[0] == "xxx")
        await driver.press("ampersand", "g")
        await driver.until(lambda: rows(view)[:2] == ["77770", "77771"], "the first match")
        await driver.press("escape")
        await driver.sees("77769", "77770", "77771", "77775")
        await search(driver, "ERROR")
        await driver.sees(">ERROR here", "hit 1 of 1")
        await driver.press("ampersand")
        await driver.until(lambda: not any(rows(view)[1:]))
        await search(driver, "399999")  # other hits while only those of before are shown
        await driver.until(lambda: rows(view)[0] == "399999" and not any(rows(view)[1:]), "the new hit")


async def test_search_without_a_hit_shown_alone_takes_every_jump() -> None:
    engine, _ = engine_with(b"one\ntwo\n")
    async with driving(engine, size=(80, 24)) as driver:
        view = await at_log(driver)
        await search(driver, "three")
        await driver.sees("no match")
        await driver.press("ampersand", "g", "e", "pageup", "G", "ampersand", "g")
        await driver.until(lambda: rows(view)[:2] == ["one", "two"])


async def test_a_first_line_longer_than_the_screen_is_shown_from_its_beginning() -> None:
    engine, _ = engine_with(b"first " + b"abcdefgh" * 400 + b"\nlast\n")
    async with driving(engine, size=(80, 24)) as driver:
        view = await at_log(driver)
        await driver.press("w", "up", "up")
        await driver.until(lambda: view.mode is Follow.MANUAL and rows(view)[-1] != "last")
        await driver.press("g")
        await driver.until(lambda: rows(view)[0].startswith("first "), "the beginning of the first line")


async def test_a_line_that_came_in_two_pieces_is_shown_whole() -> None:
    engine, attempt_id = engine_with(b"begun\nhal")
    async with driving(engine, size=(80, 24)) as driver:
        await at_log(driver)
        await driver.sees("hal")
        engine.append_log(attempt_id, b"f a line\nnext\n")
        await driver.sees("next", "half a line")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 9))])
async def test_no_sequence_of_keys_leads_astray(seed: int) -> None:
    """Whatever is pressed: the rows are lines of the log in a row, ``g`` shows the first, ``G`` the last."""
    chance = random.Random(seed)
    data = bytearray(BIG[:900_000] + b"ERROR in the middle\n" + BIG[2_600_000:4_000_000])
    engine, attempt_id = engine_with(bytes(data))
    async with driving(engine, size=chance.choice([(120, 36), (80, 24), (60, 15)])) as driver:
        view = await at_log(driver)
        for number in range(25):
            await _step(driver, view, chance)
            if chance.random() < 0.3:
                more = b"later %d\n" % number + b"ERROR later\n" * chance.choice([0, 1, 30_000])
                data.extend(more)
                engine.append_log(attempt_id, more)
            if chance.random() < 0.4:
                await driver.until(lambda: _consecutive(view, bytes(data)), "lines that follow one another")
        if view.only:
            await driver.press("ampersand")
        await driver.press("g")
        await driver.until(lambda: rows(view)[0] == "1" and not view.span()[0], "the first line")
        assert _consecutive(view, bytes(data))
        await driver.press("G")
        last = bytes(data).splitlines()[-1].decode()
        await driver.until(lambda: [row for row in rows(view) if row][-1] == last, "the last line")
        await driver.until(lambda: _consecutive(view, bytes(data)) and view.share() == 1.0)


async def _step(driver: Driver, view: LogView, chance: random.Random) -> None:
    act = chance.randrange(10)
    if act == 0:
        await search(driver, chance.choice(["1234", "xxx", "ERROR", "later", "~^9+$", "no such text"]))
    elif act == 1 and driver.console.screen.query_one("#search").display:
        await driver.press("escape")
    elif act <= 4:
        driver.type_ahead(*chance.choices(["g", "G", "e", "E"], k=3))
        await driver.pilot.pause()
    else:
        keys = ["n", "N", "pageup", "pagedown", "up", "down", "ampersand", "e", "g", "G", "F"]
        await driver.press(*chance.choices(keys, k=chance.randint(1, 4)))


def _consecutive(view: LogView, data: bytes) -> bool:
    """Return whether the rows are lines of *data*: in a row, or, with only matches shown, ones that match."""
    first, last = view.span()
    if view.only:
        matches = view.matches
        assert matches is not None
        shown = [row for row in rows(view) if row]
        return not len(matches) or (bool(shown) and all(row.encode() in data for row in shown))
    end = data.find(b"\n", last)
    begins = not first or data[first - 1 : first] == b"\n"
    return begins and rows(view) == data[first:end].decode().split("\n")

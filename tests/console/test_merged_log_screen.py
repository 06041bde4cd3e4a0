"""The merged log of a run: by time, with names, tasks left out, searched, followed, and opened at a line."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.clock import to_us
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.merged import MergedScreen
from penstock_tui.view.log_source import Follow

DAG = "orders_daily"


def engine_with(**logs: list[tuple[float, bytes]]) -> FakeEngine:
    """Return an engine whose newest run of `DAG` printed nothing but *logs*: seconds after its start."""
    engine = FakeEngine()
    run = engine.world.runs_of(DAG)[0]
    for row in engine.world.attempts.values():
        if row.run_id == run.run_id:
            engine.world.logs[row.attempt_id] = b""
    for task, parts in logs.items():
        add(engine, task, parts)
    return engine


def add(engine: FakeEngine, task: str, parts: list[tuple[float, bytes]]) -> None:
    run = engine.world.runs_of(DAG)[0]
    attempt_id = engine.world.attempt_of(DAG, run.run_id, task, 1)
    assert run.start is not None
    for seconds, data in parts:
        at = to_us(run.start + timedelta(seconds=seconds))
        log = engine.world.logs[attempt_id]
        engine.world.log_times.setdefault(attempt_id, []).append((len(log), at))
        engine.world.logs[attempt_id] = log + data


def two() -> FakeEngine:
    return engine_with(
        extract_orders=[(0, b"a1\n"), (20, b"a2 ERROR here\n")],
        extract_fx=[(10, b"b1\nb2\n"), (30, b"b3")],
    )


async def at_merged(driver: Driver, *seen: str) -> MergedScreen:
    run_id = driver.engine.world.runs_of(DAG)[0].run_id
    driver.console.open_run(DAG, run_id)
    await driver.sees("extract_orders")
    await driver.press("L")
    await driver.until(lambda: isinstance(driver.console.screen, MergedScreen))
    await driver.sees(*seen)
    screen = driver.console.screen
    assert isinstance(screen, MergedScreen)
    return screen


def lines(driver: Driver) -> list[str]:
    """Return letter and text of each line that is shown."""
    rows = re.findall(r"^[> *~]([A-Z]+) (\S+) *\|(.*?)\s*$", driver.text(), re.MULTILINE)
    return [f"{letter} {text}" for letter, _, text in rows]


WHOLE = ["A a1", "B b1", "B b2", "A a2 ERROR here", "B b3"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_lines_of_all_tasks_by_time_at_each_size(size: tuple[int, int]) -> None:
    async with driving(two(), size=size) as driver:
        await at_merged(driver, "b3", "2 tasks")
        assert lines(driver) == WHOLE
        assert all(len(line) <= size[0] for line in driver.text().splitlines())
        assert "? more" in driver.text().splitlines()[-1]


async def test_tasks_are_muted_alone_filtered_and_back() -> None:
    async with driving(two()) as driver:
        await at_merged(driver, "b3")
        await driver.press("m")  # of the lowest line
        await driver.until(lambda: lines(driver) == ["A a1", "A a2 ERROR here"])
        await driver.sees("1 of 2 tasks", "muted B")
        await driver.press("a")
        await driver.until(lambda: lines(driver) == WHOLE)
        await driver.press("S")
        await driver.until(lambda: lines(driver) == ["B b1", "B b2", "B b3"])
        await driver.press("S")
        await driver.until(lambda: lines(driver) == WHOLE)
        await driver.press("backslash")
        await driver.type("!fx")
        await driver.press("enter")
        await driver.until(lambda: lines(driver) == ["A a1", "A a2 ERROR here"])
        await driver.sees("tasks: !fx")
        await driver.press("m")
        await driver.sees("no line is shown: every task is muted or filtered out")
        await driver.press("escape")
        await driver.until(lambda: lines(driver) == WHOLE)


async def test_it_is_searched_and_shows_only_hits_and_errors() -> None:
    async with driving(two()) as driver:
        screen = await at_merged(driver, "b3")
        await driver.press("slash")
        await driver.type("b")
        await driver.press("enter")
        await driver.sees("hit 3 of 3")
        await driver.press("ampersand")
        await driver.until(lambda: [line[2:] for line in lines(driver)] == ["b1", "b2", "b3"])
        await driver.press("m")
        await driver.sees("no match")
        await driver.press("a", "escape", "g", "e")
        await driver.until(lambda: screen.log_pane.log_view.current is not None)
        await driver.sees(">A extract_orders")


async def test_it_follows_what_all_tasks_print() -> None:
    engine = two()
    run = engine.world.runs_of(DAG)[0]
    detail = engine.world.runs[DAG, run.run_id]
    engine.world.runs[DAG, run.run_id] = replace(detail, run=replace(detail.run, end=None))
    live = engine.world.attempt_of(DAG, run.run_id, "extract_orders", 1)
    engine.world.attempts[live] = replace(engine.world.attempts[live], end=None)
    async with driving(engine) as driver:
        screen = await at_merged(driver, "b3", "FOLLOW")
        add(engine, "extract_orders", [(40, b"a3\n")])
        await driver.until(lambda: lines(driver)[-1] == "A a3")
        await driver.press("up")
        assert screen.log_pane.log_view.mode is Follow.MANUAL
        add(engine, "extract_orders", [(50, b"a4\na5\n")])
        await driver.sees("+2 new")
        await driver.press("G")
        await driver.until(lambda: lines(driver)[-1] == "A a5")


async def test_enter_opens_the_tasks_log_at_the_line() -> None:
    numbers = b"".join(b"line %04d\n" % number for number in range(2000))
    async with driving(engine_with(extract_orders=[(0, numbers)], extract_fx=[(5, b"b1\n")])) as driver:
        await at_merged(driver, "b1")
        await driver.press("slash")
        await driver.type("line 0777")
        await driver.press("enter")
        await driver.sees("hit 1 of 1")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
        await driver.sees(">line 0777")


async def test_marked_lines_are_copied_with_their_tasks() -> None:
    async with driving(two()) as driver:
        await at_merged(driver, "b3")
        await driver.press("v", "up", "up", "y")
        await driver.until(lambda: driver.console.clipboard.count("\n") == 2)
        assert [line.split("|")[1] for line in driver.console.clipboard.splitlines()] == [
            " b2",
            " a2 ERROR here",
            " b3",
        ]


async def test_a_run_that_printed_nothing() -> None:
    async with driving(engine_with()) as driver:
        await at_merged(driver, "no task of this run has printed anything yet")
        for key in ("m", "S", "enter", "space", "v", "y", "dollar_sign", "x", "e", "T"):
            await driver.press(key)
        await driver.press("escape", "escape")

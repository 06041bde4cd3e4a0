"""An engine that goes and comes back: the top line says so, what is shown stays, nothing crashes."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

import pytest

from drive.console import driving
from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.errors import StoreError
from penstock_tui.feed import Feed


async def test_a_vanished_engine_turns_the_top_line_and_comes_back() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        driver.engine.stop()
        await driver.sees("no engine for 0s", "data from 06:14:04", "orders_daily")
        clock = driver.console.clock
        assert isinstance(clock, FakeClock)
        clock.time = NOW + timedelta(seconds=12)
        driver.console._tick()
        await driver.sees("no engine for 12s")
        driver.engine.start()
        await driver.sees("prod-etl", "the engine answers again")
        assert driver.console.gone is None


async def test_acts_on_a_vanished_engine_are_explained() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("r")
        await driver.sees("Retry 6 tasks")
        driver.engine.stop()
        await driver.press("y")
        await driver.sees("No engine is running")
        assert driver.engine.acts == []


async def test_an_error_of_the_engine_is_shown_once_and_stays_until_a_key() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        driver.console.say("the database is full: cannot write", "error")
        await driver.sees("the database is full")
        driver.console.say("news")
        await driver.sees("the database is full")
        await driver.press("j")
        await driver.sees_not("the database is full")
        await driver.press("exclamation_mark")
        await driver.sees("Messages", "the database is full", "news")


async def test_questions_with_one_key_share_a_call() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        driver.engine.calls.clear()
        for _ in range(50):
            driver.console.screen.reload()  # type: ignore[attr-defined]
        await driver.until(lambda: driver.engine.calls.count("dags") >= 1)
        await driver.pilot.pause(0.2)
        assert driver.engine.calls.count("dags") <= 3


async def test_a_failing_answer_becomes_a_message() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")

        def broken(*_args: object, **_more: object) -> None:
            raise StoreError("disk I/O error")

        driver.engine.dags = broken  # type: ignore[method-assign, assignment]
        driver.engine.notify(all=True)
        await driver.sees("disk I/O error", "orders_daily")


async def test_nothing_is_asked_while_nothing_moves() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily", "prod-etl")
        await driver.pilot.pause(0.3)
        driver.engine.calls.clear()
        await driver.pilot.pause(0.5)
        assert driver.engine.calls == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin at once from Python 3.12 on")
def test_an_answer_is_new_each_time_where_tasks_begin_at_once() -> None:
    """Textual starts tasks eagerly: what `ask` notes after making one came too late to be forgotten."""
    answers = iter(range(9))

    async def ask_twice() -> list[object]:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        feed = Feed(FakeEngine, lambda _message: None)
        feed.start()
        found: list[object] = [await feed.ask(lambda _engine: next(answers), key="dags") for _ in range(3)]
        feed.close()
        return found

    assert asyncio.run(ask_twice()) == [0, 1, 2]

"""Driving the console in tests: start it on a fake engine, press keys, read the screen as text."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from rich.console import Console as Printer
from textual import events
from textual.pilot import Pilot

from fakes.clock import FakeClock
from fakes.engine import FakeEngine
from penstock.cli.spoken import acts_of
from penstock_tui.app import Console
from penstock_tui.feed import Feed
from penstock_tui.screens.log import LogScreen
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.log_view import LogView

SIZES = [(120, 36), (80, 24), (60, 15)]


def make_console(engine: FakeEngine, **options: Any) -> Console:
    """Return a console on *engine* whose clock stands still."""
    clock = FakeClock(engine.now)

    def make_feed(post: Callable[[Any], object]) -> Feed:
        return Feed(lambda: engine, post, clock=clock, actor="ada", back_off=(0.01, 0.05))

    return Console(make_feed, zone=UTC, read_command=acts_of, **options)


class Driver:
    """A console that runs, and what a test does with it."""

    def __init__(self, console: Console, pilot: Pilot[Any], engine: FakeEngine) -> None:
        self.console = console
        self.pilot = pilot
        self.engine = engine

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until *condition* holds, at most ten seconds."""
        for _ in range(400):
            await self.pilot.pause()
            if condition():
                return
            await self.pilot.pause(0.025)
        raise AssertionError(f"waited in vain for {what or condition}; the screen shows\n{self.text()}")

    async def sees(self, *texts: str) -> None:
        """Wait until every one of *texts* stands on the screen."""
        await self.until(lambda: all(text in self.text() for text in texts), repr(texts))

    async def sees_not(self, text: str) -> None:
        """Wait until *text* has gone from the screen."""
        await self.until(lambda: text not in self.text(), f"{text!r} to go")

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type *text* letter by letter."""
        await self.pilot.press(*[_NAMES.get(letter, letter) for letter in text])

    def type_ahead(self, *keys: str) -> None:
        """Send keys all at once, as a slow link delivers them."""
        sender = self.console._driver
        assert sender is not None
        for key in keys:
            event = events.Key(_NAMES.get(key, key), key if len(key) == 1 else None)
            event.set_sender(self.console)
            sender.send_message(event)

    def text(self) -> str:
        """Return the screen as lines of text without trailing blanks."""
        return "\n".join(line.rstrip() for line in self.raw().splitlines()).rstrip()

    def raw(self) -> str:
        """Return every character that would reach the terminal as text."""
        update = self.console.screen._compositor.render_update(
            full=True, screen_stack=self.console._background_screens
        )
        width, height = self.console.size
        printer = Printer(
            file=io.StringIO(), width=width, height=height, color_system=None, legacy_windows=False
        )
        printer.print(update, end="")
        stream = printer.file
        assert isinstance(stream, io.StringIO)
        return stream.getvalue()


@asynccontextmanager
async def driving(
    engine: FakeEngine | None = None, *, size: tuple[int, int] = (120, 36), **options: Any
) -> AsyncIterator[Driver]:
    """Run a console; it must end without an error of its own."""
    engine = engine or FakeEngine()
    console = make_console(engine, **options)
    async with console.run_test(size=size) as pilot:
        driver = Driver(console, pilot, engine)
        yield driver
        own = [note.text for note in console.notes.history if "the console failed" in note.text]
        assert not own, own


_NAMES = {
    " ": "space",
    "+": "plus",
    "-": "minus",
    ":": "colon",
    "/": "slash",
    "!": "exclamation_mark",
    ".": "full_stop",
}


async def open_log(driver: Driver, dag_id: str, task_id: str) -> LogView:
    """Open the log of a task in a DAG's newest run on the whole screen; wait until something stands in it."""
    driver.console.open_log(dag_id, driver.engine.world.runs_of(dag_id)[0].run_id, task_id)
    await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
    screen = driver.console.screen
    assert isinstance(screen, LogScreen)
    view = screen.attempt_pane.pane.log_view
    await driver.until(lambda: len(view.window), "the log")
    return view


async def stand_on(driver: Driver, key: str) -> None:
    """Put the cursor of the list on the row *key*."""
    await driver.until(lambda: any(table.rows for table in driver.console.screen.query(LineTable)))
    assert driver.console.screen.query_one(LineTable).move_to_key(key)


def focused(driver: Driver) -> str | None:
    """Return the name of the widget that has the keyboard."""
    widget = driver.console.screen.focused
    return widget.id if widget is not None else None

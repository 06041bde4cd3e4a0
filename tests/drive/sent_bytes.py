"""Counting what the console sends to a terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from textual.drivers.headless_driver import HeadlessDriver

from drive.console import Driver, make_console
from fakes.engine import FakeEngine


class Wire(HeadlessDriver):
    """A terminal that only keeps what is written to it."""

    sent: ClassVar[list[str]] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.sent.append(data)


def count() -> int:
    """Return the bytes sent since the last `reset`."""
    return sum(len(data.encode()) for data in Wire.sent)


def reset() -> None:
    """Begin to count anew."""
    Wire.sent.clear()


@asynccontextmanager
async def wired(
    engine: FakeEngine | None = None, *, size: tuple[int, int] = (120, 36), **options: Any
) -> AsyncIterator[Driver]:
    """Run a console whose output is kept; `count` tells how much it was."""
    engine = engine or FakeEngine()
    console = make_console(engine, **options)
    console.driver_class = Wire
    async with console.run_test(size=size, headless=False) as pilot:
        yield Driver(console, pilot, engine)
        own = [note.text for note in console.notes.history if "the console failed" in note.text]
        assert not own, own

"""Whatever is pressed and however large the terminal is, it shows what the console would draw whole."""

from __future__ import annotations

import random
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS
from rich.console import Console as Printer
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.events import Resize
from textual.geometry import Size
from textual.strip import Strip

from drive.console import Driver
from drive.every_screen import WAYS, open_screen
from drive.far_screen import FarScreen, differing
from drive.sent_bytes import Wire, reset, wired

KEYS = (
    *"jkhlgG/nNxsdwWtT?yf+-=#@;[]{}<>,.0123456789DLHRVOviI",
    "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "tab", "shift+tab", "space",
    "enter", "enter", "escape", "escape", "escape", "ctrl+d", "ctrl+u", "ctrl+l",
)  # fmt: skip
SIZES = ((120, 36), (80, 24), (60, 15), (100, 30), (40, 10), (13, 4), (3, 2), (120, 36))


def ansi_of(style: Style | None, console: Printer) -> str:
    """Return what Textual itself sends before a text of this style."""
    system = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
    return Strip.render_ansi(style, system) if style is not None else ""


class Watched:
    """A console and the terminal at its far end."""

    def __init__(self, driver: Driver, size: tuple[int, int]) -> None:
        self.driver = driver
        self.far = FarScreen(*size)
        self.done: list[str] = []

    def _shows_all(self) -> bool:
        sent = [*Wire.sent]
        reset()
        for data in sent:
            self.far.feed(data)
        return not differing(self.far, self.whole())

    def whole(self) -> FarScreen:
        """Return a terminal that shows all that Textual would draw."""
        console = self.driver.console
        compositor = console.screen._compositor
        dirty = {*compositor._dirty_regions}
        update = compositor.render_update(full=True, screen_stack=console._background_screens)
        compositor._dirty_regions.update(dirty)  # what is still to be sent stays so
        assert isinstance(update, LayoutUpdate)
        far = FarScreen(self.far.columns, self.far.lines)
        if update.region.size == (far.columns, far.lines):
            for y, strips in enumerate(update.strips):
                segments = [segment for strip in strips for segment in strip]
                far.fill(y, [(text, ansi_of(style, console.console)) for text, style, _ in segments])
        return far

    async def agrees(self) -> None:
        """Wait until the terminal shows what the console would draw whole."""
        for _ in range(60):
            await self.driver.pilot.pause(0.02)
            if self._shows_all():
                return
        raise AssertionError(f"{self.done}: {differing(self.far, self.whole())}")

    async def press(self, key: str) -> None:
        self.done.append(key)
        await self.driver.press(key)
        await self.agrees()

    async def resize(self, size: tuple[int, int]) -> None:
        self.done.append(f"{size[0]}x{size[1]}")
        self.far = FarScreen(*size)
        self.far.soil()
        reset()
        await self.driver.pilot.resize_terminal(*size)
        await self.agrees()


@pytest.mark.parametrize("name", WAYS)
async def test_every_screen_is_shown_as_it_is_drawn(name: str) -> None:
    reset()
    async with wired() as driver:
        watched = Watched(driver, (120, 36))
        await driver.sees("prod-etl")
        await watched.agrees()
        await open_screen(driver, name)
        for key in ("down", "right", "?", "escape", "pagedown", "escape"):
            await watched.press(key)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
async def test_random_keys_and_sizes_leave_no_stale_cell(seed: int) -> None:
    chance = random.Random(seed)
    reset()
    async with wired() as driver:
        watched = Watched(driver, (120, 36))
        await driver.sees("prod-etl")
        for _ in range(30):
            if chance.random() < 0.12:
                await watched.resize(chance.choice(SIZES))
            else:
                await watched.press(chance.choice(KEYS))


@pytest.mark.parametrize("options", [{"ascii": True}, {}], ids=["ascii", "glyphs"])
async def test_without_colours(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    reset()
    async with wired(**options) as driver:
        watched = Watched(driver, (120, 36))
        await driver.sees("prod-etl")
        await watched.agrees()
        for key in ("down", "#", "right"):
            await watched.press(key)


async def test_redrawn_every_cell_is_sent_again() -> None:
    reset()
    async with wired() as driver:
        watched = Watched(driver, (120, 36))
        await driver.sees("prod-etl")
        await watched.agrees()
        watched.far.soil()
        await watched.press("ctrl+l")


async def test_a_terminal_that_had_another_size_for_a_moment_is_drawn_anew() -> None:
    reset()
    async with wired() as driver:
        watched = Watched(driver, (120, 36))
        await driver.sees("prod-etl")
        await watched.agrees()
        watched.far.soil()
        for size in (Size(80, 24), Size(120, 36)):
            driver.console.post_message(Resize(size, size))
        await watched.agrees()


async def test_after_another_program_had_the_terminal_all_is_drawn_anew() -> None:
    reset()
    async with wired() as driver:
        watched = Watched(driver, (120, 36))
        await driver.sees("prod-etl")
        await watched.agrees()
        watched.far.soil()
        driver.console.app_resume_signal.publish(driver.console)
        await watched.agrees()

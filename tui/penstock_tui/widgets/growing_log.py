"""`GrowingLog`: a log that is opened at its end with a small read, and read on as it grows or is scrolled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from textual.message import Message

from penstock.model.full_log import LINE, LOG_IS_FULL
from penstock.model.views.attempts import LogChunk
from penstock_tui.background import in_background
from penstock_tui.shell import shell_of
from penstock_tui.view.log_patterns import Wanted
from penstock_tui.view.log_rows import Place
from penstock_tui.view.log_search import Matches
from penstock_tui.view.log_source import Follow, LogSource
from penstock_tui.view.log_window import BLOCK, LogWindow
from penstock_tui.widgets.drawn import Drawn

_TICK = 0.25
"""Seconds between two reads of a live log: each redraws a pane, which is slow on a slow line."""
_FAR = 1 << 20
"""Bytes behind the end from which following jumps there instead of reading all that lies between."""


class GrowingLog(Drawn):
    """Holds the window of a log and feeds it. A subclass draws it."""

    class Moved(Message):
        """Position, mode or size changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.mode = Follow.FOLLOWING
        self.window = LogWindow()
        self.live = False
        """Whether more may come."""
        self.new_lines = 0
        """Lines that came since following stopped."""
        self.only = False
        self.current: int | None = None
        """The offset of the line that a search or jump went to."""
        self.wanted: Wanted | None = None
        self.matches: Matches | None = None
        self.empty = ""
        """What is shown if there is no log."""
        self.note = ""
        """What happened to the log, such as being cut short."""
        self._source: LogSource | None = None
        self._top = Place(0)
        self._left = 0
        self._counted = 0
        self._turn = asyncio.Lock()

    # -- what a subclass does --------------------------------------------------------------------

    def _redraw(self) -> None:
        """Draw everything again."""
        raise NotImplementedError

    def _changed(self) -> None:
        """Draw again the rows that are not what they were."""
        raise NotImplementedError

    def _layout(self) -> list[tuple[int, int]]:
        """Return the index and row of each line in view."""
        raise NotImplementedError

    # -- opening and growing ---------------------------------------------------------------------

    def open(self, source: LogSource | None, *, live: bool, empty: str = "") -> None:
        """Show the end of *source* (None: nothing but the text *empty*), following it while *live*."""
        self._source, self.live = source, live and source is not None
        self.empty = empty if source is None else ""
        self.window, self.mode = LogWindow(), Follow.FOLLOWING
        self.matches, self.current, self.only, self.note = None, None, False, ""
        self.new_lines = self._counted = self._left = 0
        self._top = Place(0)
        self._turn = asyncio.Lock()
        if source is not None:
            shell_of(self).hold_drawing()
            self._work(partial(self._read_first, source, empty))
        self._redraw()

    async def _read_first(self, source: LogSource, empty: str) -> None:
        try:
            await self._read_end()
        finally:
            if self._source is source:
                self.empty = empty
                if not self.window.size:
                    self._redraw()
            shell_of(self).release_drawing()

    def go_on(self, *, live: bool) -> None:
        """Record whether the attempt of this log is live or has ended; reads what is left."""
        if self.live and not live:
            self._work(self._look_on)
        self.live = live and self._source is not None

    def on_mount(self) -> None:
        """Begin to look for more, a few times a second."""
        self.set_interval(_TICK, self._tick)

    def _tick(self) -> None:
        if self.live and not self.window.ended and not self._turn.locked() and self.screen.is_current:
            self._work(self._look_on)

    def _work(self, job: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        in_background(self.app, job, name="log", group="log")

    async def _read_end(self, *, again: bool = True) -> None:
        """Show the end and stay there; unless *again*, do not read it if it is in memory."""
        source, window = self._source, self.window
        if source is None:
            return
        async with self._turn:
            held = not again and window.at_end
            chunk = None if held else await source.read(-BLOCK, BLOCK)
        if window is not self.window or (chunk is None and not held):
            return
        if chunk is not None:
            window.place(chunk.data, chunk.offset)
            window.size, window.ended = chunk.size, chunk.end
        self.current = None
        self.mode, self.new_lines, self._counted = Follow.FOLLOWING, 0, window.end
        self._redraw()

    async def _look_on(self) -> None:
        """Read what came since the last look."""
        source, window = self._source, self.window
        if source is None:
            return
        async with self._turn:
            following = self.mode is Follow.FOLLOWING
            offset = window.end if following else self._counted
            chunk = await source.read(offset, _FAR)
        if chunk is None or window is not self.window:
            return
        if chunk.size < offset:
            self.note = "the log was cut short; read again"
            self.window = LogWindow()
            await self._read_end()
            return
        if following and chunk.size - chunk.next_offset > _FAR:
            await self._read_end()
            return
        window.size, window.ended = chunk.size, chunk.end
        if chunk.data or chunk.end:
            self._take(chunk, following=following)
        full = window.find(LOG_IS_FULL) if chunk.end else None
        if full is not None:  # now it says how much was left out
            said = await source.read(full, LINE)
            if said is not None and window is self.window:
                window.rewrite(said.data, full)
                self._redraw()

    def _take(self, chunk: LogChunk, *, following: bool) -> None:
        window = self.window
        if chunk.offset == window.end and (following or window.end - window.start < _FAR):
            window.append(chunk.data)
        if self.matches is not None and self.wanted is not None:
            self.matches.go_on(chunk.data, chunk.offset, self.wanted.in_bytes)
        self._counted = chunk.next_offset
        if self.mode is Follow.MANUAL:
            self.new_lines += chunk.data.count(b"\n")
        self._changed()
        self.post_message(self.Moved())

    async def _grow(self) -> None:
        """Read more when the view comes near an end of the window."""
        source, window = self._source, self.window
        if source is None or self._turn.locked() or self.only:
            return
        rows, margin = self._layout(), 2 * self.size.height
        wanted = None
        if rows and rows[0][0] < margin:
            wanted = window.before()
        if wanted is None and self.mode is Follow.MANUAL and rows and rows[-1][0] > len(window) - margin:
            wanted = window.after()
        if wanted is None:
            return
        async with self._turn:
            chunk = await source.read(*wanted)
            if chunk is None or window is not self.window or not chunk.data:
                return
            if chunk.next_offset == window.start:
                window.prepend(chunk.data, chunk.offset)
            elif chunk.offset == window.end:
                window.append(chunk.data)
        self._changed()

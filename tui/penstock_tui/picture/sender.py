"""`Sender`: stands before the terminal and sends what differs from the last picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeAlias

from rich.color import ColorSystem
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Size

from penstock_tui.picture.difference import difference
from penstock_tui.picture.row import Row, blank, row_of

Update: TypeAlias = LayoutUpdate | ChopsUpdate
WAIT = 0.004
"""Seconds in which what follows the first change joins it: a screen is drawn several times as it opens."""
_AGAIN = 0.02
"""Seconds between looks whether a slow terminal has caught up."""


class Sender:
    """Takes what is to be drawn and sends it a few milliseconds later, as one frame.

    *write* sends text to the terminal; *behind* says whether it still takes in what it was sent before: then
    frames are not queued, the next one is made when it has caught up. *failed* is told of an error here.
    *system* says which colours it has.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        system: ColorSystem,
        *,
        behind: Callable[[], bool] = lambda: False,
        failed: Callable[[Exception], object],
    ) -> None:
        self._write, self._behind, self._failed = write, behind, failed
        self._system = system
        self._wanted: list[Row] = []
        self._shown: list[Row] | None = None
        self._size = Size()
        self._due: asyncio.TimerHandle | None = None
        self._patient = 0.0
        """Until when what is drawn may wait, by the clock of the event loop."""

    def hold(self, seconds: float) -> None:
        """Let what is drawn from now on wait for up to *seconds*, or until `release`."""
        self._patient = asyncio.get_running_loop().time() + seconds

    def release(self, seconds: float = WAIT) -> None:
        """Send what waits within *seconds*, together with what is drawn until then."""
        self._patient = 0.0
        if self._due is not None:
            self._soon(seconds)

    def take(self, update: Update, *, wait: float = WAIT) -> None:
        """Draw *update* within *wait* seconds; at once if there is nothing to look at meanwhile."""
        size = _size_of(update)
        if self._size != size:
            self._size = size
            self._wanted = [blank(size.width)] * size.height
            self._shown = None
        if isinstance(update, LayoutUpdate):
            self._take_whole(update)
        else:
            self._take_parts(update)
        wait = max(wait, self._patient - asyncio.get_running_loop().time())
        self._soon(wait if self._shown is not None else WAIT)

    def forget(self, size: Size | None = None) -> None:
        """Send everything: nobody knows what the terminal shows. *size* is what it has now, if it changed."""
        self._shown = None
        if size not in {None, self._size}:
            self._drop()  # it is about to be drawn in that size
        elif self._wanted:
            self._soon()

    def _take_whole(self, update: LayoutUpdate) -> None:
        left = update.region.x
        for y, strips in enumerate(update.strips, update.region.y):
            segments: Iterable[Segment] = (segment for strip in strips for segment in strip)
            self._paint(y, left, row_of(segments, self._system))

    def _take_parts(self, update: ChopsUpdate) -> None:
        for y, first, end in update.spans:
            if y >= len(self._wanted):
                continue
            for edge, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                left, right = max(x, first), min(edge, end)
                if strip is not None and left < right:
                    self._paint(y, left, row_of(strip, self._system).cut(left - x, right - x))

    def _paint(self, y: int, x: int, cells: Row) -> None:
        if y >= len(self._wanted):
            return
        row = self._wanted[y].painted(x, cells.cut(0, max(0, self._size.width - x)))
        if row != self._wanted[y]:
            self._wanted[y] = row

    def _soon(self, wait: float = WAIT) -> None:
        loop = asyncio.get_running_loop()
        if self._due is None or self._due.when() > loop.time() + wait:
            self._drop()
            self._due = loop.call_later(wait, self._send)

    def _drop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _send(self) -> None:
        self._due = None
        try:
            if self._behind():
                self._soon(_AGAIN)
                return
            text = difference(self._shown, self._wanted)
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            self._failed(error)
            return
        self._shown = self._wanted.copy()
        if text:
            self._write(text)


def _size_of(update: Update) -> Size:
    """Return the size of the terminal that Textual drew *update* for."""
    if isinstance(update, LayoutUpdate):
        return update.region.size
    return Size(max((ends[-1] for ends in update.chop_ends if ends), default=0), len(update.chop_ends))

"""The log of a run as the console reads it: the logs of its attempts as one, by time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.style import Style

from penstock.api.engine import Engine
from penstock.ids import instance_key
from penstock.model.merged_log import MergedLog
from penstock.model.views.attempts import LogChunk
from penstock.model.views.merged import LogOwner, RunLog
from penstock_tui.clean import label
from penstock_tui.feed import Feed
from penstock_tui.view.log_line import Piece
from penstock_tui.view.log_patterns import Sought
from penstock_tui.view.log_search import Found, scan, stretch

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
_MOST = 1 << 20
"""Bytes that the engine gives at once."""


class Tags:
    """A letter and a colour for each task of a run, in the order in which they were first queued."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def letters(self, task_id: str) -> str:
        """Return A, B ... Z, AA, AB and so on."""
        place, letters = self._places.setdefault(task_id, len(self._places)), ""
        while place >= 0:
            letters = chr(ord("A") + place % 26) + letters
            place = place // 26 - 1
        return letters

    def style(self, task_id: str) -> Style:
        """Return the colour of a task; two of the same colour still differ by letter and name."""
        place = self._places.setdefault(task_id, len(self._places))
        return Style(color=_COLOURS[place % len(_COLOURS)])


def name_of(owner: LogOwner) -> str:
    """Return how a line's task is called: with its instance, and with its try from the second on."""
    key = instance_key(owner.task_id, owner.map_index)
    return key if owner.try_number <= 1 else f"{key} ({owner.try_number})"


class MergedSource:
    """Reads the merged log *log* of a run, with the lines of those owners alone that *keep* says."""

    path: str | None = None

    def __init__(
        self,
        feed: Feed,
        run: tuple[str, str],
        log: MergedLog,
        tags: Tags,
        *,
        keep: Callable[[LogOwner], bool] = lambda _owner: True,
        margin: int = 20,
    ) -> None:
        self._feed = feed
        self.run = run
        self.whole = log
        self.keep = keep
        self.tags = tags
        self.shown = log.only(keep)
        self.margin = margin

    async def read(self, offset: int, limit: int) -> LogChunk | None:
        """Return up to *limit* bytes from *offset*; at the end ask first what came since."""
        if offset >= 0 and offset + limit > self.shown.size and self.whole.live:
            await self.look_on()
        start = max(0, self.shown.size + offset) if offset < 0 else min(offset, self.shown.size)
        data = await self._feed.ask(lambda engine: self.bytes(engine, start, limit))
        if data is None:
            return None
        end, size = start + len(data), self.shown.size
        return LogChunk(
            data=data, offset=start, next_offset=end, size=size, end=not self.whole.live and end >= size
        )

    async def look_on(self) -> bool:
        """Ask what was printed since the last look; return whether there was an answer."""
        answer = await self._feed.ask(self.ask_since, key=("run_log", *self.run))
        if answer is None:
            return False
        self.take(answer)
        return True

    def ask_since(self, engine: Engine) -> RunLog:
        """Ask what was printed since the last look; blocks."""
        return engine.run_log(*self.run, since=self.whole.asked)

    def take(self, answer: RunLog) -> None:
        """Take in what came since."""
        if self.whole.add(answer) or len(self.whole.owners) != len(self.shown.owners):
            self.shown.take_on(self.whole, self.keep)

    def bytes(self, engine: Engine, offset: int, limit: int) -> bytes:
        """Return up to *limit* bytes from *offset*; blocks."""
        found = b""
        while len(found) < limit:
            pieces = self.shown.pieces(offset + len(found), min(_MOST, limit - len(found)))
            if not pieces:
                break
            parts = engine.log_pieces([(each.attempt_id, each.first, each.length) for each in pieces])
            found += b"".join(
                part.ljust(piece.length, b"\n") + b"\n" * piece.ended  # cut short since: lines are lost
                for part, piece in zip(parts, pieces, strict=True)
            )
        return found

    async def scan(self, first: int, last: int, pattern: Sought, *, count: bool = False) -> Found | None:
        """Return the matching lines that begin from *first* up to *last*; see `log_search.scan`."""

        def look(engine: Engine) -> Found:
            offset, limit = stretch(first, last)
            return scan(self.bytes(engine, offset, limit), offset, first, last, pattern, count=count)

        return await self._feed.ask(look)

    async def times(self, offsets: Sequence[int]) -> dict[int, datetime]:
        """Return when the bytes at *offsets* were written, to the second."""
        found = {offset: self.shown.moment(offset) for offset in offsets}
        return {offset: moment for offset, moment in found.items() if moment is not None}

    async def since(self, moment: datetime) -> int | None:
        """Return where what was written from *moment* on begins."""
        return self.shown.since(moment)

    def owner(self, offset: int) -> LogOwner | None:
        """Return who wrote the line at *offset*."""
        return self.shown.owners[self.shown.owner(offset)] if self.shown.size else None

    def tag(self, offset: int) -> Piece:
        """Return letter and name of who wrote the line at *offset*, in ``margin`` cells."""
        owner = self.owner(offset)
        if owner is None:
            return " " * self.margin, Style.null()
        name, cells = label(name_of(owner)), self.margin - 1
        text = f"{self.tags.letters(owner.task_id)} {name}"
        text = text if len(text) <= cells else text[: cells - 1] + "~"
        return text.ljust(cells) + "|", self.tags.style(owner.task_id)

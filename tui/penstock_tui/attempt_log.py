"""One attempt's log as the console reads it: in pieces, through the feed, off the event loop."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from rich.style import Style

from penstock.api.engine import Engine
from penstock.api.log_moment import offset_since
from penstock.model.views.attempts import LogChunk
from penstock_tui.feed import Feed
from penstock_tui.view.log_line import Piece
from penstock_tui.view.log_patterns import Sought
from penstock_tui.view.log_search import Found, scan, stretch


class AttemptLog:
    """Reads the log of one attempt. Every call answers None (or nothing) after an error, which is shown.

    A search reads the file *path* itself if it can: the engine, which serves others too, would need
    longer for that than the search does.
    """

    def __init__(self, feed: Feed, attempt_id: str, path: str | None = None) -> None:
        self._feed = feed
        self.attempt_id = attempt_id
        self.path = path

    margin = 0

    def tag(self, offset: int) -> Piece:  # noqa: ARG002
        """Return nothing: all lines are of one attempt."""
        return "", Style.null()

    async def since(self, moment: datetime) -> int | None:
        """Return where the first line begins that was written at *moment* or later; the size without one."""
        return await self._feed.ask(lambda engine: offset_since(engine, self.attempt_id, moment))

    async def read(self, offset: int, limit: int) -> LogChunk | None:
        """Return up to *limit* bytes from *offset*; a negative offset counts from the end."""
        return await self._feed.ask(lambda engine: engine.read_log(self.attempt_id, offset, limit))

    async def scan(self, first: int, last: int, pattern: Sought, *, count: bool = False) -> Found | None:
        """Return the matching lines that begin from *first* up to *last*; see `log_search.scan`."""

        def look(engine: Engine) -> Found:
            offset, limit = stretch(first, last)
            data = self._from_file(offset, limit)
            if data is None:
                data = self._from_engine(engine, offset, limit)
            return scan(data, offset, first, last, pattern, count=count)

        return await self._feed.ask(look)

    async def times(self, offsets: Sequence[int]) -> dict[int, datetime]:
        """Return when the bytes at *offsets* were written, as exactly as the log's index says."""

        def look(engine: Engine) -> dict[int, datetime]:
            found = {}
            for offset in offsets:
                moment = engine.read_log(self.attempt_id, offset, 1).start_time
                if moment is not None:
                    found[offset] = moment
            return found

        return await self._feed.ask(look) or {}

    def _from_file(self, offset: int, limit: int) -> bytes | None:
        if self.path is None:
            return None
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return os.pread(handle, limit, offset)
            finally:
                os.close(handle)
        except OSError:
            return None

    def _from_engine(self, engine: Engine, offset: int, limit: int) -> bytes:
        data = b""
        while len(data) < limit:
            piece = engine.read_log(self.attempt_id, offset + len(data), limit - len(data)).data
            if not piece:
                break
            data += piece
        return data

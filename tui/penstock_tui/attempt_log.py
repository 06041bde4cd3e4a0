"""One attempt's log as the console reads it: in pieces, through the feed, off the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.api.engine import Engine
from penstock.model.views.attempts import LogChunk
from penstock_tui.feed import Feed
from penstock_tui.view.log_search import Found, Sought, scan, stretch


class AttemptLog:
    """Reads the log of one attempt. Every call answers None (or nothing) after an error, which is shown."""

    def __init__(self, feed: Feed, attempt_id: str) -> None:
        self._feed = feed
        self.attempt_id = attempt_id

    async def read(self, offset: int, limit: int) -> LogChunk | None:
        """Return up to *limit* bytes from *offset*; a negative offset counts from the end."""
        return await self._feed.ask(lambda engine: engine.read_log(self.attempt_id, offset, limit))

    async def scan(self, first: int, last: int, pattern: Sought) -> Found | None:
        """Return the matching lines that begin from *first* up to *last*; see `log_search.scan`."""

        def look(engine: Engine) -> Found:
            offset, limit = stretch(first, last)
            data = b""
            while len(data) < limit:
                piece = engine.read_log(self.attempt_id, offset + len(data), limit - len(data)).data
                if not piece:
                    break
                data += piece
            return scan(data, offset, first, last, pattern)

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

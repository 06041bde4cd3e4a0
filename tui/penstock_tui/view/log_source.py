"""What a log view needs of a log, and whether it follows the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from penstock.model.views.attempts import LogChunk
from penstock_tui.view.log_line import Piece
from penstock_tui.view.log_patterns import Sought
from penstock_tui.view.log_search import Found


class Follow(Enum):
    """Whether the view stays at the end of the log."""

    FOLLOWING = "following"
    MANUAL = "manual"


class LogSource(Protocol):
    """What a log is read from; every call answers None or nothing after an error."""

    margin: int
    """Cells before each line for its `tag`; 0 when lines have none."""
    path: str | None
    """The file that it is; None if it is none, or not on this machine."""

    def tag(self, offset: int) -> Piece:
        """Return what is drawn before the line at *offset*: who wrote it."""
        ...

    async def since(self, moment: datetime) -> int | None:
        """Return where the first line begins that was written at *moment* or later; the size without one."""
        ...

    async def read(self, offset: int, limit: int) -> LogChunk | None:
        """Return up to *limit* bytes from *offset*; a negative offset counts from the end."""
        ...

    async def scan(self, first: int, last: int, pattern: Sought, *, count: bool = False) -> Found | None:
        """Return the matching lines that begin from *first* up to *last*; see `log_search.scan`."""
        ...

    async def times(self, offsets: Sequence[int]) -> dict[int, datetime]:
        """Return when the bytes at *offsets* were written."""
        ...

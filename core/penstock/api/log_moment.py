"""Where in an attempt's log a time is, asked of the engine with a few small questions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.api.engine import Engine

_LOOK = 64 << 10
"""Bytes in which the beginning of a line is looked for."""


def offset_since(engine: Engine, attempt_id: str, moment: datetime) -> int:
    """Return where the first line begins that was written at *moment* or later, to the second.

    The size of the log if nothing was; 0 if it is not known when it was written.
    """
    size = engine.read_log(attempt_id, -1, 1).size
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        written = engine.read_log(attempt_id, middle, 1).start_time
        if written is not None and written < moment:
            low = middle + 1
        else:
            high = middle
    if low in (0, size):
        return low
    data = engine.read_log(attempt_id, low - 1, _LOOK).data
    newline = data.find(b"\n")
    return low + newline if newline >= 0 else low

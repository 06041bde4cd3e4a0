"""Looks through a log for the nearest line that matches, block by block, from a place up or down."""

from __future__ import annotations

from collections.abc import Callable

from penstock_tui.view.log_patterns import Sought
from penstock_tui.view.log_pieces import up
from penstock_tui.view.log_search import BLOCK
from penstock_tui.view.log_source import LogSource

Say = Callable[[int | None], None]
"""Is told how many bytes are left to look at."""


async def before(source: LogSource, here: int, pattern: Sought, say: Say) -> int | None:
    """Return where the last matching line begins before *here*; None when there is none."""
    bound = here
    while bound > 0:
        first = max(0, up(bound - BLOCK))
        found = await source.scan(first, bound, pattern)
        if found is None:
            return None
        if found.offsets:
            return found.offsets[-1]
        bound = first
        say(bound)
    return None


async def after(source: LogSource, here: int, size: int, pattern: Sought, say: Say) -> int | None:
    """Return where the first matching line begins after *here* in a log of *size* bytes."""
    begin = here + 1
    while begin < size:
        last = up(begin + BLOCK)
        found = await source.scan(begin, last, pattern)
        if found is None:
            return None
        if found.offsets:
            return found.offsets[0]
        begin = last
        say(max(0, size - begin))
    return None

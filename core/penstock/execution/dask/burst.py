"""Does often asked work seldom: at once after a quiet moment, else together with what comes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Burst:
    """Calls *act* at most once in so many *seconds*. For one event loop."""

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self._seconds = seconds
        self._act = act
        self._due = False
        self._next = 0.0

    def ask(self) -> None:
        """Have it done: in this turn of the loop, or as soon as it may be done again."""
        if self._due:
            return
        self._due = True
        loop = asyncio.get_running_loop()
        if loop.time() >= self._next:
            loop.call_soon(self._do)
        else:
            loop.call_at(self._next, self._do)

    def _do(self) -> None:
        self._due = False
        self._next = asyncio.get_running_loop().time() + self._seconds
        self._act()

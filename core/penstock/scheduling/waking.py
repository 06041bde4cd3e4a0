"""`Signal`: wakes all who wait for the same thing."""

from __future__ import annotations

import asyncio


class Signal:
    """Wakes all who wait when it fires; later ones wait for the next time."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        """Wake them."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next time."""
        await self._event.wait()

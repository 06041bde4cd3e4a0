"""A real server on a thread of its own, for tests that talk to it from outside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from penstock.api.local import LocalEngine
from penstock.service.notices import Notices
from penstock.service.server import Server
from penstock.settings import Settings


class Served:
    """Serves *local* from `start` to `stop`, or inside a ``with``."""

    def __init__(self, local: LocalEngine, notices: Notices, settings: Settings) -> None:
        self._parts = local, notices, settings
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Return once the socket answers."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)))
        self._thread.start()
        assert ready.wait(10)

    async def _main(self, ready: threading.Event) -> None:
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.server = Server(*self._parts)
        await self.server.start()
        ready.set()
        await self._stop.wait()
        await self.server.close()

    def soon(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Call on the server's event loop."""
        self.loop.call_soon_threadsafe(call, *arguments)

    def stop(self) -> None:
        """Return once the socket is closed and every connection cut."""
        if self._thread is not None:
            self.soon(self._stop.set)
            self._thread.join(10)
            self._thread = None

    def __enter__(self) -> Served:  # noqa: PYI034
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

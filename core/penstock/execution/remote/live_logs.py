"""Logs of attempts that run elsewhere: fetched by offset, and only while somebody looks.

A look is answered from the copy in the home; it also says that more is wanted, and for some seconds what the
task prints is fetched as it grows. When nobody looks any more nothing travels until the end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from penstock.execution.remote import copies, protocol
from penstock.execution.remote.channel import Channel, NoAnswerError
from penstock.execution.remote.known import Known

EVERY = 0.3
"""Seconds between two fetches of a log that somebody follows."""
INTEREST = 3.0
"""Seconds after the last look during which it is followed."""
_WITHIN = 1.0


class LiveLogs:
    """Keeps the copies of logs that are looked at up to date. *known* finds an attempt that is live."""

    def __init__(
        self, channel: Channel, folder: Callable[[str], str], known: Callable[[str], Known | None]
    ) -> None:
        self._channel = channel
        self._folder = folder
        self._known = known
        self._looked: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fetching: dict[str, asyncio.Lock] = {}

    def looked_at(self, attempt_id: str) -> None:
        """Somebody reads this log. May be called from any thread."""
        if self._known(attempt_id) is None:
            return
        new = attempt_id not in self._looked
        self._looked[attempt_id] = time.monotonic()
        if new and self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def freshen(self, attempt_id: str) -> None:
        """Fetch what a log has more, for a second at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN):
                while await self._fetch(attempt_id):
                    pass

    async def follow(self) -> None:
        """Fetch what is looked at, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._looked:
                for attempt_id in list(self._looked):
                    await self._fetch(attempt_id)
                await asyncio.sleep(EVERY)
                limit = time.monotonic() - INTEREST
                for attempt_id in [each for each, at in list(self._looked.items()) if at < limit]:
                    self._looked.pop(attempt_id, None)
                    self._fetching.pop(attempt_id, None)

    def _growing(self, attempt_id: str) -> Known | None:
        """Return an attempt that runs on a worker, and of which not everything is being fetched."""
        known = self._known(attempt_id)
        if known is None or known.ended is not None or known.pulling or known.worker is None:
            return None
        return known

    async def _fetch(self, attempt_id: str) -> bool:
        """Fetch the next piece of a log; return whether there is more."""
        async with self._fetching.setdefault(attempt_id, asyncio.Lock()):
            known = self._growing(attempt_id)
            if known is None:
                return False
            folder = self._folder(attempt_id)
            request = protocol.Log(
                attempt=attempt_id, offset=copies.log_size(folder), limit=protocol.PIECE, worker=known.worker
            )
            try:
                piece: protocol.Piece = await self._channel.ask(request, within=2 * _WITHIN)
            except NoAnswerError:
                return False
            if self._growing(attempt_id) is None:
                return False  # meanwhile all of it is being fetched
            with suppress(OSError):
                copies.extend_log(folder, piece)
            return bool(piece.data) and piece.offset + len(piece.data) < piece.size

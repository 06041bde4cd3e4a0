"""Fetches what an attempt left on its worker: every file, checked by length and digest; the result last."""

from __future__ import annotations

import asyncio
import os

from penstock.execution.remote import copies, protocol
from penstock.execution.remote.channel import Channel
from penstock.settings import Settings

SIDE_BY_SIDE = 8
"""Attempts whose files are fetched at the same time."""
_TRIES = 3


class Pulling:
    """Fetches over *channel* into the attempt directories of the home."""

    def __init__(self, settings: Settings, channel: Channel) -> None:
        self._dags_folder = os.fspath(settings.dags_folder)
        self._channel = channel
        self._places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def pull(self, attempt_id: str, folder: str, seen: protocol.Seen, worker: str | None) -> None:
        """Fetch all that the attempt left into *folder*.

        Raises `NoAnswerError`, `copies.DamagedError`, OSError, or ValueError for a damaged result. What was
        fetched stays, and the next call goes on from there.
        """
        async with self._places:
            manifest: protocol.Manifest = await self._channel.ask(
                protocol.Pull(attempt=attempt_id, worker=worker)
            )
            for left in manifest.files:
                if left.name in copies.WANTED:
                    await self._fetch(attempt_id, folder, left, worker)
            copies.conclude(folder, attempt_id, manifest, _lost(seen, worker), self._dags_folder, worker)

    def lay_down(
        self,
        attempt_id: str,
        folder: str,
        manifest: protocol.Manifest,
        seen: protocol.Seen,
        worker: str | None,
    ) -> bool:
        """Write what came along with the news of an end; return False if not all of it is here.

        Raises `copies.DamagedError`, OSError, or ValueError for a damaged result.
        """
        wanted = [left for left in manifest.files if left.name in copies.WANTED]
        if any(left.data is None for left in wanted):
            return False
        for left in wanted:
            copies.lay_down(folder, left)
        copies.conclude(folder, attempt_id, manifest, _lost(seen, worker), self._dags_folder, worker)
        return True

    async def _fetch(self, attempt_id: str, folder: str, left: protocol.LeftFile, worker: str | None) -> None:
        if left.data is not None:
            copies.lay_down(folder, left)
            return
        taking = copies.Taking(folder, left)
        for more in reversed(range(_TRIES)):
            while not taking.complete:
                piece: protocol.Piece = await self._channel.ask(
                    protocol.Read(
                        attempt=attempt_id,
                        name=left.name,
                        offset=taking.offset,
                        limit=protocol.PIECE,
                        worker=worker,
                    )
                )
                taking.add(piece.data)
            try:
                if left.size > protocol.PIECE:
                    await asyncio.to_thread(taking.finish)
                else:
                    taking.finish()
            except copies.DamagedError:
                if not more:
                    raise
            else:
                return


def _lost(seen: protocol.Seen, worker: str | None) -> str:
    """Return why an attempt that left no result has none."""
    return seen.reason or f"its supervisor on {worker} died while it ran"

"""Checks once a second that the files which the engine holds open are still found under their names.

The home, its database and its attempts cannot be made again: without them the engine ends, and tasks go
on. What is in ``run/`` can be: the home folder itself is locked, so no other engine started meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from penstock.errors import EngineError
from penstock.service.lock import HomeLock
from penstock.settings import Settings
from penstock.store.database import Database, HeldFiles

EVERY = 1.0
"""Seconds between two checks of what cannot be made again; commits check too."""
_MEND_EVERY = 3
"""After this many of them, ``run/`` is checked too: a second of an idle engine is counted in
microseconds."""

log = logging.getLogger(__name__)
Mend = Callable[[], Awaitable[bool]]
"""Makes a missing socket again, and returns whether it had to."""


def hold(settings: Settings, database: Database) -> HeldFiles:
    """Make *database* refuse writes once home, database or attempts are not the same files any more."""
    folders = {"home": settings.home, "attempts folder": settings.attempts}
    return database.hold(folders)


class Watch:
    """Checks one engine's *held* files, its *lock*, and its sockets, each with the function that fixes it."""

    def __init__(self, settings: Settings, held: HeldFiles, lock: HomeLock, mends: Sequence[Mend]) -> None:
        self._settings = settings
        self._held = held
        self._lock = lock
        self._mends = mends
        self._had_config = settings.config_file.exists()
        self.warnings: tuple[str, ...] = ()
        """The current warnings for operators."""

    async def run(self) -> None:
        """Check until cancelled; raise `LostError` when the engine has to end."""
        while True:
            for _ in range(_MEND_EVERY):
                await asyncio.sleep(EVERY)
                self._held.require()
            await self._look()

    async def _look(self) -> None:
        said: list[str] = []
        if self._had_config and not self._settings.config_file.exists():
            said.append(
                f"{self._settings.config_file} is missing: this engine keeps its settings, "
                "but the next one will use defaults"
            )
        try:
            await self._mend()
        except (OSError, EngineError) as error:
            said.append(
                f"{self._settings.run_folder} cannot be made again, so nobody can find this engine: {error}"
            )
        for text in said:
            if text not in self.warnings:
                log.warning("%s", text)
        self.warnings = tuple(said)

    async def _mend(self) -> None:
        if self._lock.lost_name():
            self._settings.run_folder.mkdir(mode=0o700, exist_ok=True)
            self._lock.renew_name()
            log.warning("%s was removed or replaced, and is made again", self._settings.run_folder)
        self._settings.settle_sockets()
        for mend in self._mends:
            if await mend():
                log.warning("a socket was removed or replaced, and is made again")

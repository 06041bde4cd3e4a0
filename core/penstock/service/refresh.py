"""Keeping the engine's DAGs in step with the files: parse what changed, tell the loop."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from penstock.loading.discover import Discovery
from penstock.model.spec import DagFileProblem, ParsedFile
from penstock.scheduling.loop import Loop
from penstock.scheduling.obey import FileGone, FileLoaded
from penstock.service.loads import Loads
from penstock.settings import Settings

log = logging.getLogger(__name__)

LOOK_FOR_FOLDER = 5.0
"""How often the folder itself is looked for, in seconds: it may go away, and come back as another."""
_LOOK_EVERY_MS = 200
"""The watcher wakes up that often even when nothing happens; an editor's burst of writes is over by then."""


class Refresh:
    """Watches the DAGs folder of one engine."""

    def __init__(self, settings: Settings, loop: Loop) -> None:
        self._settings = settings
        self._loop = loop
        self._discovery = Discovery(settings.dags_group or None)
        self._known: dict[str, str] = {}
        self._loads = Loads(settings, self._take)
        self._looking = asyncio.Lock()

    async def load_all(self) -> None:
        """Load every DAG file that is there; return when each was tried and the engine knows of it.

        Each is taken over once it is loaded, so one that hangs holds up nothing but this return.
        """
        await self._refresh()
        await self._loads.tried(self._known)
        await self._loop.settled()

    async def close(self) -> None:
        """End every load; no child of one is left afterwards."""
        await self._loads.close()

    async def watch(self) -> None:
        """Follow the folder until cancelled; where it cannot be watched, look at it now and then."""
        folder = self._settings.dags_folder
        while True:
            try:
                await self._follow(folder)
            except (OSError, RuntimeError) as error:  # gone, or the system has no watches left
                log.warning("%s cannot be watched, so it is looked at now and then: %s", folder, error)
            await asyncio.sleep(LOOK_FOR_FOLDER)
            await self._refresh()

    async def _follow(self, folder: Path) -> None:
        """Refresh at each change, until *folder* is gone or another one lies in its place."""
        import watchfiles

        place = _identity(folder)
        # A change of a file that makes no DAG is a change of what the others import.
        changes = watchfiles.awatch(
            folder,
            watch_filter=watchfiles.PythonFilter(),
            debounce=1000,
            step=_LOOK_EVERY_MS,
            rust_timeout=int(LOOK_FOR_FOLDER * 1000),
            yield_on_timeout=True,
        )
        looked = False
        async for changed in changes:
            if changed or not looked:  # what changed before the watch began, nobody else tells
                looked = True
                await self._refresh()
            if _identity(folder) != place:
                return

    async def _refresh(self) -> None:
        async with self._looking:
            scanned = await asyncio.to_thread(self._discovery.scan, self._settings.dags_folder)
        files = {str(path): digest for path, digest in scanned.files.items()}
        gone = [file for file in self._known if file not in files]
        changed = [file for file, digest in files.items() if self._known.get(file) != digest]
        makers = {entry.facts.file for entry in self._loop.world.dags.values()}
        if any(file in self._known and file not in makers for file in changed):
            changed = list(dict.fromkeys([*changed, *(file for file in files if file in makers)]))
        self._known = files
        gone += [file for file in makers if file not in files and file not in gone]
        for file in gone:
            self._loads.drop(file)
            self._loop.order(FileGone(file))
        for problem in scanned.problems:
            self._refuse(problem)
        self._loads.want(changed)

    def _take(self, file: str, parsed: ParsedFile | None) -> None:
        if parsed is None:
            self._known.pop(file, None)
            return
        for error in parsed.errors:
            log.warning("%s:%s: %s", error.file, error.line or "?", error.message)
        self._loop.order(FileLoaded(parsed))

    def _refuse(self, problem: DagFileProblem) -> None:
        self._loop.order(FileLoaded(ParsedFile(file=problem.file, source_hash="", errors=(problem,))))


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells *folder* from one that later has its name, or None when there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino

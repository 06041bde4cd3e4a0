"""Keeping the engine's DAGs in step with the files: parse what changed, tell the loop."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from penstock.loading.discover import Discovery
from penstock.loading.held import Starter
from penstock.loading.keep import keep_source
from penstock.loading.parse import SPAWNING, parse_file
from penstock.loading.warm import WarmParents
from penstock.model.spec import DagFileProblem, ParsedFile
from penstock.scheduling.loop import Loop
from penstock.scheduling.obey import FileGone, FileLoaded
from penstock.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = max(2, min(4, os.cpu_count() or 1))
"""Files parsed side by side."""
LOOK_FOR_FOLDER = 5.0
"""How often the folder itself is looked for, in seconds: it may go away, and come back as another."""
_LOOK_EVERY_MS = 200
"""The watcher wakes up that often even when nothing happens; an editor's burst of writes is over by then."""


class Refresh:
    """Watches the DAGs folder of one engine."""

    def __init__(self, settings: Settings, loop: Loop) -> None:
        self._settings = settings
        self._loop = loop
        self._discovery = Discovery()
        self._known: dict[str, str] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def load_all(self) -> None:
        """Parse every DAG file that is there, once; return when the engine has taken them over."""
        await self._refresh()
        await self._loop.settled()

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
        async for changed in changes:
            if changed:
                await self._refresh()
            if _identity(folder) != place:
                return

    async def _refresh(self) -> None:
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
            self._loop.order(FileGone(file))
        for problem in scanned.problems:
            self._refuse(problem)
        # A warm parent pays for itself from the second file on.
        parents = WarmParents() if len(changed) > 1 else None
        try:
            await asyncio.gather(*(self._parse(file, parents or SPAWNING) for file in changed))
        finally:
            if parents is not None:
                await asyncio.to_thread(parents.close)

    async def _parse(self, file: str, starter: Starter) -> None:
        async with self._turns:
            try:
                source = await asyncio.to_thread(Path(file).read_bytes)
                parsed = await parse_file(Path(file), settings=self._settings, source=source, starter=starter)
                if parsed.dags:
                    await asyncio.to_thread(keep_source, self._settings, source)
            except OSError as reason:  # gone again, or no room: the next look at the folder tells
                log.warning("%s: %s", file, reason)
                self._known.pop(file, None)
                return
            except Exception as reason:  # whatever is wrong with one file is wrong with that file only
                log.exception("%s could not be parsed", file)
                self._refuse(DagFileProblem(file=file, message=f"could not be parsed: {reason!r}"))
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

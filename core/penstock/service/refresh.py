"""Keeping the engine's DAGs in step with the files: parse what changed, tell the loop."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from penstock.loading.discover import Discovery
from penstock.loading.keep import keep_source
from penstock.loading.parse import parse_file
from penstock.model.spec import DagFileProblem, ParsedFile
from penstock.scheduling.loop import Loop
from penstock.scheduling.obey import FileGone, FileLoaded
from penstock.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Files parsed side by side."""
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
        """Follow the folder until cancelled."""
        import watchfiles

        folder = self._settings.dags_folder
        # A change of a file that makes no DAG is a change of what the others import.
        async for _ in watchfiles.awatch(
            folder, watch_filter=watchfiles.PythonFilter(), debounce=1000, step=_LOOK_EVERY_MS
        ):
            await self._refresh()

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
        await asyncio.gather(*(self._parse(file) for file in changed))

    async def _parse(self, file: str) -> None:
        async with self._turns:
            try:
                source = await asyncio.to_thread(Path(file).read_bytes)
                parsed = await parse_file(Path(file), settings=self._settings, source=source)
                if parsed.dags:
                    keep_source(self._settings, source)
            except OSError as reason:  # gone again, or no room: the next look at the folder tells
                log.warning("%s: %s", file, reason)
                self._known.pop(file, None)
                return
        for error in parsed.errors:
            log.warning("%s:%s: %s", error.file, error.line or "?", error.message)
        self._loop.order(FileLoaded(parsed))

    def _refuse(self, problem: DagFileProblem) -> None:
        self._loop.order(FileLoaded(ParsedFile(file=problem.file, source_hash="", errors=(problem,))))

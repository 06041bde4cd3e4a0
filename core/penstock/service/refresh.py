"""Keeps the engine's DAGs in step with the files: loads what changed, and tells the loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path

from penstock.loading.discover import Discovery
from penstock.loading.reading import shown_path
from penstock.model.spec import DagFileProblem, ParsedFile
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.orders import FileGone, FileLoaded, Order
from penstock.service.loads import Loads
from penstock.service.watching import changes_below
from penstock.settings import Settings

log = logging.getLogger(__name__)

LOOK_FOR_FOLDER = 5.0
"""Seconds between checks of the folder itself: it may go away, and come back as another one."""
MOST_AT_START = 30.0
"""Seconds that the engine waits at its start for files that load slowly; they come later."""
UNCHANGED_AT_START = 2.0
"""Seconds that it waits for files whose DAGs it knows from the database: only what they import may differ."""
_FEW_UNCHANGED = 200
"""With more of them than this it does not wait: most would not be loaded in that time."""
GATHER = 0.05
"""Seconds for which what was loaded is gathered while many files wait: each tick is a commit."""
_MANY_WAIT = 16
_FEW = 20
"""Listed points of a schedule that are left when its file is loaded again."""
_LIST_AGAIN = 600.0
"""Seconds between two loads for that reason."""


class Refresh:
    """Watches the DAGs folder of one engine. *broken* are the files that had errors when it started."""

    def __init__(self, settings: Settings, loop: Loop, broken: Iterable[str] = ()) -> None:
        self._settings = settings
        self._loop = loop
        self._discovery = Discovery(settings.dags_group or None)
        self._known: dict[str, str] = {}
        self._refused = dict.fromkeys(broken, "")
        """Files with an error: if one disappeared while no engine ran, its error goes at the first scan."""
        self._beside: dict[str, dict[str, object]] = {}
        """File -> state of the others in its error, or that it is made of: loaded again when one changes."""
        self._unwatched: str | None = None
        self._unscanned: str | None = None
        self._loads = Loads(settings, self._take, self._cursors)
        self._gathered: list[Order] = []
        self._handing_on: asyncio.TimerHandle | None = None
        self._listed_at: dict[str, float] = {}
        """File -> when it was loaded because a list of points was about to end."""
        self._looking = asyncio.Lock()

    async def load_all(self) -> None:
        """Load every DAG file; return when each was tried and the engine has the result.

        Each is taken over once it is loaded, so one that hangs delays only this return, and not for longer
        than `MOST_AT_START`: a dbt project may be read for minutes, if ``parse_timeout`` allows it. Files
        that are as the database knows them come last, and delay it for `UNCHANGED_AT_START` at most, or not
        at all if there are very many.
        """
        await self._refresh()
        new = [file for file, digest in self._known.items() if not self._is_stored(file, digest)]
        try:
            async with asyncio.timeout(MOST_AT_START):
                await self._loads.tried(new)
        except TimeoutError:
            log.warning(
                "some DAG files still load after %g s: the engine answers without them", MOST_AT_START
            )
        if len(self._known) - len(new) <= _FEW_UNCHANGED:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(UNCHANGED_AT_START):
                    await self._loads.tried(self._known)
        self._hand_on()
        await self._loop.settled()

    async def close(self) -> None:
        """End every load; no child is left afterwards."""
        await self._loads.close()
        if self._handing_on is not None:
            self._handing_on.cancel()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings for the operator: that files are not watched as they should be."""
        return tuple(filter(None, (self._unwatched, self._unscanned)))

    async def watch(self) -> None:
        """Follow the folder until cancelled; if it cannot be watched, scan it now and then."""
        folder = self._settings.dags_folder
        while True:
            try:
                await self._follow(folder)
            except BaseException as error:
                # The watcher is not Python: it may also panic, which is not an Exception.
                if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | SystemExit):
                    raise
                self._say_unwatched(folder, error)
            await asyncio.sleep(LOOK_FOR_FOLDER)
            await self._refresh()

    def _say_unwatched(self, folder: Path, error: BaseException) -> None:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        reason = shown_path(str(error)) or type(error).__name__
        told = f"{folder} cannot be watched, so it is scanned every {LOOK_FOR_FOLDER:g} s: {reason}"
        if told != self._unwatched:
            log.warning("%s", told)
        self._unwatched = told

    async def _follow(self, folder: Path) -> None:
        """Refresh at each change, until *folder* is gone or another one has its name."""
        place = _identity(folder)
        if place is None:
            return
        looked = False
        async for changed in changes_below(folder, at_least_every=LOOK_FOR_FOLDER):
            if self._unwatched is not None:
                log.info("%s is watched again", folder)
                self._unwatched = None
            # Nothing reports changes from before the watch began.
            if changed or not looked or self._stale():
                looked = True
                await self._refresh()
            self._loads.want(self._ending_lists())
            if _identity(folder) != place:
                return

    async def _refresh(self) -> None:
        async with self._looking:
            try:
                scanned = await asyncio.to_thread(self._discovery.scan, self._settings.dags_folder)
            except Exception as error:  # whatever the folder contains, the engine goes on with what it has
                if self._unscanned is None:
                    log.exception("%s cannot be scanned", self._settings.dags_folder)
                self._unscanned = f"{self._settings.dags_folder} cannot be scanned: {error!r}"
                return
            self._unscanned = None
        refused = {problem.file: problem.message for problem in scanned.problems}
        below = tuple(f"{folder}{os.sep}" for folder in scanned.unseen)
        files = {str(path): digest for path, digest in scanned.files.items()}
        makers = {entry.facts.file for entry in self._loop.world.dags.values()}
        there = files.keys() | refused.keys()
        before = self._known.keys() | self._refused.keys() | makers
        gone = [file for file in sorted(before - there) if not file.startswith(below)]
        changed = [file for file, digest in files.items() if self._known.get(file) != digest]
        changed.sort(key=lambda file: self._is_stored(file, files[file]))
        if any(file in self._known and file not in makers for file in changed):
            changed = list(dict.fromkeys([*changed, *(file for file in files if file in makers)]))
        # A file that cannot be read counts as unchanged until it can be read.
        kept = {
            file: digest for file, digest in self._known.items() if file in refused or file.startswith(below)
        }
        self._known = kept | files
        for file in gone:
            self._loads.drop(file)
            self._beside.pop(file, None)
            self._order(FileGone(file))
        for problem in scanned.problems:
            if self._refused.get(problem.file) != problem.message:
                self._refuse(problem)
        # A refused file may have the same bytes as before: its error goes when it is loaded again.
        mended = [file for file in files if file in self._refused and file not in changed]
        self._refused = refused
        stale = [file for file in self._stale() if file in files]
        for file in stale:
            del self._beside[file]
        self._loads.want(dict.fromkeys([*changed, *mended, *stale]))

    def _is_stored(self, file: str, digest: str) -> bool:
        """Whether the DAGs of *file* are known, made of the same bytes."""
        made = self._loop.world.made_by(file)
        return any(not each.facts.missing and each.structure.source_hash == digest for each in made)

    def _stale(self) -> list[str]:
        """Return the files that were about, or made of, another file that has changed since."""
        return [
            file for file, looks in self._beside.items() if any(_look(one) != looks[one] for one in looks)
        ]

    def _cursors(self, file: str) -> dict[str, tuple[int, int]]:
        """Return how far the listed schedules of *file* are settled."""
        return {
            entry.dag_id: (
                int(point.data_interval_start.timestamp()),
                int(point.data_interval_end.timestamp()),
            )
            for entry in self._loop.world.made_by(file)
            if entry.structure.spec.schedule.kind == "listed"
            if (point := entry.cursor) is not None
        }

    def _ending_lists(self) -> list[str]:
        """Return the files with a schedule whose listed points are nearly over, each at most once an hour."""
        now, ending = time.time(), []
        for entry in self._loop.world.dags.values():
            schedule, file = entry.structure.spec.schedule, entry.facts.file
            if not schedule.goes_on or file not in self._known:
                continue
            settled = 0.0 if entry.cursor is None else entry.cursor.run_after.timestamp()
            if entry.structure.spec.catchup != "all":
                settled = max(settled, now)
            left = sum(due > settled for _, _, due in schedule.points[-_FEW:])
            if left < _FEW and now - self._listed_at.get(file, 0.0) > _LIST_AGAIN:
                self._listed_at[file] = now
                ending.append(file)
        return ending

    def _take(self, file: str, parsed: ParsedFile | None) -> None:
        if parsed is None:
            self._known.pop(file, None)
            return
        self._beside.pop(file, None)
        if beside := {*parsed.beside, *(other for error in parsed.errors for other in error.beside)}:
            self._beside[file] = {other: _look(other) for other in beside}
        for error in parsed.errors:
            log.warning("%s:%s: %s", error.file, error.line or "?", error.message)
        self._order(FileLoaded(parsed))

    def _order(self, order: Order) -> None:
        """Give an order to the engine's loop; together with others while many files wait."""
        self._gathered.append(order)
        if self._loads.waiting <= _MANY_WAIT:
            self._hand_on()
        elif self._handing_on is None:
            self._handing_on = asyncio.get_running_loop().call_later(GATHER, self._hand_on)

    def _hand_on(self) -> None:
        """Give all orders that were gathered."""
        if self._handing_on is not None:
            self._handing_on.cancel()
            self._handing_on = None
        gathered, self._gathered = self._gathered, []
        for order in gathered:
            self._loop.order(order)

    def _refuse(self, problem: DagFileProblem) -> None:
        log.warning("%s %s", problem.file, problem.message)
        self._loads.drop(problem.file)
        self._order(FileLoaded(ParsedFile(file=problem.file, source_hash="", errors=(problem,))))


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what distinguishes *folder* from a later one with its name, or None if it does not exist."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _look(path: str) -> object:
    """Return a value that changes when the file at *path* does, or None if it does not exist."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns

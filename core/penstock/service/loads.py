"""The DAG files that load at the moment: a few at once, and one that hangs does not delay the others.

A load has a turn while it is quick. One that takes longer than `PATIENCE` gives its turn to the next file
and goes on beside them, to its end or its parse timeout. A file that was slow the last time is tried after
the others and never has a turn. Results are delivered in the order in which the files were asked for; only
slow ones come later.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from penstock.loading.parse import SPAWNING, parse_file
from penstock.loading.warm import WarmParents
from penstock.model.spec import DagFileProblem, ParsedFile
from penstock.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = max(2, min(4, os.cpu_count() or 1))
"""Turns: this many files load at once, not counting slow ones."""
SLOW_AT_ONCE = 8
"""This many slow files load beside them; if there are more, files have to wait."""
PATIENCE = 2.0
"""Seconds after which a load counts as slow."""


@dataclass(slots=True, eq=False)
class _Load:
    """One running load. Its answer, once it is `done`, is None if there is nothing to report."""

    task: asyncio.Task[ParsedFile | None]
    slow: bool
    overdue: bool = False
    done: bool = False
    dropped: bool = False
    again: bool = False
    answer: ParsedFile | None = None


class Loads:
    """Loads files, each in one child at a time. *deliver* gets the result of each.

    It gets None for a file that could not be read: it may not exist any more. *cursors* says how far the
    schedules of a file's DAGs are settled. For one event loop.
    """

    def __init__(
        self,
        settings: Settings,
        deliver: Callable[[str, ParsedFile | None], None],
        cursors: Callable[[str], dict[str, tuple[int, int]]] = lambda _: {},
    ) -> None:
        self._settings = settings
        self._deliver = deliver
        self._cursors = cursors
        self._waiting: dict[str, None] = {}
        self._waiting_slow: dict[str, None] = {}
        """Those that were slow the last time: tried after the others."""
        self._loading: dict[str, _Load] = {}
        self._slow_before: set[str] = set()
        self._parents: WarmParents | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()

    def want(self, files: Iterable[str]) -> None:
        """Load *files*. One that loads already is loaded once more after that; a slow load of it ends now."""
        for file in files:
            load = self._loading.get(file)
            if load is None or load.done:
                self._wait(file)
            else:
                load.again = True
                if load.slow:  # its end may take long, and its result is no longer needed
                    load.task.cancel()
        self._go_on()

    @property
    def waiting(self) -> int:
        """How many files wait for their turn."""
        return len(self._waiting) + len(self._waiting_slow)

    def drop(self, file: str) -> None:
        """Deliver nothing about *file* any more: it is gone."""
        for queue in (self._waiting, self._waiting_slow):
            queue.pop(file, None)
        self._slow_before.discard(file)
        if (load := self._loading.get(file)) is not None:
            load.dropped, load.again = True, False
            load.task.cancel()

    async def tried(self, files: Iterable[str]) -> None:
        """Wait until each of *files* was seen neither to wait nor to load."""
        left = list(files)
        while left:  # from the end, so that an event costs one look, however many files there are
            if self._is_pending(left[-1]):
                self._moved.clear()
                await self._moved.wait()
            else:
                left.pop()

    def _is_pending(self, file: str) -> bool:
        return file in self._waiting or file in self._waiting_slow or file in self._loading

    async def close(self) -> None:
        """End every load, and return when no child is left. Nothing more is delivered."""
        self._waiting.clear()
        self._waiting_slow.clear()
        for file in list(self._loading):
            self.drop(file)
        await self.tried(list(self._loading))
        await asyncio.gather(*self._closing)

    def _go_on(self) -> None:
        """Start and deliver everything that can be now."""
        self._hand_on()
        self._let_slow_ones_aside()
        self._start_next(self._waiting, slow=False)
        self._start_next(self._waiting_slow, slow=True)
        if not self._loading and self._parents is not None:
            closing = asyncio.create_task(asyncio.to_thread(self._parents.close))
            self._parents = None
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        self._moved.set()

    def _hand_on(self) -> None:
        """Deliver what is done, up to the first load that still has its turn."""
        for file, load in list(self._loading.items()):
            if load.done:
                del self._loading[file]
                if load.again:
                    self._wait(file)
                if not load.dropped and not load.task.cancelled():
                    self._deliver(file, load.answer)
            elif not load.slow:
                return

    def _let_slow_ones_aside(self) -> None:
        for load in self._loading.values():
            if load.overdue and not load.slow and not load.done and self._has_room(slow=True):
                load.slow = True
                if load.again:
                    load.task.cancel()
        self._hand_on()

    def _wait(self, file: str) -> None:
        (self._waiting_slow if file in self._slow_before else self._waiting)[file] = None

    def _start_next(self, queue: dict[str, None], *, slow: bool) -> None:
        """Start the first files of *queue* for which there is room."""
        while self._has_room(slow=slow):
            file = next((file for file in queue if file not in self._loading), None)
            if file is None:
                return
            self._start(file, queue)

    def _has_room(self, *, slow: bool) -> bool:
        busy = sum(not load.done and load.slow is slow for load in self._loading.values())
        return busy < (SLOW_AT_ONCE if slow else AT_ONCE)

    def _start(self, file: str, queue: dict[str, None]) -> None:
        if self._parents is None and self.waiting > 1:
            self._parents = WarmParents()  # they pay for themselves from the second file on
        del queue[file]
        task = asyncio.create_task(self._load(file, self._parents))
        load = self._loading[file] = _Load(task, slow=file in self._slow_before)
        timer = asyncio.get_running_loop().call_later(PATIENCE, self._is_overdue, load)
        task.add_done_callback(partial(self._ended, file, load, timer))

    def _is_overdue(self, load: _Load) -> None:
        load.overdue = True
        self._go_on()

    def _ended(
        self, file: str, load: _Load, timer: asyncio.TimerHandle, task: asyncio.Task[ParsedFile | None]
    ) -> None:
        timer.cancel()
        load.done = True
        if not task.cancelled():
            load.answer = task.result()
            (self._slow_before.add if load.overdue else self._slow_before.discard)(file)
        self._go_on()

    async def _load(self, file: str, parents: WarmParents | None) -> ParsedFile | None:
        try:
            return await parse_file(
                Path(file),
                settings=self._settings,
                starter=parents or SPAWNING,
                cursors=self._cursors(file),
                keep=True,
            )
        except OSError as reason:  # it is gone again, or there is no space: the next scan reports it
            log.warning("%s: %s", file, reason)
            return None
        except Exception as reason:  # a fault in one file must only affect that file
            log.exception("%s could not be parsed", file)
            problem = DagFileProblem(file=file, message=f"could not be parsed: {reason!r}")
            return ParsedFile(file=file, source_hash="", errors=(problem,))

"""The questions about the instance as a whole, answered from the store and by the engine's own process."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from penstock.execution.executor import Worker
from penstock.model.views.hosts import HostRow
from penstock.model.views.system import ExecutorRow, SystemPage
from penstock.process_memory import memory_of
from penstock.scheduling.tick_times import Ticks
from penstock.store.views.system_reads import SystemReads


class Running(Protocol):
    """What the running engine tells about itself."""

    @property
    def ticks(self) -> Ticks:
        """How long its ticks took."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems of the engine itself, for operators."""
        ...

    def workers(self) -> tuple[Worker, ...]:
        """Return the processes that run attempts."""
        ...


class LocalSystem:
    """The part of `penstock.api.local.LocalEngine` that answers `penstock.api.system_engine.SystemEngine`."""

    def __init__(self, reads: SystemReads, running: Running | None, since: datetime | None) -> None:
        self._of_system = reads
        self._running = running
        self._since = since

    def hosts(self) -> list[HostRow]:
        """Return none: this is one instance."""
        return []

    def system(self) -> SystemPage:
        """Return how the instance is; of the engine's process only if this is it."""
        page, running = self._of_system.system(), self._running
        if running is None:
            return page
        memory = memory_of(os.getpid())
        engine = replace(
            page.engine,
            pid=os.getpid(),
            since=self._since,
            pss=memory.pss,
            rss=memory.rss,
            ticks=running.ticks.times(),
            warnings=running.warnings,
        )
        workers = [
            ExecutorRow(
                executor=each.executor,
                pid=each.pid,
                attempts=each.attempts,
                state=each.state,
                rss=each.rss,
                note=each.note,
            )
            for each in running.workers()
        ]
        return replace(page, engine=engine, executors=tuple(workers))

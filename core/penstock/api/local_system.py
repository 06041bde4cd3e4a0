"""The questions about the instance as a whole, answered from the store and by the engine's own process."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Literal, Protocol

from msgspec.structs import replace

from penstock.clock import from_us
from penstock.execution.executor import Worker
from penstock.model.views.hosts import HostRow
from penstock.model.views.pools import SlotUse
from penstock.model.views.system import ExecutorRow, SystemPage, WorkerRow
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

    def task_of(self, attempt_id: str) -> tuple[str, str, str, int] | None:
        """Return DAG, run, task and map index of a live attempt."""
        ...

    async def freshen(self, attempt_id: str) -> None:
        """Bring what is here of a log up to date, if it grows elsewhere."""
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
                worker=None if each.name is None else self._worker_row(each, running),
            )
            for each in running.workers()
        ]
        return replace(page, engine=engine, executors=tuple(workers))

    def workers(self) -> list[WorkerRow]:
        """Return the workers of the executors on other hosts."""
        if self._running is None:
            return []
        rows = [self._worker_row(each, self._running) for each in self._running.workers() if each.name]
        return sorted(rows, key=lambda row: (row.executor, row.name))

    async def freshen(self, attempt_id: str) -> None:
        """Bring what is here of a log up to date, before it is read."""
        if self._running is not None:
            await self._running.freshen(attempt_id)

    def _worker_row(self, worker: Worker, running: Running) -> WorkerRow:
        tasks = [place for each in worker.runs if (place := running.task_of(each)) is not None]
        return WorkerRow(
            name=worker.name or "",
            executor=worker.executor,
            host=worker.host or "",
            slots=worker.slots or 0,
            used=worker.attempts,
            queues=worker.queues,
            state=_STATES.get(worker.state, "unreachable"),
            since=_moment(worker.since),
            resources=dict(worker.resources),
            load=worker.load,
            contact=_moment(worker.contact),
            version=worker.version,
            note=worker.note,
            runs=tuple(
                SlotUse(dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index)
                for dag_id, run_id, task_id, map_index in tasks
            ),
        )


_STATES: dict[str, Literal["ready", "draining", "unreachable"]] = {"ready": "ready", "draining": "draining"}


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else from_us(int(seconds * 1e6))

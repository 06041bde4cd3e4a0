"""Our part of a Dask worker: it answers calls, runs attempts, and reports to our part of the scheduler."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from distributed import Worker
from distributed.diagnostics.plugin import WorkerPlugin

from penstock.execution.dask.messages import (
    OPERATION,
    Call,
    Claim,
    Event,
    FromScheduler,
    Leave,
    Report,
    ToScheduler,
    Winners,
    back,
    pack,
    topic_of,
    unpack,
)
from penstock.execution.dask.station import Station

REPORT_SECONDS = 1.0
"""Seconds between reports when nothing changes."""
CALL_SECONDS = 5.0
"""Seconds that the scheduler may take for an answer."""
SILENT_SECONDS = 12.0
"""Seconds of silence after which the scheduler counts as lost."""
_PAUSE = 0.2
"""Seconds between two reports at least. The engine whose attempt moved has heard of it already."""
log = logging.getLogger("penstock.worker")


class DaskLine:
    """Carries a station's words over a Dask worker; see `Line`."""

    def __init__(self) -> None:
        self.worker: Any = None
        """The Dask worker, once there is one."""
        self.heard = time.monotonic()
        """When the scheduler last answered."""

    @property
    def address(self) -> str:
        """See `Line.address`."""
        return "" if self.worker is None else str(self.worker.address)

    async def ask(self, message: ToScheduler) -> FromScheduler:
        """Return the scheduler's answer; raise OSError (also TimeoutError)."""
        try:
            data = await asyncio.wait_for(self.worker.scheduler.penstock(data=pack(message)), CALL_SECONDS)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - of a worker that Dask is closing, or that has no scheduler yet
            raise OSError(f"no contact with the scheduler: {error}") from None
        self.heard = time.monotonic()
        answer: FromScheduler = unpack(data, FromScheduler)
        return answer

    async def silence(self) -> None:
        """Wait until the scheduler has not answered for `SILENT_SECONDS`."""
        self.heard = time.monotonic()
        while True:
            left = self.heard + SILENT_SECONDS - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def claim(self, starts: dict[str, str]) -> Mapping[str, str | None]:
        """Claim starts. See `Line.claim`."""
        answer = await self.ask(Claim(starts))
        return answer.who if isinstance(answer, Winners) else {}

    def say(self, instance: str, event: Event) -> None:
        """Send an event to the clients of *instance*."""
        with contextlib.suppress(Exception):  # without a scheduler: events may be lost
            self.worker.log_event(topic_of(instance), pack(event))


class PenstockPlugin(WorkerPlugin):
    """Connects a station, which is started already, to a Dask worker."""

    name = "penstock"

    def __init__(self, station: Station, line: DaskLine) -> None:
        self._station = station
        self._line = line
        self._reporting: asyncio.Task[None] | None = None

    async def setup(self, worker: Worker) -> None:
        """Answer calls and report from now on."""
        self._line.worker = worker
        worker.handlers[OPERATION] = self._called
        self._reporting = asyncio.get_running_loop().create_task(self._report())

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - Dask's signature
        """Report no more, and say good-bye."""
        if self._reporting is not None:
            self._reporting.cancel()
        with contextlib.suppress(Exception):
            await self._line.ask(Leave(self._station.name))

    async def _called(self, data: bytes) -> bytes:
        try:
            call = unpack(data, Call)
        except msgspec.MsgspecError as error:
            return back(None, f"the worker's penstock does not understand this one: {error}")
        return await self._station.handle(call)

    async def _report(self) -> None:
        """Report each second and at each change, whatever happens to a single report."""
        changed = self._station.changed
        while True:
            changed.clear()
            try:
                await self._line.ask(Report(self._station.facts()))
            except Exception as error:  # noqa: BLE001 - the next one may arrive
                log.debug("a report was lost: %s", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), REPORT_SECONDS)
            await asyncio.sleep(_PAUSE)

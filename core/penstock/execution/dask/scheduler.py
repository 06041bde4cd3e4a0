"""Our part of a Dask scheduler: ``dask scheduler --preload penstock.execution.dask.scheduler``.

It holds the start fence, knows the workers, and refuses versions that do not fit. Nothing in it must
survive: after a restart it has forgotten all, and workers and clients come back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any

import msgspec
from distributed import Scheduler
from distributed.diagnostics.plugin import SchedulerPlugin

from penstock.execution.dask.messages import (
    FORWARD,
    OPERATION,
    WORKERS,
    FromScheduler,
    Refused,
    Report,
    ToScheduler,
    pack,
    unpack,
)
from penstock.execution.dask.roster import Roster
from penstock.execution.dask.versions import here


class StartFence(SchedulerPlugin):
    """Answers our messages, and learns from Dask when a worker is lost."""

    name = "penstock"

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._roster = Roster(here(), os.urandom(8).hex())

    def called(self, data: bytes) -> bytes:
        """Return the answer to one message of `penstock.execution.dask.messages`."""
        try:
            message = unpack(data, ToScheduler)
        except msgspec.MsgspecError as error:
            return pack(Refused(f"the scheduler's penstock does not understand this one: {error}"))
        answer: FromScheduler = self._roster.answer(message)
        if isinstance(message, Report):
            self._scheduler.log_event(WORKERS, data)
        return pack(answer)

    async def forward(
        self, worker: str, data: bytes, seconds: float, offers: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Carry a call to the *worker* of that name. ``back`` is its answer, ``lost`` why there is none.

        Attempts in *offers* may start from now on. One that is frozen holds up nobody else, and this one
        *seconds* at most.
        """
        self._roster.fence.offer(offers)
        address = self._roster.address_of(worker)
        if address is None:
            return {"lost": f"worker {worker} is not connected"}
        try:
            calling = self._scheduler.rpc(address).penstock(data=data)
            return {"back": await asyncio.wait_for(calling, seconds)}
        except TimeoutError:
            return {"lost": f"worker {worker} does not answer within {seconds:g} s"}
        except OSError as error:
            return {"lost": f"worker {worker} cannot be reached: {error}"}

    def remove_worker(self, scheduler: Scheduler, worker: str, **_: Any) -> None:
        """Record that Dask has lost a worker, and tell the clients."""
        self._roster.lost(worker)
        scheduler.log_event(WORKERS, b"")


async def dask_setup(scheduler: Scheduler) -> None:
    """Prepare *scheduler*; Dask calls this for a preloaded module."""
    # A worker's death is no reason to run anything again: its host says how the attempt is.
    scheduler.allowed_failures = 0
    fence = StartFence(scheduler)
    scheduler.handlers[OPERATION] = fence.called
    scheduler.handlers[FORWARD] = fence.forward
    scheduler.add_plugin(fence, name=StartFence.name, idempotent=True)

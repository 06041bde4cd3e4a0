"""Asks the executor once a second what running attempts use."""

from __future__ import annotations

import asyncio
import logging

from penstock.clock import Clock, to_us
from penstock.execution.executor import Executor
from penstock.model.subject import reason_of
from penstock.scheduling.loop import Loop
from penstock.store.engine.records import SampleRecord

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two samples; while nothing runs, this costs nothing."""
_IDLE = 5.0


async def sample(loop: Loop, executor: Executor, clock: Clock) -> None:
    """Sample until cancelled."""
    while True:
        await loop.until_busy(_IDLE)
        live = tuple(loop.world.attempts)
        if live:
            try:
                usages = await executor.sample(live)
            except Exception as error:  # these are only figures: the engine must not end
                if "samples" not in loop.troubles:
                    log.exception("running attempts could not be sampled")
                loop.troubles["samples"] = f"running attempts could not be sampled: {reason_of(error)}"
                usages = {}
            else:
                loop.troubles.pop("samples", None)
            now_us = to_us(clock.now())
            loop.add_samples(
                [
                    SampleRecord(
                        attempt_id,
                        now_us,
                        usage.cpu_percent,
                        usage.rss,
                        usage.read_bytes,
                        usage.write_bytes,
                        usage.processes,
                    )
                    for attempt_id, usage in usages.items()
                ]
            )
        await asyncio.sleep(EVERY)

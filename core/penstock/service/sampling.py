"""Samples the resources of running attempts once a second."""

from __future__ import annotations

import asyncio
import logging

from penstock.clock import Clock, to_us
from penstock.model.subject import reason_of
from penstock.resources.sampler import Sampler
from penstock.scheduling.loop import Loop
from penstock.store.engine.records import SampleRecord

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two samples; while nothing runs, this costs nothing."""
_IDLE = 5.0


async def sample(loop: Loop, clock: Clock) -> None:
    """Sample until cancelled."""
    sampler = Sampler()
    while True:
        await loop.until_busy(_IDLE)
        pids = dict(loop.world.pids)
        if pids:
            try:
                usages = await asyncio.to_thread(sampler.sample, pids)
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

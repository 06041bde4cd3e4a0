"""Forgetting: old runs with their attempts, logs and samples, so that the disk does not fill by itself."""

from __future__ import annotations

import asyncio
import logging

from penstock.clock import Clock, to_us
from penstock.execution.executor import Executor
from penstock.loading.keep import forget_sources
from penstock.scheduling.loop import Loop
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.old_runs import delete_answers, delete_runs, delete_versions, old_runs, thin_samples

log = logging.getLogger(__name__)

EVERY = 3600.0
_FIRST = 60.0
_BATCH = 50
_DAY_US = 86_400_000_000


async def forget_old(
    loop: Loop, database: Database, executor: Executor, settings: Settings, clock: Clock
) -> None:
    """Once an hour forget finished runs beyond the settings' age and count, a few at a time."""
    await asyncio.sleep(_FIRST)
    while True:
        try:
            await forget_once(loop, database, executor, settings, clock)
        except Exception:  # a full disk refuses this too, and is no reason to end the engine
            log.exception("old runs could not be forgotten; trying again in an hour")
        await asyncio.sleep(EVERY)


async def forget_once(
    loop: Loop, database: Database, executor: Executor, settings: Settings, clock: Clock
) -> None:
    """Forget what is old now."""
    if settings.retention_days:
        before_us = to_us(clock.now()) - settings.retention_days * _DAY_US
        forgotten = 0
        while runs := old_runs(database, before_us=before_us, keep=settings.keep_runs, limit=_BATCH):
            for attempt_id in delete_runs(database, runs):
                executor.forget(attempt_id)
            loop.world.forget_previous()
            forgotten += len(runs)
            await asyncio.sleep(0)  # let the engine tick between two batches
        if forgotten:
            log.info("forgot %d run(s) older than %d days", forgotten, settings.retention_days)
    yesterday_us = to_us(clock.now()) - _DAY_US
    thin_samples(database, before_us=yesterday_us)
    delete_answers(database, before_us=yesterday_us)
    used = delete_versions(database, before_us=yesterday_us)
    loop.world.forget_versions()
    forget_sources(settings, used, before=clock.now().timestamp() - 86_400)
    if not loop.busy:
        database.checkpoint()

"""Retention: deletes old runs with their attempts, logs and samples, so that the disk does not fill up.

Rows are deleted first, files after. The database is the truth: a folder without a row does no harm and is
found again by the sweep, but a row without its log would look like one that printed nothing. Every step is
short and runs between two ticks, and whatever a crash leaves half done is found again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from penstock.clock import DAY_US, Clock, to_us
from penstock.errors import LostError
from penstock.execution.executor import Accepted, Archive, Claimed, Executor
from penstock.loading.keep import forget_sources
from penstock.model.subject import reason_of
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.clock_setting import in_doubt
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.trouble import of_the_machine
from penstock.store.upkeep import expire as old

log = logging.getLogger(__name__)

EVERY = 3600.0
_FIRST = 60.0
_TASKS = 50
"""Task instances deleted in one step: with their folders some tens of milliseconds."""
_ROWS = 500
_SAMPLED = 20


async def forget_old(
    loop: Loop, database: Database, executor: Executor, settings: Settings, clock: Clock
) -> None:
    """Delete once an hour what the settings do not keep, a little at a time."""
    await asyncio.sleep(_FIRST)
    while True:
        try:
            await forget_once(loop, database, executor, settings, clock)
        except LostError:
            raise
        except Exception as error:  # a full disk refuses this too; the engine must not end
            log.exception("old runs could not be deleted; trying again in an hour")
            loop.troubles["forgetting"] = f"old runs could not be deleted: {reason_of(error)}"
        else:
            loop.troubles.pop("forgetting", None)
        await asyncio.sleep(EVERY)


async def forget_once(
    loop: Loop, database: Database, executor: Executor, settings: Settings, clock: Clock
) -> None:
    """Delete what is old now; nothing for a day after the clock was set far forward, as it may be wrong."""
    if in_doubt(loop.world):
        log.info("the clock was set forward: nothing is deleted for a day")
        return
    now_us = to_us(clock.now())
    forgotten, wrong = 0, list[str]()
    for dag_id in await asyncio.to_thread(old.dags_with_runs, database):
        try:
            kept = settings.kept_of(dag_id)
            for run in await asyncio.to_thread(old.old_runs, database, dag_id, kept, now_us=now_us):
                await _forget_run(loop, database, executor, run)
                forgotten += 1
        except Exception as error:
            if of_the_machine(error):
                raise
            log.exception("old runs of %s could not be deleted", dag_id)
            wrong.append(f"old runs of {dag_id} could not be deleted: {reason_of(error)}")
    loop.troubles.pop("old runs", None)
    if wrong:
        loop.troubles["old runs"] = "; ".join(wrong[:3])
    if forgotten:
        log.info("deleted %d old run(s)", forgotten)
    await _forget_trails(database, settings, now_us)
    await _forget_orphans(database, executor, clock)
    yesterday_us = now_us - DAY_US
    await _thin_samples(database, yesterday_us)
    old.delete_answers(database, before_us=yesterday_us)
    used = old.delete_versions(database, before_us=yesterday_us)
    loop.world.forget_versions()
    forget_sources(settings, used, before=clock.now().timestamp() - 86_400)
    if not loop.busy:
        database.checkpoint()


async def _forget_run(loop: Loop, database: Database, executor: Executor, run: old.OldRun) -> None:
    done = False
    while not done:
        attempts, done = old.forget_slice(database, run, tasks=_TASKS)
        for attempt_id in attempts:
            executor.forget(attempt_id)
        loop.world.forget_previous()
        await _breathe()


async def _forget_trails(database: Database, settings: Settings, now_us: int) -> None:
    """Delete old acts and ended backfills, and old records of schedule points."""
    if settings.event_days:
        before_us = now_us - settings.event_days * DAY_US
        found = await asyncio.to_thread(old.old_events, database, before_us=before_us)
        for start in range(0, len(found), _ROWS):
            old.delete_events(database, found[start : start + _ROWS], before_us=before_us)
            await _breathe()
        old.delete_backfills(database, before_us=before_us)
        await _in_slices(lambda: old.delete_asset_events(database, before_us=before_us, limit=_ROWS))
    if settings.point_days:
        points_us = now_us - settings.point_days * DAY_US
        await _in_slices(lambda: old.delete_points(database, before_us=points_us, limit=_ROWS))


async def _in_slices(delete: Callable[[], int]) -> None:
    while delete() == _ROWS:
        await _breathe()


async def _thin_samples(database: Database, before_us: int) -> None:
    after = ""
    while some := old.sampled_attempts(database, after=after, before_us=before_us, limit=_SAMPLED):
        old.thin_samples(database, some, before_us=before_us)
        after = some[-1]
        await _breathe()


async def _forget_orphans(database: Database, executor: Executor, clock: Clock) -> None:
    """Remove folders of attempts that have no row and do not run: a crash left them."""
    before = clock.now().timestamp() - 86_400
    unknown = await asyncio.to_thread(orphans, database, executor, before=before)
    for attempt_id in unknown:
        if not isinstance(executor.observe([attempt_id])[attempt_id], Accepted | Claimed):
            executor.forget(attempt_id)
            await _breathe()
    if unknown:
        log.info("removed %d folder(s) of deleted attempts", len(unknown))


def orphans(database: Database, archive: Archive, *, before: float) -> list[str]:
    """Return attempts that have no row, but files older than *before*.

    *before* is in seconds since 1970.
    """
    return old.unknown_attempts(database, sorted(archive.kept(untouched_since=before)))


async def _breathe() -> None:
    """Let the engine's loop run."""
    await asyncio.sleep(0)

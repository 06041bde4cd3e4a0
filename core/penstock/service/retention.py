"""Retention: deletes old runs with their attempts, logs and samples, so that the disk does not fill up.

Rows are deleted first, files after. The database is the truth: a folder without a row does no harm and is
found again by the sweep, but a row without its log would look like one that printed nothing. Every step is
short and runs between two ticks, and whatever a crash leaves half done is found again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from penstock.clock import DAY_US, Clock, to_us
from penstock.decoding import decoder
from penstock.errors import LostError
from penstock.execution.executor import Accepted, Archive, Claimed, Executor
from penstock.loading.keep import forget_sources
from penstock.model.subject import reason_of
from penstock.model.views.system import RetentionFacts
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.clock_setting import in_doubt
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.meta import RETENTION, read_meta, write_meta
from penstock.store.trouble import of_the_machine
from penstock.store.upkeep import expire as old

log = logging.getLogger(__name__)

EVERY = 3600.0
_FIRST = 60.0
_LOOK = 10.0
"""Seconds after the start until it is worked out what the first pass will delete."""
_TASKS = 50
"""Task instances deleted in one step: with their folders some tens of milliseconds."""
_ROWS = 500
_SAMPLED = 20
_SWEEP_ALL = 6 * 3600.0
"""Seconds between two looks at the folders of all attempts; a million take two seconds of CPU."""
_MARGIN = 60.0


async def forget_old(
    loop: Loop, database: Database, executor: Executor, settings: Settings, clock: Clock
) -> None:
    """Delete once an hour what the settings do not keep, a little at a time."""
    early = min(_LOOK, _FIRST)
    await asyncio.sleep(early)
    await _tell_next(database, settings, clock, _FIRST - early)
    await asyncio.sleep(_FIRST - early)
    sweeps = Sweeps()
    while True:
        began = clock.monotonic()
        removed, problem = 0, None
        try:
            removed, problem = await forget_once(loop, database, executor, settings, clock, sweeps)
        except LostError:
            raise
        except Exception as error:  # a full disk refuses this too; the engine must not end
            log.exception("old runs could not be deleted; trying again in an hour")
            problem = f"old runs could not be deleted: {reason_of(error)}"
            loop.troubles["forgetting"] = problem
        else:
            loop.troubles.pop("forgetting", None)
        done = Pass(clock.now(), clock.monotonic() - began, removed, problem)
        await _tell_next(database, settings, clock, EVERY, done)
        await asyncio.sleep(EVERY)


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass: when it ended, how many seconds it took, the runs it deleted, and what went wrong."""

    ended: datetime
    took: float
    removed: int
    problem: str | None


async def _tell_next(
    database: Database, settings: Settings, clock: Clock, wait: float, done: Pass | None = None
) -> None:
    """Write down the last pass, and what the next one will delete *wait* seconds from now."""
    coming = clock.now() + timedelta(seconds=wait)
    try:
        due = await asyncio.to_thread(due_runs, database, settings, to_us(coming))
        facts = RetentionFacts(next=coming, due=due)
        if done is None:
            facts = replace(retention_facts(database), next=coming, due=due)
        else:
            facts = replace(
                facts, last=done.ended, took=done.took, removed=done.removed, problem=done.problem
            )
        write_meta(database, RETENTION, msgspec.json.encode(facts).decode())
    except Exception as error:
        if isinstance(error, LostError):
            raise
        log.exception("what retention does next could not be written down")


def due_runs(database: Database, settings: Settings, at_us: int) -> dict[str, int]:
    """Return how many runs of each DAG a pass at some time deletes, if nothing changes until then.

    May read every run, so call it in a thread of its own.
    """
    logs = old.all_logs(database)
    found = {
        dag_id: len(old.old_runs(database, dag_id, settings.kept_of(dag_id), now_us=at_us, logs=logs))
        for dag_id in suspects(database, settings, at_us, logs)
    }
    return {dag_id: count for dag_id, count in sorted(found.items()) if count}


def suspects(database: Database, settings: Settings, now_us: int, logs: int) -> list[str]:
    """Return the DAGs that may have runs beyond their retention: an hour after a pass that is nearly none.

    *logs* are the bytes of the logs of all DAGs together.
    """
    kept = [settings.kept_of(dag_id) for dag_id in ("", *settings.retention)]
    if any(each.bytes and logs > each.bytes for each in kept):
        return old.dags_with_runs(database)
    shortest = min((each.days for each in kept if each.days), default=0)
    if not shortest:
        return []
    ends = old.oldest_ends(database, before_us=now_us - shortest * DAY_US)
    return [
        dag_id
        for dag_id, end_us in ends.items()
        if (days := settings.kept_of(dag_id).days) and end_us < now_us - days * DAY_US
    ]


def retention_facts(database: Database) -> RetentionFacts:
    """Return what was written down last; nothing if that cannot be read."""
    try:
        return decoder(RetentionFacts).decode(read_meta(database, RETENTION) or "{}")
    except (msgspec.MsgspecError, TypeError):
        return RetentionFacts()


@dataclass(slots=True)
class Sweeps:
    """When folders of attempts were compared with the rows, in seconds since 1970: all, and those that moved.

    A folder without a row is made by a crash, and the first look after that is at all of them.
    """

    whole: float = float("-inf")
    last: float = float("-inf")

    def begin(self, now: float) -> float | None:
        """Return since when folders must have come or gone to be looked at; None for all of them."""
        since = None if not 0 <= now - self.whole < _SWEEP_ALL else self.last - _MARGIN
        if since is None:
            self.whole = now
        self.last = now
        return since


async def forget_once(
    loop: Loop,
    database: Database,
    executor: Executor,
    settings: Settings,
    clock: Clock,
    sweeps: Sweeps | None = None,
) -> tuple[int, str | None]:
    """Delete what is old now; return how many runs, and what was in the way.

    For a day after the clock was set far forward nothing is deleted, as the clock may be wrong.
    """
    if in_doubt(loop.world):
        log.info("the clock was set forward: nothing is deleted for a day")
        return 0, "the clock was set forward: nothing is deleted for a day"
    now_us = to_us(clock.now())
    forgotten, wrong = 0, list[str]()
    logs = await asyncio.to_thread(old.all_logs, database)
    for dag_id in await asyncio.to_thread(suspects, database, settings, now_us, logs):
        try:
            kept = settings.kept_of(dag_id)
            for run in await asyncio.to_thread(
                old.old_runs, database, dag_id, kept, now_us=now_us, logs=logs
            ):
                await _forget_run(loop, database, executor, run)
                _remove(settings.task_states / run.dag_id / run.run_id)
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
    await _forget_orphans(database, executor, clock, sweeps or Sweeps())
    yesterday_us = now_us - DAY_US
    await _thin_samples(database, yesterday_us)
    old.delete_answers(database, before_us=yesterday_us)
    used = old.delete_versions(database, before_us=yesterday_us)
    loop.world.forget_versions()
    forget_sources(settings, used, before=clock.now().timestamp() - 86_400)
    if not loop.busy:
        database.checkpoint()
    return forgotten, "; ".join(wrong[:3]) or None


async def _forget_run(loop: Loop, database: Database, executor: Executor, run: old.OldRun) -> None:
    done = False
    while not done:
        attempts, done = old.forget_slice(database, run, tasks=_TASKS)
        for attempt_id in attempts:
            executor.forget(attempt_id)
        loop.world.forget_previous()
        await _breathe()


def _remove(folder: Path) -> None:
    from shutil import rmtree  # half a megabyte, which most engines need once an hour or never

    rmtree(folder, ignore_errors=True)


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


async def _forget_orphans(database: Database, executor: Executor, clock: Clock, sweeps: Sweeps) -> None:
    """Remove folders of attempts that have no row and do not run: a crash left them."""
    now = clock.now().timestamp()
    since = sweeps.begin(now)
    unknown = await asyncio.to_thread(orphans, database, executor, before=now - 86_400, moved_since=since)
    for attempt_id in unknown:
        if not isinstance(executor.observe([attempt_id])[attempt_id], Accepted | Claimed):
            executor.forget(attempt_id)
            await _breathe()
    if unknown:
        log.info("removed %d folder(s) of deleted attempts", len(unknown))


def orphans(
    database: Database, archive: Archive, *, before: float, moved_since: float | None = None
) -> list[str]:
    """Return attempts that have no row, but files older than *before*; see `Archive.kept` for *moved_since*.

    Both are in seconds since 1970. Only of those without a row it is asked when they were touched.
    """
    unknown = old.unknown_attempts(database, sorted(archive.kept(moved_since=moved_since)))
    return sorted(archive.kept(untouched_since=before, among=unknown)) if unknown else []


async def _breathe() -> None:
    """Let the engine's loop run."""
    await asyncio.sleep(0)

"""The engine as a process: what is opened in which order, and how it goes.

Ending the engine, in any way, stops no task: supervisors outlive it, and the next engine adopts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import Coroutine
from typing import Any

from penstock.api.local import LocalEngine
from penstock.clock import SystemClock
from penstock.errors import PenstockError, StoreError
from penstock.execution.local import LocalExecutor
from penstock.scheduling.loop import Loop
from penstock.service import engine_log
from penstock.service.environment import task_environment
from penstock.service.lock import HomeLock
from penstock.service.notices import Notices
from penstock.service.refresh import Refresh
from penstock.service.retention import forget_old
from penstock.service.sampling import sample
from penstock.service.server import Server
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.pools import ensure_pools

log = logging.getLogger("penstock")


def run(settings: Settings) -> int:
    """Run the engine of *settings* until SIGTERM or SIGINT.

    Returns the exit code, which is 1 when a part of the engine failed. Raises `EngineAlreadyRunningError`
    when one runs already, `StoreError` when the database cannot be used.
    """
    os.umask(0o077)
    engine_log.begin()
    prepare_home(settings)
    with HomeLock(settings.run_folder):
        database = Database.open(settings.database)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                return asyncio.run(_serve(settings, database))
        finally:
            with contextlib.suppress(Exception):
                database.checkpoint(truncate=True)
            database.close()
    return 0


def prepare_home(settings: Settings) -> None:
    """Make the folders of an instance, for its user alone.

    Raises `StoreError` when the home belongs to somebody else.
    """
    for folder in (settings.home, settings.attempts, settings.versions, settings.run_folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = settings.home.stat().st_uid
    if owner != os.geteuid():
        raise StoreError(f"{settings.home} belongs to user {owner}, not to you: one instance, one user")
    for folder in (settings.attempts, settings.versions, settings.run_folder):
        folder.chmod(0o700)
    settings.dags_folder.mkdir(parents=True, exist_ok=True)


async def _serve(settings: Settings, database: Database) -> int:
    clock = SystemClock()
    ensure_pools(database, settings.pools)
    database.reserve_log()
    notices = Notices()
    executor = LocalExecutor(settings)
    loop = Loop(
        database,
        executor,
        settings,
        clock,
        environment=task_environment(settings, os.environ),
        publish=notices.publish,
    )
    engine = LocalEngine(database, settings, loop, since=clock.now())
    server = Server(engine, notices, settings)
    refresh = Refresh(settings, loop)
    stopping = Stopping()
    _on_signals(stopping)
    notices.cursor = loop.gate.cursor
    await loop.recover()
    log.info(
        "engine %d of %s: %d live attempt(s) adopted", os.getpid(), settings.home, len(loop.world.attempts)
    )
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_guard(loop.run(), stopping)),
            group.create_task(_guard(sample(loop, clock), stopping)),
            group.create_task(_guard(forget_old(loop, database, executor, settings, clock), stopping)),
            group.create_task(_guard(refresh.watch(), stopping)),
        ]
        opening = group.create_task(_guard(_open(refresh, server, settings), stopping))
        await stopping.wait()
        opening.cancel()  # files may load still
        await asyncio.wait([opening])
        log.info("going; %d attempt(s) run on", len(loop.world.attempts))
        await server.close()
        loop.stop()
        await tasks[0]
        for task in tasks[1:]:
            task.cancel()
    await refresh.close()
    await executor.close()
    return 1 if stopping.broken else 0


async def _open(refresh: Refresh, server: Server, settings: Settings) -> None:
    """Answer from the moment on at which every DAG file was tried."""
    await refresh.load_all()
    # What is loaded stays: to walk through it, looking for garbage, would hold up tasks for a tenth of
    # a second now and then.
    gc.collect()
    gc.freeze()
    await server.start()
    log.info("ready: %s", settings.socket)


class Stopping(asyncio.Event):
    """Set when the engine is to go; ``broken`` when that is because a part of it failed."""

    broken = False


async def _guard(work: Coroutine[Any, Any, None], stopping: Stopping) -> None:
    """Run a part of the engine; if it fails, the engine goes down in order and says why."""
    try:
        await work
    except PenstockError as error:
        log.critical("%s", error)
        stopping.broken = True
        stopping.set()
    except Exception:
        log.critical("a part of the engine failed", exc_info=True)
        stopping.broken = True
        stopping.set()


def _on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a closed terminal is no reason to go

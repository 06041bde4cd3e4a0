"""The engine's process: opens everything in order, and ends in order.

However the engine ends, no task stops: supervisors outlive it, and the next engine adopts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from penstock import stray_signals
from penstock.api.local import LocalEngine
from penstock.api.wire import prepare
from penstock.clock import SystemClock
from penstock.errors import LostError, PenstockError, StoreError
from penstock.execution.configured import executor_of
from penstock.execution.executor import Executor
from penstock.model.digest import ENGINE_START, ENGINE_STOP
from penstock.model.subject import reason_of
from penstock.scheduling.loop import Loop
from penstock.scheduling.world.clock_setting import clock_words
from penstock.scheduling.world.orders import EngineMoved, Order, TakeIn
from penstock.service import allocator, engine_log, identity, instance
from penstock.service.environment import task_environment
from penstock.service.http_server import serve_http
from penstock.service.lock import HomeLock
from penstock.service.notices import Notices
from penstock.service.refresh import Refresh
from penstock.service.retention import forget_old
from penstock.service.sampling import sample
from penstock.service.server import Server
from penstock.service.strays import strays
from penstock.service.trusted import require_trusted
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.pools import ensure_pools
from penstock.store.trouble import of_the_machine

FAREWELL = 2.0
"""Seconds for which an engine that lost its home or database tells every client before it ends."""

log = logging.getLogger("penstock")

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)

FIRST_ASKED = ("plan", "commit")
"""Questions made ready while nothing happens yet: the types of all acts take some milliseconds."""
AGAIN = 30.0
"""Seconds after which a failed part restarts."""


def run(settings: Settings) -> int:
    """Run the engine of *settings* until SIGTERM or SIGINT.

    Returns the exit code, which is 1 if a part of the engine failed. Raises `EngineAlreadyRunningError`
    if one runs already, `StoreError` if the database cannot be used, `RefusedError` if other users could
    decide what runs here. If home, database or attempts are removed while it runs, the process ends here,
    with the exit code of `LostError`.
    """
    # A closed terminal is no reason to end, and a signal to the wrong process even less.
    stray_signals.disregard(but=_ENDING)
    stray_signals.let_through()
    started_with = os.umask(0o077)
    if settings.umask is None:
        settings = dataclasses.replace(settings, umask=started_with & 0o077)
    engine_log.begin()
    allocator.share_one_heap()
    try:
        return _run(settings)
    except OSError as error:
        if not of_the_machine(error):
            raise
        raise StoreError(f"the engine cannot start: {error}; free some space and start it again") from error


def _run(settings: Settings) -> int:
    require_trusted(settings)
    prepare_home(settings)
    with HomeLock(settings.run_folder) as lock:
        instance.refuse_without_database(settings)
        lock.hold_database(settings.database)
        database = Database.open(settings.database)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                return asyncio.run(_serve(settings, database, lock))
        except LostError:
            _end_without()
        finally:
            with contextlib.suppress(Exception):
                database.checkpoint(truncate=True)
            database.close()
    return 0


def _end_without() -> NoReturn:
    """End the process at once: closing SQLite in order would touch the files that now have its names."""
    logging.shutdown()
    os._exit(LostError.exit_code)


def prepare_home(settings: Settings) -> None:
    """Make the folders of an instance, private to its user.

    Raises `StoreError` if the home belongs to another user.
    """
    for folder in (settings.home, settings.attempts, settings.versions, settings.run_folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = settings.home.stat().st_uid
    if owner != os.geteuid():
        raise StoreError(f"{settings.home} belongs to user {owner}, not to you: one instance, one user")
    for folder in (settings.attempts, settings.versions, settings.run_folder):
        folder.chmod(0o700)
    settings.dags_folder.mkdir(parents=True, exist_ok=True)


async def _serve(settings: Settings, database: Database, lock: HomeLock) -> int:
    clock, notices, stopping = SystemClock(), Notices(), Stopping()
    ensure_pools(database, settings.pools)
    database.reserve_log()
    held = identity.hold(settings, database)
    executor = executor_of(settings)
    loop = Loop(
        database,
        executor,
        settings,
        clock,
        environment=task_environment(settings, os.environ),
        publish=notices.publish,
    )
    engine = LocalEngine(database, settings, executor, loop, since=clock.now())
    server = Server(engine, notices, settings)
    refresh = Refresh(settings, loop, [row.file for row in engine.import_errors()])
    watch = identity.Watch(settings, held, lock, [server.mend, executor.mend])
    loop.remarks = lambda: (
        *(words for part in (watch, refresh, executor) for words in part.warnings),
        *clock_words(loop.world),
    )
    loop.after_much = allocator.give_back_soon
    _on_signals(stopping)
    notices.cursor = loop.gate.cursor
    await _recover(loop, settings, database, executor)
    async with asyncio.TaskGroup() as group:
        beside = {
            "sampling": lambda: sample(loop, executor, clock),
            "retention": lambda: forget_old(loop, database, executor, settings, clock),
            "watching DAG files": refresh.watch,
        }
        if settings.http:
            beside["the HTTP API"] = lambda: serve_http(settings)
        tasks = _begin(group, stopping, loop, watch, beside)
        opening = group.create_task(_guard(_open(refresh, server, settings, loop), stopping))
        await stopping.wait()
        opening.cancel()  # files may still be loading
        await asyncio.wait([opening])
        log.info("ending; %d attempt(s) go on", len(loop.world.attempts))
        if stopping.lost is not None:
            await _say_farewell(server, database, settings, stopping.lost)
        await server.close()
        loop.stop(*_last_word(stopping))
        await tasks[0]
        for task in tasks[1:]:
            task.cancel()
    await refresh.close()
    await executor.close()
    if stopping.lost is not None:
        raise stopping.lost
    return 1 if stopping.broken else 0


def _last_word(stopping: Stopping) -> list[Order]:
    """Return what to write down at the end, so that people who were away can tell it from a crash."""
    return [] if stopping.broken else [EngineMoved(ENGINE_STOP, f"engine {os.getpid()} was stopped")]


async def _recover(loop: Loop, settings: Settings, database: Database, executor: Executor) -> None:
    """Adopt what outlived the last engine, of this home or of the earlier place of its database."""
    origin = instance.origin(settings, database)
    if origin.copy_of is not None:
        log.warning(
            "this home is a copy of %s, which still exists: its running attempts are left alone, and are "
            "lost here; schedules run in both. From now on this is a separate instance",
            origin.copy_of,
        )
    for stray in strays(database, executor, known=origin.known):
        loop.order(TakeIn((stray,)))
    loop.order(EngineMoved(ENGINE_START, f"engine {os.getpid()} of {settings.home}"))
    await loop.recover()
    instance.settle(settings, database, origin)
    adopted = len(loop.world.attempts)
    log.info("engine %d of %s: %d live attempt(s) adopted", os.getpid(), settings.home, adopted)


def _begin(
    group: asyncio.TaskGroup,
    stopping: Stopping,
    loop: Loop,
    watch: identity.Watch,
    beside: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
) -> list[asyncio.Task[None]]:
    """Start the parts of the engine, the loop first; those *beside* it are restarted under their names."""
    parts = [loop.run(), watch.run(), *(_kept_up(name, begin, loop) for name, begin in beside.items())]
    return [group.create_task(_guard(part, stopping)) for part in parts]


async def _say_farewell(server: Server, database: Database, settings: Settings, lost: LostError) -> None:
    """Tell every client why the engine ends, and save what can be saved."""
    server.refuse(lost)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = settings.database.with_name(f"{settings.database.name}.rescued-{stamp}")
    copy = await asyncio.to_thread(database.rescue, target)
    if copy is not None:
        log.critical("everything that was acknowledged is in %s: `penstock db restore %s`", copy, copy)
        server.refuse(LostError(f"{lost}. Everything that was acknowledged is in {copy}"))
    await asyncio.sleep(FAREWELL)


async def _open(refresh: Refresh, server: Server, settings: Settings, loop: Loop) -> None:
    """Start to answer once every DAG file was tried."""
    try:
        await refresh.load_all()
    except LostError:
        raise
    except Exception as error:
        log.exception("DAG files could not be loaded")
        loop.troubles["loading"] = f"DAG files could not be loaded at the start: {reason_of(error)}"
    # Loaded objects stay: searching them for garbage would delay tasks for a tenth of a second now
    # and then.
    gc.collect()
    gc.freeze()
    allocator.give_back()
    await server.start()
    log.info("ready: %s", settings.socket)
    for name in FIRST_ASKED:
        await asyncio.sleep(0)
        prepare(name)


async def _kept_up(name: str, begin: Callable[[], Coroutine[Any, Any, None]], loop: Loop) -> None:
    """Run a part that the others do not need; if it fails, status says so, and it is restarted."""
    while True:
        try:
            await begin()
            return
        except LostError:
            raise
        except Exception as error:
            log.exception("%s failed; it restarts in %g s", name, AGAIN)
            loop.troubles[name] = f"{name} failed, and is restarted again and again: {reason_of(error)}"
        await asyncio.sleep(AGAIN)
        asyncio.get_running_loop().call_later(10 * AGAIN, loop.troubles.pop, name, None)


class Stopping(asyncio.Event):
    """Set when the engine has to end; ``broken`` if that is because a part of it failed."""

    broken = False
    lost: LostError | None = None
    """Why the engine has to end without its home or database."""


async def _guard(work: Coroutine[Any, Any, None], stopping: Stopping) -> None:
    """Run a part of the engine; if it fails, the engine ends in order and says why."""
    try:
        await work
    except PenstockError as error:
        if stopping.lost is None:  # only the first to notice reports it
            log.critical("%s", error)
        if isinstance(error, LostError):
            stopping.lost = error
        stopping.broken = True
        stopping.set()
    except Exception:
        log.critical("a part of the engine failed", exc_info=True)
        stopping.broken = True
        stopping.set()


def _on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, stopping.set)

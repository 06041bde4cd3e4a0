"""The engine and its state: does it run, is the database undamaged, does anything wait for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli.checks import Check
from penstock.errors import EngineNotRunningError, PenstockError
from penstock.model.states import OCCUPIES_SLOT, WOKEN, TaskState

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.cli.session import Session
    from penstock.model.views.quarantine import QuarantineRow
    from penstock.model.views.runs import RunDetail, TaskRow
    from penstock.model.views.status import EngineStatus, ImportErrorRow
    from penstock.settings import Settings

_OVERDUE = timedelta(minutes=1)


def check_engine(session: Session) -> Iterator[Check]:
    """Yield the checks of engine and state; works without an engine too."""
    settings = session.settings
    yield from _database(settings)
    from penstock.cli.running import holder, silence

    found = holder(settings)
    if found is not None and found.stopped:
        yield Check("engine", "fail", silence(found), f"kill -CONT {found.pid}")
        yield _files_now(settings)
        return
    try:
        status = session.engine().status()
    except EngineNotRunningError as error:
        yield _silent(settings, error)
        if settings.database.is_file():
            with suppress(Exception):  # a fault in the database is reported already
                yield _quarantine(session.reader(quietly=True).quarantine())
        yield _files_now(settings)
        return
    except PenstockError as error:
        yield Check("engine", "fail", str(error), "penstock down && penstock up -d")
        return
    engine = session.engine()
    yield _version(status)
    for warning in status.warnings:
        if "(penstock quarantine list)" in warning:
            continue  # that has its own check
        yield Check("engine", "warn", warning)
    yield _files(engine.import_errors())
    yield _quarantine(engine.quarantine())
    yield _slots(engine, status)
    yield _overdue(engine)


def _database(settings: Settings) -> Iterator[Check]:
    if not settings.database.is_file():
        yield _no_database(settings)
        return
    from penstock.cli.text import size
    from penstock.errors import StoreError
    from penstock.store.database import Database

    try:
        database = Database.open(settings.database, readonly=True)
        try:
            verdict = database.quick_check()
        finally:
            database.close()
    except StoreError as error:
        yield Check("database", "fail", str(error))
        return
    except Exception as error:  # noqa: BLE001  (a damaged file can raise anything)
        verdict = str(error)
    if verdict == "ok":
        text = f"undamaged, schema {Database.schema_version}, {size(settings.database.stat().st_size)}"
        yield Check("database", "ok", text)
    else:
        yield Check("database", "fail", f"damaged: {verdict}", "stop the engine and restore a backup")


def _no_database(settings: Settings) -> Check:
    from penstock.service.instance import lost_database

    if lost_database(settings):
        text = f"{settings.database} is missing, but this instance had one"
        return Check("database", "fail", text, "put it back, or restore a copy: penstock db restore COPY")
    return Check("database", "ok", "none yet; the engine makes it")


def _silent(settings: Settings, error: EngineNotRunningError) -> Check:
    from penstock.cli.running import holder, silence

    found = holder(settings)
    if found is not None:
        return Check("engine", "fail", f"{silence(found)} ({error})", "penstock down && penstock up -d")
    left = "; its socket was left behind, which does no harm" if settings.socket.exists() else ""
    return Check("engine", "warn", f"none is running{left}", "penstock up -d")


def _version(status: EngineStatus) -> Check:
    from penstock.cli.text import moment
    from penstock.version import __version__

    if status.version != __version__:
        return Check(
            "engine",
            "warn",
            f"runs version {status.version}, this is {__version__}",
            "penstock down && penstock up -d (stops no task)",
        )
    return Check("engine", "ok", f"running since {moment(status.since)}, pid {status.pid}")


def _quarantine(rows: list[QuarantineRow]) -> Check:
    if rows:
        named = "; ".join(f"{row.kind} {row.id}: {row.reason}" for row in rows[:3])
        more = f"; and {len(rows) - 3} more" if len(rows) > 3 else ""
        todo = "penstock quarantine list, then retry or drop each"
        return Check("quarantine", "fail", f"{len(rows)} left out: {named}{more}", todo)
    return Check("quarantine", "ok", "nothing is left out")


def _files(rows: list[ImportErrorRow]) -> Check:
    if rows:
        names = ", ".join(row.file for row in rows[:5])
        return Check("dag files", "fail", f"{len(rows)} do not load: {names}", "penstock dags errors")
    return Check("dag files", "ok", "all load")


def _files_now(settings: Settings) -> Check:
    """Load the files in this process, because no engine has loaded them."""
    from penstock.loading.discover import Discovery
    from penstock.loading.parse import parse_file_sync
    from penstock.loading.warm import WarmParents

    found = Discovery(settings.dags_group or None).scan(settings.dags_folder)
    files = list(found.files)
    broken = [Path(problem.file) for problem in found.problems]
    with WarmParents() as parents:
        broken += [file for file in files if parse_file_sync(file, settings=settings, starter=parents).errors]
    if broken:
        names = ", ".join(file.name for file in broken[:5])
        return Check(
            "dag files",
            "fail",
            f"{len(broken)} do not load: {names}",
            f"penstock parse {broken[0]}",
        )
    return Check("dag files", "ok", f"{len(files)}, all load" if files else f"none in {settings.dags_folder}")


def _slots(engine: Engine, status: EngineStatus) -> Check:
    full = [pool for pool in engine.pools() if pool.waiting and pool.used >= pool.slots]
    if status.parallelism and status.running >= status.parallelism and status.queued:
        return Check(
            "slots",
            "warn",
            f"all {status.parallelism} are taken, {status.queued} wait",
            "raise parallelism in penstock.toml",
        )
    if full:
        names = ", ".join(f"{pool.name} ({pool.waiting} wait)" for pool in full[:5])
        return Check("slots", "warn", f"full pools: {names}", "penstock pools list")
    return Check("slots", "ok", f"{status.running} of {status.parallelism} taken")


def _overdue(engine: Engine) -> Check:
    now = datetime.now(UTC)
    late = [
        f"{detail.run.dag_id} {detail.run.run_id} {task.task_id}"
        for detail in _active(engine)
        for task in detail.tasks
        if _is_late(detail, task, now)
    ]
    if late:
        return Check(
            "deadlines",
            "fail",
            f"{len(late)} past their deadline: {'; '.join(late[:3])}",
            f"penstock why {late[0]}",
        )
    return Check("deadlines", "ok", "nothing is past its deadline")


def _active(engine: Engine) -> Iterator[RunDetail]:
    for row in engine.dags(strip=0):
        if row.active_runs:
            for run in engine.runs(row.dag_id, limit=100):
                if run.end is None:
                    yield engine.run(run.dag_id, run.run_id)


def _is_late(detail: RunDetail, task: TaskRow, now: datetime) -> bool:
    if task.stop_deadline is not None and task.state in OCCUPIES_SLOT - {TaskState.QUEUED}:
        return now > task.stop_deadline + _OVERDUE
    stands_still = detail.frozen or detail.run.held or task.held
    return bool(
        task.state in WOKEN
        and task.next_at is not None
        and now > task.next_at + _OVERDUE
        and not stands_still
    )

"""Maintains an instance's state from outside the engine: sizes, check, backup, restore, vacuum."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from penstock.errors import EngineAlreadyRunningError, RefusedError, StoreError
from penstock.execution.configured import archive_of
from penstock.loading.keep import kept_source
from penstock.service.lock import HomeLock
from penstock.service.retention import orphans
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.upkeep.backup import Copy, back_up, put_back, shrink
from penstock.store.upkeep.health import (
    DagSize,
    Problem,
    TableSize,
    dag_sizes,
    oldest_run,
    problems,
    sources,
    table_sizes,
)

_YOUNG = 3600.0
"""Seconds by which the folder of an attempt may be ahead of what a reader of the database sees."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of an instance, in bytes. ``log_bytes`` is from the rows, of attempts that have ended."""

    database_bytes: int
    wal_bytes: int
    free_bytes: int
    """In the database: space of deleted rows, which new ones use first and `vacuum` gives back."""
    log_bytes: int
    oldest_run: datetime | None
    tables: list[TableSize]
    dags: list[DagSize]


def sizes(settings: Settings) -> Sizes:
    """Return the size of the state, by table and by DAG."""
    database = Database.open(settings.database, readonly=True)
    try:
        dags = dag_sizes(database)
        oldest = oldest_run(database)
        return Sizes(
            database_bytes=settings.database.stat().st_size,
            wal_bytes=database.wal_bytes(),
            free_bytes=database.free_bytes(),
            log_bytes=sum(dag.log_bytes for dag in dags),
            oldest_run=None if oldest is None else datetime.fromtimestamp(oldest / 1e6, UTC),
            tables=table_sizes(database),
            dags=dags,
        )
    finally:
        database.close()


def check(settings: Settings) -> list[Problem]:
    """Return everything that is wrong with the state; nothing is changed. Raises `StoreError`."""
    database = Database.open(settings.database, readonly=True)
    try:
        found = list(problems(database))
        if any(problem.kind == "file" for problem in found):
            return found  # nothing else in such a file can be trusted
        missing = [each for each in sorted(sources(database)) if not kept_source(settings, each).is_file()]
        found += [
            Problem("files", f"versions/{each}.py is missing: runs of it cannot go on") for each in missing
        ]
        unknown = orphans(database, archive_of(settings), before=time.time() - _YOUNG)
    finally:
        database.close()
    if unknown:
        some = ", ".join(unknown[:3]) + (" ..." if len(unknown) > 3 else "")
        text = f"{len(unknown)} folder(s) of attempts without a row: {some}"
        found.append(Problem("files", f"{text}; the engine removes them within a day"))
    return found


def backup(settings: Settings, target: Path, *, replace: bool = False) -> Copy:
    """Write a checked copy of the database to *target*, whether or not an engine runs."""
    return back_up(settings.database, target.absolute(), replace=replace)


def restore(settings: Settings, copy: Path) -> tuple[Copy, Path | None]:
    """Replace the database by *copy*; return it and where the old one is now.

    Raises `RefusedError` while an engine runs, `StoreError` if the copy cannot be used.
    """
    with _alone(settings):
        aside = None
        if settings.database.exists():
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            aside = _unused(settings.database.with_name(f"{settings.database.name}.before-restore-{stamp}"))
        done = put_back(copy.absolute(), settings.database, aside or settings.database)
    return done, aside


def create(settings: Settings) -> None:
    """Make an empty database if there is none. Raises `RefusedError` if there is one, or an engine runs."""
    with _alone(settings):
        if settings.database.exists():
            raise RefusedError(f"{settings.database} exists: nothing to create")
        Database.open(settings.database).close()


def vacuum(settings: Settings) -> tuple[int, int]:
    """Give unused space back to the disk; return the bytes before and after. Raises as `restore`."""
    with _alone(settings):
        Database.open(settings.database, readonly=True).close()  # does it exist, and is it ours?
        return shrink(settings.database)


def _unused(path: Path) -> Path:
    number = 1
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the home without an engine; none can start in the meantime."""
    if not settings.home.is_dir():
        raise StoreError(f"{settings.home} does not exist")
    settings.run_folder.mkdir(mode=0o700, exist_ok=True)
    lock = HomeLock(settings.run_folder)
    try:
        lock.__enter__()
    except EngineAlreadyRunningError as error:
        raise RefusedError(f"{error}: `penstock down` first; running tasks go on") from None
    try:
        yield
    finally:
        lock.__exit__()

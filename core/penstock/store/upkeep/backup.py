"""Backups of a database: made while the engine writes, checked, and restored."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from penstock.errors import StoreError
from penstock.store.network import network_file_system
from penstock.store.sql.schema import APPLICATION_ID, SCHEMA_VERSION
from penstock.store.sqlite.copies import COPY_FAILED, copy_file, fold_log, logs_of, read_through, shrink_file


@dataclass(frozen=True, slots=True)
class Copy:
    """A checked copy: its file, size in bytes, schema, and number of runs."""

    path: Path
    bytes: int
    schema: int
    runs: int


def back_up(source: Path, target: Path, *, replace: bool = False) -> Copy:
    """Copy the database *source*, as it is at one moment, to *target*, check the copy, and return it.

    The engine may go on writing. *target* appears complete or not at all; an existing one is refused
    unless *replace*. Raises `StoreError`.
    """
    if not source.is_file():
        raise StoreError(f"{source} does not exist")
    if target.exists() and not replace:
        raise StoreError(f"{target} exists already; choose another name, or use --force")
    if target.exists() and target.samefile(source):
        raise StoreError(f"{target} is the database itself")
    part = target.with_name(f"{target.name}.part")
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        copy_file(source, part)
        proved = prove(part)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except COPY_FAILED as error:
        raise StoreError(f"{target} could not be written: {error}") from None
    finally:
        with suppress(OSError):
            part.unlink()
    return Copy(target, proved.bytes, proved.schema, proved.runs)


def prove(path: Path) -> Copy:
    """Check a copy and describe it; raise `StoreError` if it is damaged or not Penstock's."""
    if not path.is_file():
        raise StoreError(f"{path} does not exist")
    try:
        found = read_through(path, APPLICATION_ID, SCHEMA_VERSION)
    except COPY_FAILED as error:
        raise StoreError(f"{path} is not a complete SQLite database: {error}") from None
    if found.application != APPLICATION_ID:
        raise StoreError(f"{path} is not a Penstock database")
    if found.schema > SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema {found.schema}, this program supports {SCHEMA_VERSION}: use a newer program"
        )
    if found.damage is not None:
        raise StoreError(f"{path} is damaged: {found.damage}")
    return Copy(path, path.stat().st_size, found.schema, found.runs)


def put_back(copy: Path, database: Path, aside: Path) -> Copy:
    """Replace *database* with *copy*; the old one stays beside it as *aside*.

    No process may have the database open. At every moment either the old or the new one is there, so
    a crash loses neither. Raises `StoreError`.
    """
    kind = network_file_system(database.parent)
    if kind:
        raise StoreError(f"{database.parent} is on a network file system ({kind})")
    proved = prove(copy)
    fresh = database.with_name(f"{database.name}.restoring")
    try:
        back_up(copy, fresh, replace=True)
        if database.exists():
            _set_aside(database, aside)
        fresh.replace(database)
        _sync(database.parent)
    except OSError as error:
        raise StoreError(f"{database} could not be replaced: {error}") from None
    finally:
        with suppress(OSError):
            fresh.unlink()
    return Copy(database, proved.bytes, proved.schema, proved.runs)


def shrink(database: Path) -> tuple[int, int]:
    """Give the space of deleted rows back to the disk; return the bytes before and after.

    No other process may have it open, and the disk needs space for a second one. Raises `StoreError`.
    """
    before = database.stat().st_size
    try:
        shrink_file(database)
    except COPY_FAILED as error:
        raise StoreError(f"{database} could not be vacuumed: {error}") from None
    return before, database.stat().st_size


def _set_aside(database: Path, aside: Path) -> None:
    """Give the old database a second name, with everything that is still in its log.

    If it is damaged, which may be the reason for the restore, the log is kept beside it as it is.
    """
    log, log_aside = logs_of(database)[0], logs_of(aside)[0]
    os.link(database, aside)
    if log.exists():
        os.link(log, log_aside)
        fold_log(database)
        if not log_aside.stat().st_size:  # its contents are in the file now; otherwise it stays beside it
            log_aside.unlink()
    for beside in logs_of(database):
        with suppress(FileNotFoundError):
            beside.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

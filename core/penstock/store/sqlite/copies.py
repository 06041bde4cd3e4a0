"""Copies, checks and shrinks whole database files. Every function may raise `sqlite3.Error`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from penstock.store.sqlite.header import read_header

COPY_FAILED = (OSError, sqlite3.Error)
"""Exceptions from making or reading a copy."""


@dataclass(frozen=True, slots=True)
class Read:
    """The result of reading a whole file; ``damage`` is None if it is undamaged."""

    application: int
    schema: int
    damage: str | None
    runs: int


def copy_out(raw: sqlite3.Connection, target: Path) -> None:
    """Write what a connection sees to *target*, an empty file."""
    raw.execute("VACUUM INTO ?", (str(target),))


def copy_whole(raw: sqlite3.Connection, target: Path) -> None:
    """Write what a connection sees to *target*, which must not exist; an interrupted copy leaves no file."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
    copy_out(raw, part)
    part.rename(target)


def copy_file(source: Path, target: Path) -> None:
    """Copy a database, as it is at one moment, to *target*, an empty file. The engine may go on writing."""
    with closing(_open(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def read_through(path: Path, application: int, newest_schema: int) -> Read:
    """Read a whole file; only the header if it is another *application*'s or newer than *newest_schema*."""
    with closing(_open(path)) as raw:
        found, schema = read_header(raw)
        if found != application or schema > newest_schema:
            return Read(found, schema, None, 0)
        said = str(raw.execute("PRAGMA integrity_check(1)").fetchone()[0])
        if said != "ok":
            return Read(found, schema, said, 0)
        return Read(found, schema, None, int(raw.execute("SELECT count(*) FROM run").fetchone()[0]))


def shrink_file(path: Path) -> None:
    """Give the space of deleted rows back to the disk. No other process may have the file open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def logs_of(path: Path) -> tuple[Path, Path]:
    """Return the paths of a database's log and of its index."""
    return Path(f"{path}-wal"), Path(f"{path}-shm")


def fold_log(path: Path) -> None:
    """Move the contents of the log into the file, as far as they can be read."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open(path: Path) -> sqlite3.Connection:
    """Open for reading, including what others have written to the log."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30.0)

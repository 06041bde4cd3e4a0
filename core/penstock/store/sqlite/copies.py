"""Copying, reading through and shrinking whole database files. Every function may raise `sqlite3.Error`."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from penstock.store.sqlite.header import read_header

COPY_FAILED = (OSError, sqlite3.Error)
"""What making or reading a copy may raise."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says of itself when it is read through; ``damage`` is None of a whole one."""

    application: int
    schema: int
    damage: str | None
    runs: int


def copy_out(raw: sqlite3.Connection, target: Path) -> None:
    """Write what a connection sees to *target*, an empty file."""
    raw.execute("VACUUM INTO ?", (str(target),))


def copy_file(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment into *target*, an empty file. The engine may write meanwhile."""
    with closing(_open(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def read_through(path: Path, application: int, newest_schema: int) -> Read:
    """Read a whole file; of one that is another *application*'s or newer than *newest_schema* the header."""
    with closing(_open(path)) as raw:
        found, schema = read_header(raw)
        if found != application or schema > newest_schema:
            return Read(found, schema, None, 0)
        said = str(raw.execute("PRAGMA integrity_check(1)").fetchone()[0])
        if said != "ok":
            return Read(found, schema, said, 0)
        return Read(found, schema, None, int(raw.execute("SELECT count(*) FROM run").fetchone()[0]))


def shrink_file(path: Path) -> None:
    """Give the room of deleted rows back to the disk. Nobody else may have the file open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def logs_of(path: Path) -> tuple[Path, Path]:
    """Return where the log of a database is, and the index of that log."""
    return Path(f"{path}-wal"), Path(f"{path}-shm")


def fold_log(path: Path) -> None:
    """Move what the log holds into the file, as far as that can be read."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open(path: Path) -> sqlite3.Connection:
    """Open for reading. What others write into the log beside the file is seen."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30.0)

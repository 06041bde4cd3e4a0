"""The write-ahead log beside a database file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from penstock.store.sqlite.connect import CHECKPOINT_PAGES
from penstock.store.sqlite.connection import Connection

_ROOM_TO_RESERVE = 64 << 20
"""With less free disk space than this, in bytes, the log is kept small and gets no space in advance."""
_FEW_PAGES = 250


def checkpoint(raw: sqlite3.Connection, *, truncate: bool) -> None:
    """Move the log into the database file; with *truncate* all of it, and empty the log."""
    raw.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'PASSIVE'})")


def log_bytes(database: Path) -> int:
    """Return the size of the log; 0 if there is none."""
    try:
        return _log_of(database).stat().st_size
    except OSError:
        return 0


def has_room_to_reserve(database: Path) -> bool:
    """Whether the disk has plenty of space for a log of its usual size. Raises OSError."""
    space = os.statvfs(database.parent)
    return space.f_bavail * space.f_frsize >= _ROOM_TO_RESERVE


def keep_small(connection: Connection) -> None:
    """Move the log into the database early, to leave the space for tasks."""
    connection.execute(f"PRAGMA wal_autocheckpoint = {_FEW_PAGES}")


def fill(connection: Connection) -> None:
    """Write as much as the log usually has, and roll it back: the log keeps the disk space."""
    # More than the page cache, so it is written to the log before the rollback.
    connection.execute("CREATE TABLE room (bytes BLOB)")
    connection.execute("INSERT INTO room VALUES (zeroblob(?))", (CHECKPOINT_PAGES * 4096,))
    connection.rollback()


def sync(database: Path) -> None:
    """Wait until the log is on the disk; a log that cannot be opened is left alone."""
    with contextlib.suppress(OSError), _log_of(database).open("rb") as log:
        os.fsync(log.fileno())


def _log_of(database: Path) -> Path:
    return Path(f"{database}-wal")

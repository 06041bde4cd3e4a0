"""The one file that knows SQLite's settings: how connections to a database file are opened.

One writer, one checkpointer: the engine. WAL with ``synchronous=FULL``: what is committed survives a
power failure.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from penstock.store.sqlite.text import Raw

_BUSY_MS = 5_000
_WAL_LIMIT = 64 << 20
CHECKPOINT_PAGES = 4_000
"""Pages (4 KiB) in the log before it is moved into the database, which takes some milliseconds."""
FOR_WRITING = "BEGIN IMMEDIATE"
"""How a transaction begins that writes: it waits for others here, and not at its first write."""


def make_file(path: Path) -> None:
    """Make an empty file for a database, for this user alone. Raises OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def open_file(path: Path, *, readonly: bool) -> Raw:
    """Return a connection to a database file that exists."""
    target = f"file:{quote(str(path))}?mode={'ro' if readonly else 'rw'}"  # never made here: see `make_file`
    raw = sqlite3.connect(
        target,
        uri=True,
        isolation_level=None,  # the driver's own transactions fail with BUSY at the first write
        timeout=_BUSY_MS / 1000,
        check_same_thread=False,
        factory=Raw,
    )
    try:
        _settle(raw, readonly=readonly)
    except BaseException:
        raw.close()
        raise
    return raw


def _settle(raw: sqlite3.Connection, *, readonly: bool) -> None:
    raw.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA trusted_schema = OFF")
    if readonly:
        raw.execute("PRAGMA wal_autocheckpoint = 0")
        raw.execute("PRAGMA query_only = ON")
    else:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA fullfsync = ON")
        raw.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
        raw.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")

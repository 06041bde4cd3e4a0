"""The one file that knows SQLite's settings: how connections to a database file are opened.

One writer, one checkpointer: the engine. WAL with ``synchronous=FULL``: what is committed survives a
power failure.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.store.sqlite.text import Raw

_BUSY_MS = 5_000
_WAL_LIMIT = 64 << 20
CHECKPOINT_PAGES = 4_000
"""Pages (4 KiB) in the log before it is moved into the database, which takes some milliseconds."""
WRITES = "write"
"""The key in a connection's ``info`` that makes it begin a write transaction."""


def make_file(path: Path) -> None:
    """Make an empty file for a database, for this user alone. Raises OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def open_file(path: Path, *, readonly: bool) -> sa.Engine:
    """Return an engine over a database file that exists; nothing is read yet."""
    target = f"file:{quote(str(path))}?mode={'ro' if readonly else 'rw'}"  # never made here: see `make_file`

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(
            target,
            uri=True,
            isolation_level=None,
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

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool, pool_size=4)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own transactions are switched off: it would begin deferred ones, which fail
        # with BUSY at the first write instead of waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get(WRITES) else "BEGIN")

    return engine


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

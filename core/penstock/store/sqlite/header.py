"""The header of a database file: its application and its schema."""

from __future__ import annotations

import sqlite3

from penstock.store.sqlite.connection import Connection


def read_header(raw: sqlite3.Connection) -> tuple[int, int]:
    """Return the number of the application and that of the schema; (0, 0) for an empty file."""
    application = raw.execute("PRAGMA application_id").fetchone()[0]
    return int(application), int(raw.execute("PRAGMA user_version").fetchone()[0])


def write_header(connection: Connection, application: int, schema: int) -> None:
    """Write both, in the transaction that *connection* is in."""
    connection.execute(f"PRAGMA application_id = {application}")
    connection.execute(f"PRAGMA user_version = {schema}")


def holds_nothing(raw: sqlite3.Connection) -> bool:
    """Whether the file has no table yet."""
    return bool(raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0)

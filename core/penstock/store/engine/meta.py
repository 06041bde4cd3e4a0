"""Facts about the database as a whole: a value by name."""

from __future__ import annotations

from penstock.store.database import Database
from penstock.store.sql.engine import meta as sql

RETENTION = "retention"
"""The name under which the last pass of retention is written down: `RetentionFacts` as JSON."""


def read_meta(database: Database, key: str) -> str | None:
    """Return the value of *key*, or None."""
    with database.read() as connection:
        value: str | None = connection.scalar(sql.VALUE, {"key": key})
    return value


def write_meta(database: Database, key: str, value: str) -> None:
    """Set the value of *key*."""
    with database.write() as connection:
        connection.write(sql.DELETE, [(key,)])
        connection.write(sql.INSERT, [(key, value)])

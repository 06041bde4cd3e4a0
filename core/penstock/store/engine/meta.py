"""Facts about the database as a whole: a value by name."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store import tables
from penstock.store.database import Database
from penstock.store.statement import table_of

RETENTION = "retention"
"""The name under which the last pass of retention is written down: `RetentionFacts` as JSON."""

_meta = table_of(tables.MetaRow)


def read_meta(database: Database, key: str) -> str | None:
    """Return the value of *key*, or None."""
    with database.read() as connection:
        value: str | None = connection.scalar(sa.select(_meta.c.value).where(_meta.c.key == key))
    return value


def write_meta(database: Database, key: str, value: str) -> None:
    """Set the value of *key*."""
    with database.write() as connection:
        connection.execute(sa.delete(_meta).where(_meta.c.key == key))
        connection.execute(sa.insert(_meta).values(key=key, value=value))

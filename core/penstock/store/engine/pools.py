"""Pools that the settings name."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from penstock.store import tables
from penstock.store.database import Database
from penstock.store.statement import table_of

_pool = table_of(tables.PoolRow)


def ensure_pools(database: Database, wanted: Mapping[str, int]) -> None:
    """Create the pools that do not exist; existing ones keep their size."""
    with database.write() as connection:
        standing = set(connection.execute(sa.select(_pool.c.name)).scalars())
        rows = [
            {"name": name, "slots": slots, "description": None, "include_deferred": False}
            for name, slots in wanted.items()
            if name not in standing
        ]
        if rows:
            connection.execute(sa.insert(_pool), rows)

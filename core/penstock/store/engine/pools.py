"""Pools that the settings name."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.store.database import Database
from penstock.store.sql.engine import pools as sql


def ensure_pools(database: Database, wanted: Mapping[str, int]) -> None:
    """Create the pools that do not exist; existing ones keep their size."""
    with database.write() as connection:
        standing = set(connection.execute(sql.NAMES).scalars())
        missing = [(name, slots, None, False) for name, slots in wanted.items() if name not in standing]
        connection.write(sql.INSERT, missing)

"""The schema of a database: created in a new one, checked and migrated when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import SQLModel

from penstock.errors import StoreError
from penstock.store import tables
from penstock.store.sqlite.guards import guards_hold, install_guards
from penstock.store.sqlite.header import holds_nothing, read_header, write_header
from penstock.store.statement import table_of

if TYPE_CHECKING:
    from penstock.store.database import Database


def prepare(database: Database) -> None:
    """Create, check or migrate the schema; only check it if *database* is read-only.

    Raises `StoreError` for a file that is not Penstock's or has a newer schema.
    """
    with database.raw() as raw:
        application, version = read_header(raw)
        empty = holds_nothing(raw)
    if empty and not database.readonly:
        _create(database)
        return
    if application != tables.APPLICATION_ID:
        raise StoreError(f"{database.path} is not a Penstock database")
    if version > tables.SCHEMA_VERSION:
        raise StoreError(
            f"{database.path} has schema {version}, this program supports {tables.SCHEMA_VERSION}: "
            "use a newer program, or restore a backup"
        )
    if version < tables.SCHEMA_VERSION and not database.readonly:
        from penstock.store.migrations import upgrade

        upgrade(database, version)
    elif not database.readonly:
        _refresh_guards(database)


def is_older(database: Database) -> bool:
    """Whether a newer program would migrate *database* first."""
    with database.raw() as raw:
        return read_header(raw)[1] < tables.SCHEMA_VERSION


def _refresh_guards(database: Database) -> None:
    """Update the guards to the moves that this program supports."""
    with database.read() as connection:
        known = guards_hold(connection)
    if not known:
        with database.write() as connection:
            install_guards(connection)


def _create(database: Database) -> None:
    with database.write() as connection:
        SQLModel.metadata.create_all(connection)
        install_guards(connection)
        default_pool = {
            "name": "default_pool",
            "slots": 128,
            "description": "Tasks without a pool",
            "include_deferred": False,
        }
        connection.execute(sa.insert(table_of(tables.PoolRow)), [default_pool])
        write_header(connection, tables.APPLICATION_ID, tables.SCHEMA_VERSION)

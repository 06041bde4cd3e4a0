"""The schema of a database: created in a new one, checked and migrated when it is opened."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from penstock.errors import StoreError
from penstock.store.sql import schema as sql
from penstock.store.sqlite.guards import guards_hold, install_guards
from penstock.store.sqlite.header import holds_nothing, read_header, write_header

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
    if application != sql.APPLICATION_ID:
        raise StoreError(f"{database.path} is not a Penstock database")
    if version > sql.SCHEMA_VERSION:
        raise StoreError(
            f"{database.path} has schema {version}, this program supports {sql.SCHEMA_VERSION}: "
            "use a newer program, or restore a backup"
        )
    if version < sql.SCHEMA_VERSION and not database.readonly:
        _migrate(database)
    elif not database.readonly:
        _refresh_guards(database)


def is_older(database: Database) -> bool:
    """Whether a newer program would migrate *database* first."""
    with database.raw() as raw:
        return read_header(raw)[1] < sql.SCHEMA_VERSION


def _migrate(database: Database) -> None:
    """Migrate in a process of its own: what that imports is not needed afterwards."""
    database.close()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "penstock.store.migrations", str(database.path)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip() or f"it ended with {done.returncode}"
        raise StoreError(f"{database.path} could not be migrated: {said}")


def _refresh_guards(database: Database) -> None:
    """Update the guards to the moves that this program supports."""
    with database.read() as connection:
        known = guards_hold(connection)
    if not known:
        with database.write() as connection:
            install_guards(connection)


def _create(database: Database) -> None:
    with database.write() as connection:
        for statement in sql.TABLES:
            connection.execute(statement)
        install_guards(connection)
        connection.write(sql.DEFAULT_POOL, [("default_pool", 128, "Tasks without a pool", False)])
        write_header(connection, sql.APPLICATION_ID, sql.SCHEMA_VERSION)

"""Migrations: each revision raises SQLite's user_version by one. A copy is kept before the first.

A new database is made from the tables; a test checks that both ways give the same schema. A revision
is a file ``versions/0002_what_it_does.py``; raise `tables.SCHEMA_VERSION` with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penstock.store import tables

if TYPE_CHECKING:
    from penstock.store.database import Database

BACKUP_SUFFIX = ".before-{version}"


def upgrade(database: Database, version: int) -> None:
    """Bring *database* from schema *version* (0: empty) to the current one, and keep a copy beside it.

    Alembic is imported only here: a database that is up to date does not need it.
    """
    from alembic import command
    from alembic.config import Config

    from penstock.store.sqlite.guards import drop_guards, install_guards
    from penstock.store.sqlite.header import write_header

    if version:
        suffix = BACKUP_SUFFIX.format(version=tables.SCHEMA_VERSION)
        copy = database.path.with_name(database.path.name + suffix)
        if not copy.exists():
            database.backup(copy)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.rebuild() as connection:
        drop_guards(connection)
        config.attributes["connection"] = connection
        if version:
            command.stamp(config, f"{version:04d}")
        command.upgrade(config, "head")
        # The schema's number is in the file's own header.
        connection.exec_driver_sql("DROP TABLE alembic_version")
        install_guards(connection)
        write_header(connection, tables.APPLICATION_ID, tables.SCHEMA_VERSION)

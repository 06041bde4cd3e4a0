"""Migrations: each revision raises SQLite's user_version by one. A copy is kept before the first.

A new database is made whole from the tables; a test holds both ways to the same schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penstock.store import tables

if TYPE_CHECKING:
    from penstock.store.database import Database

BACKUP_SUFFIX = ".before-{version}"


def upgrade(database: Database, version: int) -> None:
    """Bring *database* from schema *version* to the present one, keeping a copy beside it.

    Alembic is imported only here: a database that is up to date never pays for it.
    """
    from alembic import command
    from alembic.config import Config

    from penstock.store.database import install_guards

    copy = database.path.with_name(database.path.name + BACKUP_SUFFIX.format(version=tables.SCHEMA_VERSION))
    if not copy.exists():
        database.backup(copy)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.write() as connection:
        config.attributes["connection"] = connection
        if version:
            command.stamp(config, f"{version:04d}")
        command.upgrade(config, "head")
        install_guards(connection)
        connection.exec_driver_sql(f"PRAGMA application_id = {tables.APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {tables.SCHEMA_VERSION}")

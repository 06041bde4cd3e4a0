"""Migrations: each revision raises SQLite's user_version by one. A copy is kept before the first.

A new database is made from the tables; a test checks that both ways give the same schema. A revision
is a file ``versions/0002_what_it_does.py``; raise `tables.SCHEMA_VERSION` with it. They run in a process of
their own (`penstock.store.schema`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from penstock.errors import StoreError
from penstock.store import tables
from penstock.store.sqlite.connect import FOR_WRITING, open_file
from penstock.store.sqlite.connection import Connection
from penstock.store.sqlite.copies import copy_whole
from penstock.store.sqlite.guards import drop_guards, install_guards
from penstock.store.sqlite.header import read_header, write_header
from penstock.store.sqlite.whole import check_parents, lost_parents

BACKUP_SUFFIX = ".before-{version}"


def upgrade(path: Path, revision: str = "head") -> None:
    """Bring the database *path* to the current schema, and keep a copy beside it; an empty file as well.

    Raises `StoreError`, and changes nothing, if a row is left without its parent.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with closing(open_file(path, readonly=False)) as raw:
        version = read_header(raw)[1]
        if version:
            copy = path.with_name(path.name + BACKUP_SUFFIX.format(version=tables.SCHEMA_VERSION))
            if not copy.exists():
                copy_whole(raw, copy)
    with _rebuilding(path) as connection:
        own = Connection(connection.connection.driver_connection)  # type: ignore[arg-type]
        drop_guards(own)
        config.attributes["connection"] = connection
        if version:
            command.stamp(config, f"{version:04d}")
        command.upgrade(config, revision)
        # The schema's number is in the file's own header.
        own.execute("DROP TABLE alembic_version")
        install_guards(own)
        number = tables.SCHEMA_VERSION if revision == "head" else int(revision)
        write_header(own, tables.APPLICATION_ID, number)
        for table, _, parent in lost_parents(own, 1):
            raise StoreError(f"a row of {table} would be left without its {parent}")


@contextmanager
def _rebuilding(path: Path) -> Iterator[sa.Connection]:
    """Give a connection in one transaction in which foreign keys are not checked.

    Otherwise recreating a table would delete its child rows.
    """
    engine = sa.create_engine(
        "sqlite://", creator=lambda: open_file(path, readonly=False), poolclass=sa.pool.StaticPool
    )

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # The driver's own transactions are switched off.
        connection.exec_driver_sql(FOR_WRITING)

    try:
        with closing(engine.raw_connection()) as borrowed:
            raw = borrowed.driver_connection
            assert raw is not None
            check_parents(raw, at_once=False)
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()

"""An open database: reads, writes, and care of its file.

One writer, one checkpointer: the engine. What is committed survives a power failure. Readers never keep a
transaction open while they wait. Code that is only about SQLite is in `penstock.store.sqlite`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from penstock.errors import StoreError
from penstock.store import schema, tables
from penstock.store.network import network_file_system
from penstock.store.sqlite import copies, log, whole
from penstock.store.sqlite.connect import WRITES, make_file, open_file
from penstock.store.sqlite.errors import PASSING, UNREADABLE, driver_text
from penstock.store.sqlite.open_files import HeldFiles as HeldFiles  # noqa: PLC0414 - what `hold` gives
from penstock.store.sqlite.text import for_people

if TYPE_CHECKING:
    import sqlite3


class Database:
    """An open database. Make it with `open`."""

    schema_version = tables.SCHEMA_VERSION
    """The number of the schema that this program reads and writes."""

    def __init__(self, path: Path, engine: sa.Engine, *, readonly: bool) -> None:
        self.path = path
        self.readonly = readonly
        self.engine = engine
        self._writer: Connection | None = None
        self.held: HeldFiles | None = None
        """Set in an engine: files that must be unchanged for anything to be written."""

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> Database:
        """Open *path*, creating or migrating it unless *readonly*.

        Raises `StoreError` for a network file system, a file that is not Penstock's, a newer schema, or
        (read-only) a file that does not exist.
        """
        if readonly:
            if not path.exists():
                raise StoreError(f"{path} does not exist")
        else:
            kind = network_file_system(path.parent)
            if kind:
                raise StoreError(
                    f"{path.parent} is on a network file system ({kind}): SQLite's locks are not reliable "
                    "there. Choose a local folder for PENSTOCK_HOME"
                )
            if not path.exists():
                make_file(path)
        database = cls(path, open_file(path, readonly=readonly), readonly=readonly)
        try:
            schema.prepare(database)
        except BaseException as error:
            database.close()
            if isinstance(error, UNREADABLE):
                raise StoreError(f"{path} cannot be opened: {driver_text(error)}") from None
            raise
        return database

    # -- reading and writing ---------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for one short, consistent read."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def show(self) -> Iterator[Connection]:
        """Give a connection for display: text that is not UTF-8 is made readable (`text.shown`)."""
        with self.engine.connect() as connection, for_people(connection):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one immediate transaction: committed at the end, rolled back on an error.

        Raises `StoreError` if the disk or another process prevents the write, and `LostError`
        if the database file is no longer found under its name.
        """
        assert not self.readonly, "the database is open for reading only"
        if self.held is not None:
            self.held.require()
        writer = self._writer or self._open_writer()
        try:
            with writer.begin():
                yield writer
        except BaseException as error:
            self._close_writer()  # whatever went wrong, the next transaction uses a new connection
            if isinstance(error, PASSING):
                raise StoreError(driver_text(error)) from error
            raise
        if self.held is not None:
            self.held.require()

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """Give a connection as `write` does, but check foreign keys only at the end.

        Otherwise recreating a table would delete its child rows. Raises `StoreError`, and changes nothing,
        if a row is left without its parent.
        """
        writer = self._writer or self._open_writer()
        raw = writer.connection.driver_connection
        assert raw is not None
        whole.check_parents(raw, at_once=False)
        try:
            with self.write() as connection:
                yield connection
                for table, _, parent in whole.lost_parents(connection, 1):
                    raise StoreError(f"a row of {table} would be left without its {parent}")
        finally:
            whole.check_parents(raw, at_once=True)

    @contextmanager
    def raw(self) -> Iterator[sqlite3.Connection]:
        """Give the driver's own connection, for code that is only about SQLite."""
        borrowed = self.engine.raw_connection()
        try:
            yield borrowed.driver_connection  # type: ignore[misc]
        finally:
            borrowed.close()

    def close(self) -> None:
        """Close every connection."""
        self._close_writer()
        self.engine.dispose()

    def _open_writer(self) -> Connection:
        """Return a connection kept for writing: to fetch one for each transaction costs half a commit."""
        self._writer = self.engine.connect()
        self._writer.info[WRITES] = True
        return self._writer

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.info.pop(WRITES, None)
            writer.close()

    # -- its file --------------------------------------------------------------------------------

    def hold(self, folders: Mapping[str, Path]) -> HeldFiles:
        """From now on refuse writes if the file or one of *folders* (name for people -> path) was replaced.

        Call it after the first write.
        """
        self.held = HeldFiles(self.path, folders)
        return self.held

    def data_version(self, connection: Connection) -> int:
        """Return a number that changes when another connection has committed."""
        return whole.commits_of_others(connection)

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Move the log into the database file; only the engine may. Raises `LostError`."""
        if self.held is not None:
            self.held.require()
        with self.raw() as raw:
            log.checkpoint(raw, truncate=truncate)

    def rescue(self, target: Path) -> Path | None:
        """Save what was written before the files were removed or replaced; return a copy if the file is gone.

        The contents of a log that has lost its name are moved into the database's own file, wherever that is
        now. A database that was overwritten is not touched. *target* must not exist.
        """
        if self.held is None or self.held.overwritten:
            return None
        try:
            raw = (self._writer or self._open_writer()).connection.driver_connection
            assert raw is not None
            log.checkpoint(raw, truncate=True)
            if self.held.now_at("database") is None:
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                copies.copy_out(raw, target)
                return target
        except (*UNREADABLE, sa.exc.SQLAlchemyError, OSError):
            pass  # nothing better can be done
        return None

    def reserve_log(self) -> None:
        """Give the log its usual space on the disk in advance, so that commits overwrite existing blocks.

        While it grows, each commit also waits for the file system's own journal: on a quiet ext4 one in
        twelve took over 6 ms, against one in a hundred. On a disk with little space the log stays small
        instead, so that the space is left for tasks and their results.
        """
        ample = log.has_room_to_reserve(self.path)
        with contextlib.suppress(StoreError), self.write() as connection:
            log.fill(connection) if ample else log.keep_small(connection)
        if ample:  # the first commit after a rollback has to wait for all of it
            log.sync(self.path)

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        return log.log_bytes(self.path)

    def free_bytes(self) -> int:
        """Size of the file's unused pages: new rows take them first."""
        with self.raw() as raw:
            return whole.free_bytes(raw)

    def backup(self, target: Path) -> None:
        """Write a consistent copy to *target*, which must not exist; an interrupted copy leaves no file."""
        part = target.with_name(f"{target.name}.part")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
        with self.raw() as raw:
            copies.copy_out(raw, part)
        part.rename(target)

    def quick_check(self) -> str:
        """Return ``ok``, or what SQLite found wrong."""
        with self.raw() as raw:
            return whole.quick_check(raw)

    @property
    def behind(self) -> bool:
        """Whether the database has the tables of an older program."""
        return schema.is_older(self)

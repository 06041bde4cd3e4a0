"""An open database: the ways to read and to write, and what its file needs.

One writer, one checkpointer: the engine. What is committed survives power loss. Readers never hold a
transaction across a wait. What is only about SQLite is in `penstock.store.sqlite`.
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
from penstock.store import quarantine_table as quarantine_table  # noqa: PLC0414 - one more table
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
        """Of an engine: what must be as it was opened for anything to be written or acknowledged."""

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> Database:
        """Open *path*, creating or migrating it unless *readonly*.

        Raises `StoreError` for a network file system, a file that is not ours, a newer schema, or
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
        """Give the same for people to look at: text that is not UTF-8 comes as text (`text.shown`)."""
        with self.engine.connect() as connection, for_people(connection):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one immediate transaction: committed at the end, rolled back on an error.

        Raises `StoreError` when the disk or another process keeps it from being written, and `LostError`
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
            self._close_writer()  # whatever went wrong, the next transaction starts afresh
            if isinstance(error, PASSING):
                raise StoreError(driver_text(error)) from error
            raise
        if self.held is not None:
            self.held.require()

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """Give a connection as `write` does, with foreign keys checked at the end only.

        Otherwise a table that is made again would take its children along. Raises `StoreError`, and
        changes nothing, when a row is left without its parent.
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
        """Give the driver's own connection, for what is only about SQLite."""
        borrowed = self.engine.raw_connection()
        try:
            yield borrowed.driver_connection  # type: ignore[misc]
        finally:
            borrowed.close()

    def close(self) -> None:
        """Let go of every connection."""
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
        """Refuse writes from now on once the file or one of *folders* (name for people -> path) is another.

        Call it once something was written.
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
        """Save what was written before the files were taken away; return a copy, when the file is gone.

        What a log without its name holds is moved into the database's own file, wherever that is now. A
        database that was overwritten is not touched. *target* must not exist.
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
            pass  # there is nothing better to be had
        return None

    def reserve_log(self) -> None:
        """Let the log take its usual room on the disk, so that commits write over what is there.

        While it grows, each commit also waits for the file system's own journal: on a quiet ext4 one in
        twelve took over 6 ms, against one in a hundred. On a disk without ample room the log stays small
        instead: the little that there is, is for tasks and their results.
        """
        ample = log.has_room_to_reserve(self.path)
        with contextlib.suppress(StoreError), self.write() as connection:
            log.fill(connection) if ample else log.keep_small(connection)
        if ample:  # the next commit after a rollback is the first that waits for all of it
            log.sync(self.path)

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        return log.log_bytes(self.path)

    def free_bytes(self) -> int:
        """Size of the file's unused pages: new rows take them first."""
        with self.raw() as raw:
            return whole.free_bytes(raw)

    def backup(self, target: Path) -> None:
        """Write a consistent copy to *target*, which must not exist; a copy cut short leaves none there."""
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
        """Whether the database is of an older program, so that its tables are not those of this one."""
        return schema.is_older(self)

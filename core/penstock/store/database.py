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

from penstock.errors import StoreError
from penstock.store import schema
from penstock.store.network import network_file_system
from penstock.store.sql.schema import SCHEMA_VERSION
from penstock.store.sqlite import copies, log, whole
from penstock.store.sqlite.connect import FOR_WRITING, make_file, open_file
from penstock.store.sqlite.connection import Connection
from penstock.store.sqlite.errors import PASSING, UNREADABLE
from penstock.store.sqlite.open_files import HeldFiles as HeldFiles  # noqa: PLC0414 - what `hold` gives
from penstock.store.sqlite.text import Raw, for_people

_KEPT_OPEN = 4
"""Connections for reading that stay open for the next read."""


class Database:
    """An open database. Make it with `open`."""

    schema_version = SCHEMA_VERSION
    """The number of the schema that this program reads and writes."""

    def __init__(self, path: Path, *, readonly: bool) -> None:
        self.path = path
        self.readonly = readonly
        self._idle: list[Raw] = []
        self._writer: Raw | None = None
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
        database = cls(path, readonly=readonly)
        try:
            schema.prepare(database)
        except BaseException as error:
            database.close()
            if isinstance(error, UNREADABLE):
                raise StoreError(f"{path} cannot be opened: {error}") from None
            raise
        return database

    # -- reading and writing ---------------------------------------------------------------------

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for one short, consistent read."""
        with self.raw() as raw:
            connection = Connection(raw)
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def show(self) -> Iterator[Connection]:
        """Give a connection for display: text that is not UTF-8 is made readable (`text.shown`)."""
        with self.raw() as raw, for_people(raw):
            connection = Connection(raw)
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in one immediate transaction: committed at the end, rolled back on an error.

        Raises `StoreError` if the disk or another process prevents the write, and `LostError`
        if the database file is no longer found under its name.
        """
        assert not self.readonly, "the database is open for reading only"
        if self.held is not None:
            self.held.require()
        raw = self._writer or self._open_writer()
        try:
            raw.execute(FOR_WRITING)
            yield Connection(raw, FOR_WRITING)
            if raw.in_transaction:
                raw.execute("COMMIT")
        except BaseException as error:
            self._close_writer()  # whatever went wrong, the next transaction uses a new connection
            if isinstance(error, PASSING):
                raise StoreError(str(error)) from error
            raise
        if self.held is not None:
            self.held.require()

    @contextmanager
    def raw(self) -> Iterator[Raw]:
        """Give the driver's own connection, for code that is only about SQLite."""
        try:
            raw = self._idle.pop()
        except IndexError:
            raw = open_file(self.path, readonly=self.readonly)
        try:
            yield raw
        finally:
            if len(self._idle) < _KEPT_OPEN:
                self._idle.append(raw)
            else:
                raw.close()

    def close(self) -> None:
        """Close every connection."""
        self._close_writer()
        while self._idle:
            self._idle.pop().close()

    def _open_writer(self) -> Raw:
        """Return a connection kept for writing: to fetch one for each transaction costs half a commit."""
        self._writer = open_file(self.path, readonly=self.readonly)
        return self._writer

    def _close_writer(self) -> None:
        """Close the connection for writing; what it had not committed is taken back."""
        writer, self._writer = self._writer, None
        if writer is not None:
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
            raw = self._writer or self._open_writer()
            log.checkpoint(raw, truncate=True)
            if self.held.now_at("database") is None:
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                copies.copy_out(raw, target)
                return target
        except (UNREADABLE, OSError):
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
        with self.raw() as raw:
            copies.copy_whole(raw, target)

    def quick_check(self) -> str:
        """Return ``ok``, or what SQLite found wrong."""
        with self.raw() as raw:
            return whole.quick_check(raw)

    @property
    def behind(self) -> bool:
        """Whether the database has the tables of an older program."""
        return schema.is_older(self)

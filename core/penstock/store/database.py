"""Opening the database: settings, schema, and the two ways in.

One writer, one checkpointer: the engine. WAL with ``synchronous=FULL``: what is committed survives
power loss. Readers never hold a transaction across a wait.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from penstock.errors import StoreError
from penstock.store import quarantine_table as quarantine_table  # noqa: PLC0414 - one more table
from penstock.store import tables
from penstock.store.sqlite.guards import guards_hold, install_guards
from penstock.store.sqlite.open_files import HeldFiles
from penstock.store.sqlite.text import Raw, as_it_is, shown
from penstock.store.statement import table_of

_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "9p",
        "fuse.sshfs",
        "ceph",
        "glusterfs",
        "lustre",
        "ncpfs",
    }
)
_BUSY_MS = 5_000
_WAL_LIMIT = 64 << 20
_ROOM_TO_RESERVE = 64 << 20
"""With fewer bytes free on the disk than this, the log takes little room, and none ahead of its need."""
_FEW_PAGES = 250
_CHECKPOINT_PAGES = 4_000
"""Of 4 KiB, in the log before it moves into the database: a pause of some milliseconds, so not often."""

# The partial indexes over what is unfinished serve only statements that spell their condition out.
RUN_UNFINISHED = sa.text("run.state IN ('queued', 'running')")
ATTEMPT_LIVE = sa.text("attempt.end_us IS NULL")
EVENT_HORIZON = "events_from_us"
"""The key in ``meta`` that says before which moment events may go. A guard spells it out."""


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
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        database = cls(path, _engine(path, readonly=readonly), readonly=readonly)
        try:
            database._check_schema()
        except (sa.exc.DatabaseError, sqlite3.Error) as error:
            database.close()
            raise StoreError(f"{path} cannot be opened: {getattr(error, 'orig', error)}") from None
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for one short, consistent read."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def show(self) -> Iterator[Connection]:
        """Give the same for people to look at: text that is not UTF-8 comes as text (`text.shown`)."""
        with self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, Raw)
            raw.otherwise = shown
            try:
                yield connection
            finally:
                raw.otherwise = as_it_is

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
            # Statements also run on the driver's own cursor, whose errors come as they are.
            if isinstance(error, sa.exc.OperationalError | sqlite3.OperationalError):
                raise StoreError(str(getattr(error, "orig", error))) from error
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
        raw.execute("PRAGMA foreign_keys = OFF")  # works only outside a transaction
        try:
            with self.write() as connection:
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
                if broken is not None:
                    raise StoreError(f"a row of {broken[0]} would be left without its {broken[2]}")
        finally:
            raw.execute("PRAGMA foreign_keys = ON")

    def data_version(self, connection: Connection) -> int:
        """Return a number that changes when another connection has committed."""
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Move the log into the database file; only the engine may."""
        mode = "TRUNCATE" if truncate else "PASSIVE"
        if self.held is not None:
            self.held.require()
        with self._raw() as raw:
            raw.execute(f"PRAGMA wal_checkpoint({mode})")

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
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self.held.now_at("database") is None:
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                raw.execute("VACUUM INTO ?", (str(target),))
                return target
        except (sqlite3.Error, sa.exc.SQLAlchemyError, OSError):
            pass  # there is nothing better to be had
        return None

    def reserve_log(self) -> None:
        """Let the log take its usual room on the disk, so that commits write over what is there.

        While it grows, each commit also waits for the file system's own journal: on a quiet ext4 one in
        twelve took over 6 ms, against one in a hundred. On a disk without ample room the log stays small
        instead: the little that there is, is for tasks and their results.
        """
        space = os.statvfs(self.path.parent)
        if space.f_bavail * space.f_frsize < _ROOM_TO_RESERVE:
            with contextlib.suppress(StoreError), self.write() as connection:
                connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {_FEW_PAGES}")
            return
        with contextlib.suppress(StoreError), self.write() as connection:
            # More than the page cache holds, so it is written to the log before it is taken back.
            connection.exec_driver_sql("CREATE TABLE room (bytes BLOB)")
            connection.exec_driver_sql("INSERT INTO room VALUES (zeroblob(?))", (_CHECKPOINT_PAGES * 4096,))
            connection.rollback()
        # The next commit after a rollback is the first that waits for all of it.
        with contextlib.suppress(StoreError, OSError), Path(f"{self.path}-wal").open("rb") as log:
            os.fsync(log.fileno())

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return Path(f"{self.path}-wal").stat().st_size
        except OSError:
            return 0

    def free_bytes(self) -> int:
        """Size of the file's unused pages: new rows take them first."""
        with self._raw() as raw:
            free = int(raw.execute("PRAGMA freelist_count").fetchone()[0])
            return free * int(raw.execute("PRAGMA page_size").fetchone()[0])

    def backup(self, target: Path) -> None:
        """Write a consistent copy to *target*, which must not exist; a copy cut short leaves none there."""
        part = target.with_name(f"{target.name}.part")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
        with self._raw() as raw:
            raw.execute("VACUUM INTO ?", (str(part),))
        part.rename(target)

    def quick_check(self) -> str:
        """Return ``ok``, or what SQLite found wrong."""
        with self._raw() as raw:
            return str(raw.execute("PRAGMA quick_check(1)").fetchone()[0])

    def close(self) -> None:
        """Let go of every connection."""
        self._close_writer()
        self.engine.dispose()

    def _open_writer(self) -> Connection:
        """Return a connection kept for writing: to fetch one for each transaction costs half a commit."""
        self._writer = self.engine.connect()
        self._writer.info["write"] = True
        return self._writer

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.info.pop("write", None)
            writer.close()

    @contextmanager
    def _raw(self) -> Iterator[sqlite3.Connection]:
        fairy = self.engine.raw_connection()
        try:
            yield fairy.driver_connection  # type: ignore[misc]
        finally:
            fairy.close()

    @property
    def behind(self) -> bool:
        """Whether the database is of an older program, so that its tables are not those of this one."""
        with self._raw() as raw:
            return int(raw.execute("PRAGMA user_version").fetchone()[0]) < tables.SCHEMA_VERSION

    def _check_schema(self) -> None:
        with self._raw() as raw:
            application = raw.execute("PRAGMA application_id").fetchone()[0]
            version = raw.execute("PRAGMA user_version").fetchone()[0]
            empty = raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty and not self.readonly:
            self._create()
            return
        if application != tables.APPLICATION_ID:
            raise StoreError(f"{self.path} is not a Penstock database")
        if version > tables.SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} has schema {version}, this program supports {tables.SCHEMA_VERSION}: "
                "use a newer program, or restore a backup"
            )
        if version < tables.SCHEMA_VERSION and not self.readonly:
            from penstock.store.migrations import upgrade

            upgrade(self, version)
        elif not self.readonly:
            self._refresh_guards()

    def _refresh_guards(self) -> None:
        """Let the guards know the moves that this program knows."""
        with self.read() as connection:
            known = guards_hold(connection)
        if not known:
            with self.write() as connection:
                install_guards(connection)

    def _create(self) -> None:
        with self.write() as connection:
            SQLModel.metadata.create_all(connection)
            install_guards(connection)
            connection.execute(
                sa.insert(table_of(tables.PoolRow)),
                [
                    {
                        "name": "default_pool",
                        "slots": 128,
                        "description": "Tasks without a pool",
                        "include_deferred": False,
                    }
                ],
            )
            connection.exec_driver_sql(f"PRAGMA application_id = {tables.APPLICATION_ID}")
            connection.exec_driver_sql(f"PRAGMA user_version = {tables.SCHEMA_VERSION}")


def network_file_system(folder: Path) -> str | None:
    """Return the type of the network file system of *folder*, or None for a local one."""
    try:
        mounts = Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return None
    best, kind = "", ""
    target = str(folder.resolve())
    for line in mounts:
        parts = line.split()
        point = parts[1].replace("\\040", " ")
        if (target == point or target.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind if kind in _NETWORK_FILE_SYSTEMS else None


def _engine(path: Path, *, readonly: bool) -> sa.Engine:
    target = f"file:{quote(str(path))}?mode={'ro' if readonly else 'rw'}"  # never made here: see `open`

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(
            target,
            uri=True,
            isolation_level=None,
            timeout=_BUSY_MS / 1000,
            check_same_thread=False,
            factory=Raw,
        )
        raw.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA trusted_schema = OFF")
        if readonly:
            raw.execute("PRAGMA wal_autocheckpoint = 0")
            raw.execute("PRAGMA query_only = ON")
        else:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
            raw.execute("PRAGMA fullfsync = ON")
            raw.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
            raw.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        return raw

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool, pool_size=4)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver's own transactions are switched off: it would begin deferred ones, which fail
        # with BUSY at the first write instead of waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("write") else "BEGIN")

    return engine

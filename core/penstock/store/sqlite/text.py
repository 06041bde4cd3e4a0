"""Reads text columns that are not UTF-8: SQLite accepts any bytes there.

The driver raises for such a value in the middle of a result, so that one row would spoil every list it is
in. Here the statement is done once more, and what is not UTF-8 comes as the bytes it is, so that the checks
on reading find it in its column; or, for what is only shown, as text. Results without such a value come by
the driver's own way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

_READS = ("SELECT", "WITH")


def shown(value: Any) -> str:
    r"""Return a stored value as people and ids see it: bytes that are not UTF-8 as ``\xff``."""
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def as_it_is(raw: bytes) -> str | bytes:
    """Return text, or the bytes if they are not UTF-8: for code that works with the value."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


@contextmanager
def for_people(raw: Raw) -> Iterator[None]:
    """Let a connection return text that is not UTF-8 in readable form, in this block."""
    raw.otherwise = shown
    try:
        yield
    finally:
        raw.otherwise = as_it_is


class Cursor(sqlite3.Cursor):
    """A cursor that returns bytes in place of text that is not UTF-8."""

    _asked: tuple[str, Any] = "", ()
    _given = 0
    """Number of rows returned so far."""
    _rest: Iterator[Any] | None = None
    """The rest of a result that was read again."""

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
        """Run a statement, and remember it."""
        self._asked = sql, parameters
        self._given = 0
        self._rest = None
        sqlite3.Cursor.execute(self, sql, parameters)
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        if self._rest is not None:
            return next(self._rest, None)
        try:
            row = sqlite3.Cursor.fetchone(self)
        except sqlite3.OperationalError as error:
            return next(self._again(error), None)
        self._given += 1
        return row

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        if self._rest is not None:
            return list(self._rest)
        try:
            return sqlite3.Cursor.fetchall(self)
        except sqlite3.OperationalError as error:
            return list(self._again(error))

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Return up to *size* rows."""
        most = self.arraysize if size is None else size
        if self._rest is not None:
            return list(islice(self._rest, most))
        try:
            rows = sqlite3.Cursor.fetchmany(self, most)
        except sqlite3.OperationalError as error:
            return list(islice(self._again(error), most))
        self._given += len(rows)
        return rows

    def __next__(self) -> Any:
        """Return the next row."""
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def _again(self, error: sqlite3.OperationalError) -> Iterator[Any]:
        """Read the remaining rows again; raise *error* if it has another cause."""
        sql, parameters = self._asked
        if "decode to UTF-8" not in str(error) or not sql.lstrip()[:6].upper().startswith(_READS):
            raise error
        connection: Raw = self.connection  # type: ignore[assignment]
        connection.text_factory = connection.otherwise
        try:
            sqlite3.Cursor.execute(self, sql, parameters)
            rows = sqlite3.Cursor.fetchall(self)
        finally:
            connection.text_factory = str
        self._rest = iter(rows[self._given :])
        return self._rest


class Raw(sqlite3.Connection):
    """A connection with such cursors."""

    otherwise: Callable[[bytes], str | bytes] = staticmethod(as_it_is)
    """How text that is not UTF-8 is returned: `as_it_is` or `shown`."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """Return a cursor."""
        return super().cursor(factory)

"""A connection as the store uses it: text goes to the driver, and rows with names come back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from penstock.store.query import Query, Row, Write

_NONE: dict[str, Any] = {}
_AT_ONCE = 200
"""Rows that are fetched together."""


class Result:
    """What a statement gave: its rows, in one of these ways, once."""

    __slots__ = ("_cursor", "_query", "rowcount")

    def __init__(self, cursor: sqlite3.Cursor, query: Query) -> None:
        self._cursor = cursor
        self._query = query
        self.rowcount = cursor.rowcount
        """How many rows a write touched."""

    def __iter__(self) -> Iterator[Row]:
        while found := self._cursor.fetchmany(_AT_ONCE):
            yield from self._query.rows(found)

    def all(self) -> list[Row]:
        """Return every row."""
        return self._query.rows(self._cursor.fetchall())

    def first(self) -> Row | None:
        """Return the first row; None if there is none."""
        found = self._cursor.fetchone()
        self._cursor.close()
        return None if found is None else self._query.rows([found])[0]

    def one(self) -> Row:
        """Return the first row; raise LookupError if there is none."""
        found = self.first()
        if found is None:
            raise LookupError("no row was found")
        return found

    def scalar(self) -> Any:
        """Return the first value of the first row; None if there is no row."""
        found = self.first()
        return None if found is None else found[0]

    def scalars(self) -> list[Any]:
        """Return the first value of each row."""
        return [row[0] for row in self.all()]

    def mappings(self) -> list[dict[str, Any]]:
        """Return every row as a dict by column."""
        return [dict(zip(self._query.columns, row, strict=True)) for row in self.all()]


class Connection:
    """A connection in a transaction, which begins with the first statement."""

    __slots__ = ("_begin", "raw")

    def __init__(self, raw: sqlite3.Connection, begin: str = "BEGIN") -> None:
        self.raw = raw
        self._begin = begin

    def execute(self, statement: Any, values: Any = _NONE) -> Result:
        """Run a statement: a `Query`, text as it is for the driver, or one that SQLAlchemy made.

        A list of *values* runs it once for each.
        """
        query, values = self._ready(statement, values)
        self._started()
        cursor: sqlite3.Cursor = self.raw.cursor()
        if isinstance(values, list):
            cursor.executemany(query.text, values)
        else:
            cursor.execute(query.text, values)
        if not query.columns and cursor.description:
            query = Query(query.text, tuple(each[0] for each in cursor.description))
        return Result(cursor, query)

    def scalar(self, statement: Any, values: Any = _NONE) -> Any:
        """Run a statement and return the first value of its first row; None if there is no row."""
        return self.execute(statement, values).scalar()

    def write(self, statement: Write, rows: Sequence[tuple[Any, ...]]) -> int:
        """Run a statement once for each of *rows*, and return how many rows were touched."""
        if not rows:
            return 0
        self._started()
        cursor: sqlite3.Cursor = self.raw.executemany(statement.text, rows)
        return cursor.rowcount

    def rollback(self) -> None:
        """Take back what was written; the next statement begins another transaction."""
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def _started(self) -> None:
        if not self.raw.in_transaction:
            self.raw.execute(self._begin)

    def _ready(self, statement: Any, values: Any) -> tuple[Query, Any]:
        if isinstance(statement, Query):
            text, values = statement.spread(values)
            return (statement if text is statement.text else _other(statement, text)), values
        if isinstance(statement, str):
            return Query(statement), values
        from penstock.store.sqlite.core import ready

        return ready(statement, values)


def _other(query: Query, text: str) -> Query:
    return Query(text, query.columns, flags=query.flags)

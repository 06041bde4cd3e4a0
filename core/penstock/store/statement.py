"""Core statements over our tables, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel


def table_of(row: type[SQLModel]) -> sa.Table:
    """Return the Core table of a row class."""
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table


class Statement:
    """A Core statement compiled once and run many times with plain tuples.

    Compiling at each call would cost more than SQLite's own work where it runs for every task.
    """

    __slots__ = ("_compiled", "_statement", "_values")

    def __init__(self, statement: sa.Insert | sa.Update | sa.Delete) -> None:
        self._statement = statement
        self._compiled: str | None = None
        self._values: Callable[[Mapping[str, Any]], Sequence[Any]]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run once for each of *rows* (values by parameter name) and return how many rows were touched."""
        if not rows:
            return 0
        if self._compiled is None:
            compiled = self._statement.compile(
                dialect=connection.dialect, column_keys=[key for key in rows[0] if not key.startswith("b_")]
            )
            assert compiled.positional, "the driver takes positional parameters"
            self._values = _picker(tuple(compiled.positiontup or ()))
            self._compiled = str(compiled)
        # On the driver's own cursor: SQLAlchemy's work around each statement costs more than the statement.
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(self._compiled, [self._values(row) for row in rows])
            return cursor.rowcount
        finally:
            cursor.close()


def _picker(keys: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Return a function that returns the values of *keys* in a row, in their order."""
    if len(keys) == 1:
        return lambda row: (row[keys[0]],)
    return itemgetter(*keys)

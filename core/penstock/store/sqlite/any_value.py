"""Statements for rows with values of the wrong type: SQLite accepts any value in any column."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

ROW_NUMBER: sa.ColumnElement[Any] = sa.literal_column("rowid")
"""The column that identifies a row whatever its key is."""


def is_whole_number(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a row has a whole number in *column*."""
    return sa.func.typeof(column) == "integer"


def insert_unless_there(table: sa.Table) -> sa.Insert:
    """Return an insert that does nothing if a row with the same key exists."""
    return sa.insert(table).prefix_with("OR IGNORE")

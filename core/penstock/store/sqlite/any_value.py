"""Statements for rows that hold what their columns are not for: SQLite keeps any value in any column."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

ROW_NUMBER: sa.ColumnElement[Any] = sa.literal_column("rowid")
"""What finds a row whatever its key holds."""


def is_whole_number(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that a row has a whole number in *column*."""
    return sa.func.typeof(column) == "integer"


def insert_unless_there(table: sa.Table) -> sa.Insert:
    """Return an insert that leaves alone what has the same key already."""
    return sa.insert(table).prefix_with("OR IGNORE")

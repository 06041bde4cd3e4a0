"""The tables as SQLAlchemy Core sees them: statements are written over these."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import SQLModel


def table_of(row: type[SQLModel]) -> sa.Table:
    """Return the Core table of a row class."""
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)
    return table

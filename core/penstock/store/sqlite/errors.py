"""What SQLite's driver raises, by what it means.

Statements run over SQLAlchemy and on the driver's own cursor, so each kind comes in two shapes.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

PASSING = (sa.exc.OperationalError, sqlite3.OperationalError)
"""A lock, a full disk, a file that cannot be read: it passes by itself or needs room."""
UNREADABLE = (sa.exc.DatabaseError, sqlite3.Error)
"""Also a damaged file, or one that is no database."""


def driver_text(error: BaseException) -> str:
    """Return what SQLite itself said."""
    return str(getattr(error, "orig", error))

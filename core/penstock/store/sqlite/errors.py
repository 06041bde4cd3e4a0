"""The exceptions of SQLite's driver, by meaning.

Statements run through SQLAlchemy and on the driver's own cursor, so each kind has two classes.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

PASSING = (sa.exc.OperationalError, sqlite3.OperationalError)
"""A lock, a full disk, a file that cannot be read: it passes by itself or needs space."""
UNREADABLE = (sa.exc.DatabaseError, sqlite3.Error)
"""Also a damaged file, or one that is not a database."""


def driver_text(error: BaseException) -> str:
    """Return what SQLite itself said."""
    return str(getattr(error, "orig", error))

"""The exceptions of SQLite's driver, by meaning."""

from __future__ import annotations

import sqlite3

PASSING = sqlite3.OperationalError
"""A lock, a full disk, a file that cannot be read: it passes by itself or needs space."""
UNREADABLE = sqlite3.Error
"""Also a damaged file, or one that is not a database."""

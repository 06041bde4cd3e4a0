"""The schema of a database file as SQLite itself tells it, so that two files can be compared."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def schema(path: Path) -> dict[str, object]:
    """Return tables with columns, keys and parents, indexes and triggers, as SQLite has them."""
    raw = sqlite3.connect(path)
    found: dict[str, object] = {}
    try:
        for kind, name, text in raw.execute("SELECT type, name, sql FROM sqlite_master"):
            if kind == "table":
                found[name] = (
                    raw.execute(f"PRAGMA table_xinfo({name})").fetchall(),
                    sorted(row[2:] for row in raw.execute(f"PRAGMA foreign_key_list({name})")),
                    "AUTOINCREMENT" in text,
                )
            else:
                found[name] = " ".join((text or "").split())
        found["application_id"] = raw.execute("PRAGMA application_id").fetchone()
        found["user_version"] = raw.execute("PRAGMA user_version").fetchone()
        found["pools"] = raw.execute("SELECT * FROM pool").fetchall()
        found["edges"] = sorted(raw.execute("SELECT * FROM edge"))
    finally:
        raw.close()
    return found

"""Checks a database file, and measures its pages."""

from __future__ import annotations

import sqlite3

from penstock.store.sqlite.connection import Connection


def quick_check(raw: sqlite3.Connection) -> str:
    """Return ``ok``, or the first thing that SQLite found wrong. Indexes are not checked."""
    return str(raw.execute("PRAGMA quick_check(1)").fetchone()[0])


def damages(connection: Connection, most: int) -> list[str]:
    """Return up to *most* problems of the file."""
    said = connection.execute(f"PRAGMA integrity_check({most})").scalars()
    return [str(line) for line in said if line != "ok"]


def lost_parents(connection: Connection, most: int) -> list[tuple[str, int, str]]:
    """Return up to *most* rows that refer to a missing row: (table, row number, other table)."""
    broken = connection.execute("PRAGMA foreign_key_check").all()[:most]
    return [(table, number, parent) for table, number, parent, _ in broken]


def check_parents(raw: sqlite3.Connection, *, at_once: bool) -> None:
    """Check foreign keys with each statement, or not at all. Works only outside a transaction."""
    raw.execute(f"PRAGMA foreign_keys = {'ON' if at_once else 'OFF'}")


def bytes_by_table(connection: Connection) -> dict[str, int] | None:
    """Return the bytes of each table with its indexes; None if this SQLite was built without dbstat."""
    owners: dict[str, str] = {
        row[0]: row[1] for row in connection.execute("SELECT name, tbl_name FROM sqlite_master")
    }
    found: dict[str, int] = {}
    try:
        for name, size in connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            table = owners.get(name, name)
            found[table] = found.get(table, 0) + size
    except sqlite3.OperationalError:
        return None
    return found


def free_bytes(raw: sqlite3.Connection) -> int:
    """Return the size of the file's unused pages: new rows take them first."""
    free = int(raw.execute("PRAGMA freelist_count").fetchone()[0])
    return free * int(raw.execute("PRAGMA page_size").fetchone()[0])


def commits_of_others(connection: Connection) -> int:
    """Return a number that changes when another connection has committed."""
    return int(connection.scalar("PRAGMA data_version"))

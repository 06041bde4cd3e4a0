"""Ingestion by delta: it looks at what is there, and writes only what differs.

Loading the same day again therefore changes nothing, and days may come in any order. The rows of a
day are a partition that is replaced whole; `reference` takes new versions of reference rows.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypedDict

from nyc import reference
from nyc.places import Places
from nyc.tables import TABLES, Table
from nyc.warehouse import count, stage, visit


class Loaded(TypedDict):
    """What an ingestion did. ``stale`` says that the mart was not built from these rows."""

    table: str
    rows: int
    added: int
    removed: int
    stale: bool


def ingest(places: Places, name: str, day: date) -> Loaded:
    """Load table *name* from the drop of *day* in one transaction and say what changed."""
    table = TABLES[name]
    file = places.drop(day) / table.file
    if table.daily:
        with visit(places.warehouse) as db:
            stage(db, table, file)
            loaded = _replace_day(db, table, day)
    else:
        rows, added, removed = reference.take(places, table, file, day)
        loaded = Loaded(table=name, rows=rows, added=added, removed=removed, stale=False)
    print(f"{name}: {loaded['rows']} rows, {loaded['added']} added, {loaded['removed']} removed")
    return loaded


def _replace_day(db: Any, table: Table, day: date) -> Loaded:
    """Make the partition of *day* hold exactly the staged rows of that local day.

    The day is that of the columns year, month and day: ``time_hour`` is UTC and may differ.
    """
    db.execute("DELETE FROM staged WHERE make_date(year, month, day) IS DISTINCT FROM ?", [day])
    rows, fingerprint = db.execute(
        "SELECT count(*), md5(coalesce(string_agg(row_hash, '' ORDER BY row_hash), '')) FROM staged"
    ).fetchone()
    known = db.execute(
        "SELECT fingerprint FROM loads WHERE table_name = ? AND on_date = ?", [table.name, day]
    ).fetchone()
    loaded = Loaded(table=table.name, rows=rows, added=0, removed=0, stale=False)
    if known != (fingerprint,):
        stored = f"SELECT row_hash FROM {table.name} WHERE on_date = $day"
        loaded["added"] = count(db, f"SELECT row_hash FROM staged EXCEPT ALL {stored}", day)
        loaded["removed"] = count(db, f"{stored} EXCEPT ALL SELECT row_hash FROM staged", day)
        db.execute(f"DELETE FROM {table.name} WHERE on_date = ?", [day])
        db.execute(
            f"INSERT INTO {table.name} BY NAME SELECT *, CAST(? AS DATE) AS on_date FROM staged", [day]
        )
        db.execute("DELETE FROM loads WHERE table_name = ? AND on_date = ?", [table.name, day])
        db.execute("INSERT INTO loads VALUES (?, ?, ?, ?)", [table.name, day, rows, fingerprint])
    built = db.execute(f"SELECT {table.name}_fingerprint FROM builds WHERE on_date = ?", [day]).fetchone()
    loaded["stale"] = built != (fingerprint,)
    return loaded

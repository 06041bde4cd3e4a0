"""Ingestion by delta: it looks at what is there, and writes only what differs.

Loading the same day again therefore changes nothing, and days may come in any order: a day's rows
are replaced whole, and of a reference row the version in the newest drop wins.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from nyc.places import Places
from nyc.tables import TABLES, Table
from nyc.warehouse import visit


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
    with visit(places.warehouse) as db:
        _stage(db, table, places.drop(day) / table.file)
        loaded = _replace_day(db, table, day) if table.daily else _take_new_versions(db, table, day)
    verdict = f"{loaded['added']} added, {loaded['removed']} removed"
    print(f"{name}: {loaded['rows']} rows in the drop of {day}: {verdict}")
    return loaded


def _stage(db: Any, table: Table, file: Path) -> None:
    """Read the drop's file into the temporary table ``staged``, with a hash of each row."""
    fields = ", ".join(f"coalesce({column}::VARCHAR, '')" for column in table.columns)
    db.execute(
        f"CREATE TEMP TABLE staged AS SELECT *, md5(concat_ws('|', {fields})) AS row_hash "
        "FROM read_csv(?, columns = ?, header = true, nullstr = 'NA', auto_detect = false)",
        [str(file), table.columns],
    )


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
        loaded["added"] = _count(db, f"SELECT row_hash FROM staged EXCEPT ALL {stored}", day)
        loaded["removed"] = _count(db, f"{stored} EXCEPT ALL SELECT row_hash FROM staged", day)
        db.execute(f"DELETE FROM {table.name} WHERE on_date = ?", [day])
        db.execute(
            f"INSERT INTO {table.name} BY NAME SELECT *, CAST(? AS DATE) AS on_date FROM staged", [day]
        )
        db.execute("DELETE FROM loads WHERE table_name = ? AND on_date = ?", [table.name, day])
        db.execute("INSERT INTO loads VALUES (?, ?, ?, ?)", [table.name, day, rows, fingerprint])
    built = db.execute(f"SELECT {table.name}_fingerprint FROM builds WHERE on_date = ?", [day]).fetchone()
    loaded["stale"] = built != (fingerprint,)
    return loaded


def _take_new_versions(db: Any, table: Table, day: date) -> Loaded:
    """Take the staged rows that are new, or differ from an older drop's version of the same key."""
    same_key = " AND ".join(f"t.{column} = s.{column}" for column in table.key)
    (rows,) = db.execute("SELECT count(*) FROM staged").fetchone()
    # Newer drops win; a drop that says the same again only confirms its version.
    db.execute(
        f"DELETE FROM staged s USING {table.name} t WHERE {same_key} AND t.seen_on > $day", {"day": day}
    )
    db.execute(
        f"UPDATE {table.name} t SET seen_on = $day FROM staged s "
        f"WHERE {same_key} AND t.row_hash = s.row_hash AND t.seen_on < $day",
        {"day": day},
    )
    db.execute(f"DELETE FROM staged s USING {table.name} t WHERE {same_key} AND t.row_hash = s.row_hash")
    added = _count(db, "FROM staged", day)
    removed = _count(db, f"FROM {table.name} t SEMI JOIN staged s ON {same_key}", day)
    if added:
        db.execute(f"DELETE FROM {table.name} t USING staged s WHERE {same_key}")
        db.execute(
            f"INSERT INTO {table.name} BY NAME SELECT *, CAST(? AS DATE) AS seen_on FROM staged", [day]
        )
    return Loaded(table=table.name, rows=rows, added=added, removed=removed, stale=False)


def _count(db: Any, query: str, day: date) -> int:
    arguments = {"day": day} if "$day" in query else {}
    (number,) = db.execute(f"SELECT count(*) FROM ({query})", arguments).fetchone()
    return int(number)

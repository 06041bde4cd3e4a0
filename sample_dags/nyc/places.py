"""Where the pipeline keeps its files, and which local day a run stands for.

Every name is made from the day alone, so that any run of a day finds what another run of it made::

    source/flights/2013-01-05.csv     the source system's own shelf, one file a day
    drop/2013-01-05/flights.csv ...   what it published for us
    drop/2013-01-05/_READY            written last: names and row counts of the files
    quality/2013-01-05.keys.json      what a check found
    warehouse.duckdb                  the warehouse: one writer at a time
    watermarks/planes.json            the newest snapshot of a reference table in it
    figures.json                      the mart's totals, exported for the dashboard
    dashboard.html                    the page
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = "America/New_York"


@dataclass(frozen=True, slots=True)
class Places:
    """The data folder and the names of what lies in it. Making one creates nothing."""

    root: Path

    @property
    def shelf(self) -> Path:
        """The source system's files by day; complete once it exists."""
        return self.root / "source"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / "warehouse.duckdb"

    @property
    def figures(self) -> Path:
        """What the mart exports for the dashboard."""
        return self.root / "figures.json"

    @property
    def dashboard(self) -> Path:
        """The page to open in a browser."""
        return self.root / "dashboard.html"

    @property
    def quality(self) -> Path:
        """Findings of the checks, one file per day and check."""
        return self.root / "quality"

    def watermark(self, table: str) -> Path:
        """Return the file that knows the newest snapshot of a reference table."""
        return self.root / "watermarks" / f"{table}.json"

    def drop(self, day: date) -> Path:
        """Return the folder in which the files of *day* land."""
        return self.root / "drop" / day.isoformat()

    def ready(self, day: date) -> Path:
        """Return the path of the marker that says the drop of *day* is complete."""
        return self.drop(day) / "_READY"


def places(root: str | None = None) -> Places:
    """Return the places under *root*.

    Without one it is ``nyc_flights/`` in the instance's home, so that two instances never share one.
    """
    home = Path(os.environ.get("PENSTOCK_HOME", "."))
    return Places((Path(root).expanduser() if root else home / "nyc_flights").absolute())


def local_day(logical_date: datetime | None) -> date:
    """Return New York's calendar day at *logical_date*.

    A flight at 20:00 on the 5th is already the 6th in UTC, so a UTC date would load the wrong rows.
    Raises ValueError when the run has no logical date.
    """
    if logical_date is None:
        raise ValueError("this pipeline loads the day of its logical date; trigger it with one")
    return logical_date.astimezone(ZoneInfo(NEW_YORK)).date()


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give a scratch path that becomes *target* by rename when the block ends well."""
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        yield scratch
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)

"""A store that is filled once, and its two readers."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from data.rows import dags, rest, runs
from data.rows.when import NOW
from fakes.clock import FakeClock
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.views.reads import Reads
from penstock.store.views.search.reads import SearchReads

DAGS = ("etl", "fan", "hourly", "buyer", "gone", "idle", "broken", "dropped", "nope")
SCHEDULED = "scheduled__2026-{}:00:00+00:00"
TODAY = SCHEDULED.format("03-01T12")
FAN = "manual__2026-03-01T06:00:00+00:00"
HOURLY = SCHEDULED.format("03-01T14")


class Store:
    """A filled store, and its two readers."""

    def __init__(self, home: Path) -> None:
        self.database = Database.open(home / "penstock.db")
        clock = FakeClock(NOW)
        self.reads = Reads(self.database, Settings(home=home, dags_folder=home / "dags"), clock)
        self.search = SearchReads(self.database, clock)

    def names(self, query: str) -> list[str]:
        """Return the first column of what SQL finds."""
        with self.database.read() as connection:
            return list(connection.execute(sa.text(query)).scalars())


def fill(home: Path) -> None:
    """Fill the store of an empty home."""
    database = Database.open(home / "penstock.db")
    keys = dags.fill_dags(database)
    rest.fill_backfills(database)
    runs.fill_runs(database, keys)
    rest.fill_rest(database)
    database.close()

"""Answers to searches: each is one short read transaction, from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from penstock.clock import Clock, SystemClock
from penstock.errors import UnknownError
from penstock.model.search import EventSearch, RunSearch, TaskSearch, XComSearch
from penstock.model.spec import DagSpec
from penstock.model.views.found import (
    DagFacts,
    EventPage,
    Figures,
    RunPage,
    TaskPage,
    VersionFacts,
    XComFacts,
    XComPage,
)
from penstock.model.views.points import PointRow
from penstock.store.database import Database
from penstock.store.views import dags as dag_rows
from penstock.store.views.next_points import Coming
from penstock.store.views.search.dags import DagList
from penstock.store.views.search.figures import read_figures
from penstock.store.views.search.runs import run_counts, search_runs
from penstock.store.views.search.tasks import pool_counts, search_tasks
from penstock.store.views.search.trail import read_xcom, search_events, search_xcoms
from penstock.store.views.search.versions import numbered
from penstock.store.views.versions import Versions

_FIGURES_FOR = 5.0
"""Seconds for which the figures of everything are good enough."""


class SearchReads:
    """Searches over the store. Raises `UnknownError` for ids that do not exist."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._versions = Versions()
        self._dags = DagList(self._versions)
        self._coming = Coming(clock or SystemClock())
        self._lock = threading.Lock()
        self._figures: tuple[float, Figures] | None = None

    def dags(self) -> list[DagFacts]:
        """Return every DAG by id, as lists show it."""
        with self._database.show() as connection:
            return self._dags.read(connection)

    def coming(self, dag_ids: Sequence[str]) -> dict[str, PointRow]:
        """Return the next schedule point of each of *dag_ids* that has one."""
        found = {}
        with self._database.show() as connection:
            for dag_id in dag_ids:
                row = dag_rows.dag_row(connection, dag_id)
                spec = self._versions.one(connection, row.version_id).spec
                points = [] if row.missing else self._coming.points(dag_rows.dag_cursor(row), spec, 1)
                if points:
                    found[dag_id] = points[0]
        return found

    def spec(self, dag_id: str) -> DagSpec:
        """Return what the current version of a DAG says."""
        with self._database.show() as connection:
            return self._dags.spec(connection, dag_id)

    def versions(self, dag_id: str) -> list[VersionFacts]:
        """Return the versions of a DAG, the first one first."""
        with self._database.show() as connection:
            dag_rows.dag_row(connection, dag_id)
            return list(numbered(connection, {dag_id}).values())

    def version(self, dag_id: str, number: int | None) -> tuple[VersionFacts, str]:
        """Return one version (None: the current one) and the hash of the file that made it."""
        with self._database.show() as connection:
            row = dag_rows.dag_row(connection, dag_id)
            known = numbered(connection, {dag_id})
            fits = [
                facts
                for facts in known.values()
                if (facts.version_id == row.version_id if number is None else facts.number == number)
            ]
            if not fits:
                raise UnknownError(f"DAG {dag_id!r} has no version {number}")
            return fits[0], self._versions.one(connection, fits[0].version_id).source_hash

    def runs(self, search: RunSearch) -> RunPage:
        """Return one page of runs."""
        with self._database.show() as connection:
            return search_runs(connection, search)

    def run_counts(self, dag_ids: tuple[str, ...] | None) -> dict[str, dict[str, int]]:
        """Return how many runs of each DAG are in each state."""
        with self._database.show() as connection:
            return run_counts(connection, dag_ids)

    def tasks(self, search: TaskSearch) -> TaskPage:
        """Return one page of task instances."""
        with self._database.show() as connection:
            return search_tasks(connection, self._versions, search)

    def pool_counts(self) -> dict[str, dict[str, int]]:
        """Return the slots of each pool that are wanted or held, by state."""
        with self._database.show() as connection:
            return pool_counts(connection, self._versions)

    def events(self, search: EventSearch) -> EventPage:
        """Return one page of events."""
        with self._database.show() as connection:
            return search_events(connection, search)

    def xcoms(self, search: XComSearch) -> XComPage:
        """Return one page of pushed values."""
        with self._database.show() as connection:
            return search_xcoms(connection, search)

    def xcom(self, search: XComSearch) -> tuple[XComFacts, Any, str | None]:
        """Return one pushed value. See `penstock.store.views.search.trail.read_xcom`."""
        with self._database.show() as connection:
            return read_xcom(connection, search)

    def figures(self) -> Figures:
        """Return counts of everything that is kept, up to five seconds old."""
        with self._lock:
            if self._figures is None or time.monotonic() - self._figures[0] > _FIGURES_FOR:
                with self._database.show() as connection:
                    self._figures = time.monotonic(), read_figures(connection)
            return self._figures[1]

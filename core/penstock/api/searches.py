"""What the engine answers besides for clients that list over all DAGs: the HTTP API.

A second port beside `penstock.api.engine.Engine`, filled by the same two implementations. Lists are
filtered, ordered and counted where the data is; a page is what travels. Every call raises
`UnknownError` for an id that does not exist.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from penstock.model import views
from penstock.model.search import EventSearch, RunSearch, TaskSearch, XComSearch
from penstock.model.spec import DagSpec


class Searches(Protocol):
    """Lists over all DAGs, and the details that only such clients ask for."""

    def dag_facts(self) -> list[views.found.DagFacts]:
        """Return every DAG by id, as lists show it."""
        ...

    def coming(self, dag_ids: tuple[str, ...]) -> dict[str, views.points.PointRow]:
        """Return the next schedule point of each of *dag_ids* that has one, paused or not."""
        ...

    def spec(self, dag_id: str) -> DagSpec:
        """Return what the current version of a DAG says."""
        ...

    def versions(self, dag_id: str) -> list[views.found.VersionFacts]:
        """Return the versions of a DAG, the first one first."""
        ...

    def source(self, dag_id: str, number: int | None = None) -> views.found.DagSource:
        """Return the file that made a version of a DAG (None: the current one)."""
        ...

    def search_runs(self, search: RunSearch) -> views.found.RunPage:
        """Return one page of the runs that fit, and how many there are."""
        ...

    def run_counts(self, dag_ids: tuple[str, ...] | None = None) -> dict[str, dict[str, int]]:
        """Return how many runs of each DAG are in each state; DAGs without a run are left out."""
        ...

    def search_tasks(self, search: TaskSearch) -> views.found.TaskPage:
        """Return one page of the task instances that fit, and how many there are."""
        ...

    def pool_counts(self) -> dict[str, dict[str, int]]:
        """Return the slots of each pool that task instances of unfinished runs want or hold, by state."""
        ...

    def search_events(self, search: EventSearch) -> views.found.EventPage:
        """Return one page of the events that fit, and how many there are."""
        ...

    def search_xcoms(self, search: XComSearch) -> views.found.XComPage:
        """Return one page of the pushed values that fit, and how many there are; not the values."""
        ...

    def xcom(
        self, dag_id: str, run_id: str, task_id: str, key: str, map_index: int = -1
    ) -> views.found.XComValue:
        """Return one value that a task instance pushed, as plain JSON.

        Dates become ISO strings, tuples and sets lists.
        """
        ...

    def log_times(self, attempt_id: str, first: int, last: int) -> list[tuple[int, datetime]]:
        """Return (offset, moment) pairs of a log: the bytes from one offset to the next are of that moment.

        Those that the bytes from *first* to *last* need; empty if that is not known.
        """
        ...

    def figures(self) -> views.found.Figures:
        """Return counts of everything that is kept, a few seconds old at most."""
        ...

"""The `Searches` port over the store, the kept DAG files and the archive of attempts."""

from __future__ import annotations

from datetime import datetime

from penstock.clock import Clock, from_us
from penstock.errors import UnknownError
from penstock.execution.executor import Archive
from penstock.loading.keep import kept_source
from penstock.model.packaged import is_archive, text_of
from penstock.model.search import EventSearch, RunSearch, TaskSearch, XComSearch
from penstock.model.spec import DagSpec
from penstock.model.views.found import (
    DagFacts,
    DagSource,
    EventPage,
    Figures,
    RunPage,
    TaskPage,
    VersionFacts,
    XComPage,
    XComValue,
)
from penstock.model.views.points import PointRow
from penstock.model.xcom_values import plain
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.views.search.reads import SearchReads


class LocalSearches:
    """Answers searches from *database*, versions from their kept files, large values from *archive*."""

    def __init__(
        self, database: Database, settings: Settings, archive: Archive, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._searches = SearchReads(database, clock)

    def dag_facts(self) -> list[DagFacts]:
        """Return every DAG by id, as lists show it."""
        return self._searches.dags()

    def coming(self, dag_ids: tuple[str, ...]) -> dict[str, PointRow]:
        """Return the next schedule point of each of *dag_ids* that has one."""
        return self._searches.coming(dag_ids)

    def spec(self, dag_id: str) -> DagSpec:
        """Return what the current version of a DAG says."""
        return self._searches.spec(dag_id)

    def versions(self, dag_id: str) -> list[VersionFacts]:
        """Return the versions of a DAG, the first one first."""
        return self._searches.versions(dag_id)

    def source(self, dag_id: str, number: int | None = None) -> DagSource:
        """Return the file that made a version of a DAG.

        Raises `UnknownError` for a version whose file is no longer kept.
        """
        version, digest = self._searches.version(dag_id, number)
        try:
            data = kept_source(self._settings, digest).read_bytes()
        except OSError:
            raise UnknownError(
                f"the file of version {version.number} of DAG {dag_id!r} is not kept"
            ) from None
        return DagSource(
            version=version, text=text_of(data) if is_archive(data) else data.decode(errors="replace")
        )

    def search_runs(self, search: RunSearch) -> RunPage:
        """Return one page of the runs that fit."""
        return self._searches.runs(search)

    def run_counts(self, dag_ids: tuple[str, ...] | None = None) -> dict[str, dict[str, int]]:
        """Return how many runs of each DAG are in each state."""
        return self._searches.run_counts(dag_ids)

    def search_tasks(self, search: TaskSearch) -> TaskPage:
        """Return one page of the task instances that fit."""
        return self._searches.tasks(search)

    def pool_counts(self) -> dict[str, dict[str, int]]:
        """Return the slots of each pool that are wanted or held, by state."""
        return self._searches.pool_counts()

    def search_events(self, search: EventSearch) -> EventPage:
        """Return one page of the events that fit."""
        return self._searches.events(search)

    def search_xcoms(self, search: XComSearch) -> XComPage:
        """Return one page of the pushed values that fit."""
        return self._searches.xcoms(search)

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str, map_index: int = -1) -> XComValue:
        """Return one value that a task instance pushed."""
        search = XComSearch(dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=map_index, key=key)
        entry, value, attempt_id = self._searches.xcom(search)
        if value is None and attempt_id is not None:
            value = self._archive.pushed(attempt_id).get(key)
        return XComValue(entry=entry, value=plain(value))

    def log_times(self, attempt_id: str, first: int, last: int) -> list[tuple[int, datetime]]:
        """Return when parts of a log were written."""
        return [(offset, from_us(at)) for offset, at in self._archive.log_times(attempt_id, first, last)]

    def figures(self) -> Figures:
        """Return counts of everything that is kept."""
        return self._searches.figures()

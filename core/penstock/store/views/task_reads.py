"""The read side of single tasks, of the grid and of the timeline; see `reads`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.model.views.attempts import AttemptRow
from penstock.model.views.grid import GridCell, GridRuns
from penstock.model.views.one_task import TaskDetail, TaskHistory
from penstock.model.views.runs import RunDetail
from penstock.store.database import Database
from penstock.store.views import attempts, grid, one_task, xcoms
from penstock.store.views.durations import Durations
from penstock.store.views.runs import run_row
from penstock.store.views.versions import StoredVersion, Versions

_MOST_RUNS = 1_000
"""Runs of one history."""
_MOST_COLUMNS = 200
_MOST_ROWS = 500
"""The largest grid in one answer, because the engine answers between two ticks."""


class TaskReads:
    """Rows turned into views. Raises `UnknownError` for ids that do not exist."""

    def __init__(self, database: Database, versions: Versions, durations: Durations) -> None:
        self._database = database
        self._versions = versions
        self._durations = durations

    def task(self, dag_id: str, run_id: str, task_id: str, map_index: int) -> TaskDetail:
        """Return one task instance without what its attempt rendered."""
        with self._database.show() as connection:
            return one_task.read_task(
                connection, self._versions, self._durations, (dag_id, run_id), task_id, map_index
            )

    def version(self, dag_id: str, run_id: str) -> StoredVersion:
        """Return the version that a run is pinned to."""
        with self._database.show() as connection:
            return self._versions.one(connection, run_row(connection, dag_id, run_id).version_id)

    def pushers(
        self, dag_id: str, run_id: str, task_id: str | None, map_index: int | None
    ) -> list[xcoms.Pusher]:
        """Return the attempted task instances of a run, with what the database has of their XComs."""
        with self._database.show() as connection:
            return xcoms.read_pushers(connection, dag_id, run_id, task_id, map_index)

    def history(
        self, dag_id: str, task_id: str, map_index: int | None, limit: int, before: datetime | None
    ) -> TaskHistory:
        """Return how a task went in the DAG's last runs, newest first."""
        with self._database.show() as connection:
            limit = min(max(limit, 0), _MOST_RUNS)
            return one_task.read_history(connection, dag_id, task_id, map_index, limit, before)

    def grid(self, dag_id: str, limit: int, before: datetime | None) -> GridRuns:
        """Return the newest runs of a DAG, newest first, as columns of the grid."""
        with self._database.show() as connection:
            limit = min(max(limit, 0), _MOST_COLUMNS)
            return grid.read_grid_runs(connection, self._versions, dag_id, limit, before)

    def grid_cells(
        self, dag_id: str, runs: Sequence[str], rows: Sequence[str]
    ) -> dict[str, list[GridCell | None]]:
        """Return the cells of *rows* in *runs*."""
        with self._database.show() as connection:
            runs, rows = runs[:_MOST_COLUMNS], rows[:_MOST_ROWS]
            return grid.read_grid_cells(connection, self._versions, dag_id, runs, rows)

    def run_part(self, dag_id: str, run_id: str, rows: Sequence[str]) -> RunDetail:
        """Return one run with only the task instances that *rows* of the grid stand for."""
        with self._database.show() as connection:
            return grid.read_run_part(connection, self._versions, self._durations, (dag_id, run_id), rows)

    def run_attempts(self, dag_id: str, run_id: str, tasks: Sequence[str]) -> list[AttemptRow]:
        """Return every attempt of some tasks of a run, oldest first."""
        with self._database.show() as connection:
            return attempts.read_run_attempts(connection, dag_id, run_id, tasks)

    def printed(self, dag_id: str, run_id: str, since: int) -> tuple[bool, list[attempts.Printed]]:
        """Return whether a run goes on, and its attempts that may have printed since *since* (us)."""
        with self._database.show() as connection:
            return attempts.read_printed(connection, dag_id, run_id, since)

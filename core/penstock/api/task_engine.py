"""What a client may ask about single tasks, the grid and the timeline: a part of the `Engine` port."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from penstock.model import views


class TaskEngine(Protocol):
    """Questions about tasks."""

    def task(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1, *, attempt_id: str | None = None
    ) -> views.one_task.TaskDetail:
        """Return one task instance, how it is set, and what *attempt_id* (default: the newest) rendered."""
        ...

    def run_source(self, dag_id: str, run_id: str) -> views.one_task.SourceText:
        """Return the DAG file as it was when the run was pinned to it."""
        ...

    def xcoms(
        self, dag_id: str, run_id: str, task_id: str | None = None, map_index: int | None = None
    ) -> list[views.xcoms.XComRow]:
        """Return what the tasks of a run pushed, or one task of it, in topological order.

        Secrets are covered. Beyond some MiB values are left out, and say so: ask for the task alone.
        """
        ...

    def history(
        self,
        dag_id: str,
        task_id: str,
        *,
        map_index: int | None = None,
        limit: int = 100,
        before: datetime | None = None,
    ) -> views.one_task.TaskHistory:
        """Return how a task went in the newest *limit* runs (by run_after), older than *before* if given.

        Of a mapped task all instances of a run are taken together, unless *map_index* names one.
        """
        ...

    def grid(self, dag_id: str, *, limit: int = 50, before: datetime | None = None) -> views.grid.GridRuns:
        """Return the newest *limit* runs (by run_after) as columns, older than *before* if given."""
        ...

    def grid_cells(
        self, dag_id: str, runs: list[str], rows: list[str]
    ) -> dict[str, list[views.grid.GridCell | None]]:
        """Return the cells of *rows* of the grid in *runs*, by row; None if a run does not have the row.

        A row is a task with all its instances, one instance (``task[3]``), or a group with all its tasks.
        """
        ...

    def run_part(self, dag_id: str, run_id: str, rows: list[str]) -> views.runs.RunDetail:
        """Return one run with only the task instances that *rows* of the grid stand for."""
        ...

    def run_attempts(self, dag_id: str, run_id: str, tasks: list[str]) -> list[views.attempts.AttemptRow]:
        """Return every attempt of *tasks* of a run, oldest first; of a mapped task those of all instances."""
        ...

    def run_log(self, dag_id: str, run_id: str, *, since: datetime | None = None) -> views.merged.RunLog:
        """Return which attempts of a run printed what when, in the order of time.

        With *since* only attempts that may have printed from then on, and what tells about that time.
        """
        ...

    def log_pieces(self, pieces: list[tuple[str, int, int]]) -> list[bytes]:
        """Return parts of the logs of attempts: of each the id, an offset and a number of bytes.

        What goes beyond a MiB together is cut off.
        """
        ...

"""Views of DAGs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from penstock.model.form import FormField
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.runs import RunCell, RunRow
from penstock.model.views.view import View


class DagRow(View, frozen=True, kw_only=True):
    """One DAG in the list."""

    dag_id: str
    file: str
    schedule: str
    timezone: str
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    tasks: int = 0
    paused: PauseInfo | None = None
    """The schedule is paused."""
    frozen: PauseInfo | None = None
    next_run: datetime | None = None
    """run_after of the next schedule point; None if there is none or the schedule is paused."""
    strip: tuple[RunCell, ...] = ()
    """The last runs, oldest first."""
    last_run: RunRow | None = None
    """The newest run."""
    active_runs: int = 0
    running_tasks: int = 0
    p50: float | None = None
    """Median duration of the last successful runs, seconds."""
    import_error: str | None = None
    """The current error of the file; the DAG is then its last good version."""
    missing: bool = False
    """The file is missing or no longer makes this DAG."""
    asks: int | None = None
    """How many tasks in its runs wait for a person's answer, if any do."""
    quarantined: str | None = None
    """Why it is in quarantine and gets no new runs, or None."""
    dialect: str | None = None
    """The Airflow that its file was written for, "2" or "3"; None for our own words."""
    dialect_because: str | None = None
    """What in the file decided that."""


class DagDetail(View, frozen=True, kw_only=True):
    """A DAG and its structure. ``params`` maps a name to its JSON Schema with ``default``."""

    dag: DagRow
    version: str
    start_date: datetime | None
    end_date: datetime | None
    catchup: str
    max_active_runs: int
    max_active_tasks: int
    params: dict[str, dict[str, Any]]
    form: tuple[FormField, ...] = ()
    """The parameters as fields of a form."""
    nodes: tuple[TaskNode, ...]
    """In topological order."""
    groups: tuple[GroupNode, ...] = ()
    doc: str | None = None
    words: str = ""
    """The schedule in words."""
    warnings: tuple[str, ...] = ()
    """The warnings from when it was loaded."""

"""Views of the grid: tasks by runs."""

from __future__ import annotations

from datetime import datetime

from penstock.model.states import TaskState
from penstock.model.views.nodes import TaskNode
from penstock.model.views.runs import RunRow
from penstock.model.views.view import View


class GridRuns(View, frozen=True, kw_only=True):
    """The columns: runs of one DAG, newest first; their tasks are not counted."""

    runs: tuple[RunRow, ...]
    more: bool = False
    """Whether there are older ones."""
    gone: tuple[TaskNode, ...] = ()
    """Tasks of these runs that the DAG's present version does not have."""


class GridCell(View, frozen=True, kw_only=True, array_like=True):
    """One row in one run: a task, an instance of a mapped one, or all tasks of a group."""

    state: TaskState
    count: int = 1
    """Task instances."""
    done: int = 0
    """How many of them ended well, or were skipped."""
    start: datetime | None = None
    end: datetime | None = None
    """None while one of them runs."""
    try_number: int = 0
    failed: int = 0
    """How many failed."""

    def took(self, now: datetime) -> float | None:
        """Return the seconds from the first start to the last end, or to *now* while something runs."""
        return None if self.start is None else max(0.0, ((self.end or now) - self.start).total_seconds())

"""Views of failures, grouped by what makes them the same."""

from __future__ import annotations

from datetime import datetime

from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.view import View


class FailedTask(View, frozen=True, kw_only=True):
    """One failure: the task instance, which try of it, and how it stands now."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    at: datetime
    line: str
    state: TaskState
    """What the task instance is now: ``failed`` until something is done about it."""
    open: bool
    """Not dealt with yet."""
    new: bool
    attempt_id: str | None = None
    run_type: RunType
    run_state: RunState
    logical_date: datetime | None
    run_after: datetime
    dag_version: str = ""


class Handled(View, frozen=True, kw_only=True):
    """An acknowledgement or a snooze: who, when, why, until."""

    by: str
    at: datetime
    why: str | None = None
    until: datetime | None = None


class FailureGroup(View, frozen=True, kw_only=True):
    """Failures with one fingerprint. ``line`` is the newest error line of them."""

    fingerprint: str
    line: str
    count: int
    """Of those that were asked for: the open ones, or all."""
    first: datetime
    last: datetime
    new: bool
    """Whether one of them is newer than the last look of who asks."""
    acknowledged: Handled | None = None
    """Also of those that happened again since: who knew of the ones before."""
    snoozed: Handled | None = None
    open: int = 0
    """How many are not dealt with."""
    dags: tuple[str, ...] = ()
    tasks: tuple[FailedTask, ...] = ()
    """The newest first, as many as were asked for."""


class FailuresPage(View, frozen=True, kw_only=True):
    """Groups of failures, that of the newest failure first."""

    failures: tuple[FailureGroup, ...]
    newest: int = 0
    """The number of the newest failure there is, to remember with a look."""
    open: int = 0
    """How many failures are not dealt with, in all groups."""
    looked: datetime | None = None
    """When who asks looked last."""

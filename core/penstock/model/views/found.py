"""Views of lists over all DAGs: what `penstock.model.search` finds, a page at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.model.outcome import Outcome
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.events import EventRow
from penstock.model.views.view import View


class VersionFacts(View, frozen=True, kw_only=True):
    """One version of a DAG. ``number`` counts those of the DAG from 1."""

    version_id: int
    dag_id: str
    number: int
    name: str
    created: datetime
    file: str


class DagFacts(View, frozen=True, kw_only=True):
    """What a list says of a DAG."""

    dag_id: str
    file: str
    version: VersionFacts
    description: str | None
    owners: tuple[str, ...]
    tags: tuple[str, ...]
    kind: str
    """The kind of its schedule (`penstock.model.spec.ScheduleSpec`)."""
    crons: tuple[str, ...]
    schedule: str
    words: str
    """The schedule in words."""
    assets: bool
    """Whether it waits for assets."""
    max_active_tasks: int
    max_active_runs: int
    max_consecutive_failed_runs: int
    limited: bool
    """Whether a task of it may only run a number of times at once."""
    paused: bool = False
    frozen: bool = False
    missing: bool = False
    import_error: bool = False
    active_runs: int = 0
    last_run_state: RunState | None = None
    last_run_start: datetime | None = None


class RunFacts(View, frozen=True, kw_only=True):
    """What a list says of a run. ``seconds`` is how long it ran, in all its turns, once it has ended."""

    dag_id: str
    run_id: str
    run_type: RunType
    state: RunState
    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    queued: datetime
    start: datetime | None
    end: datetime | None
    seconds: float | None
    conf: dict[str, Any]
    by: str | None
    version: VersionFacts | None
    note: str | None = None
    backfill_id: int | None = None
    partition_key: str | None = None


class TaskFacts(View, frozen=True, kw_only=True):
    """What a list says of a task instance. ``version`` is that of its run."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: TaskState
    try_number: int
    max_tries: int
    attempts: int
    queued: datetime | None
    start: datetime | None
    end: datetime | None
    logical_date: datetime | None
    run_after: datetime
    version: VersionFacts | None
    mapped: bool = False
    operator: str = ""
    display_name: str | None = None
    pool: str = "default_pool"
    pool_slots: int = 1
    executor: str | None = None
    queue: str | None = None
    priority_weight: int = 1
    rendered_map_index: str | None = None
    pid: int | None = None
    attempt_id: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    note: str | None = None


class XComFacts(View, frozen=True, kw_only=True):
    """One value that a task pushed, without the value. ``at`` is when its attempt ended."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    key: str
    at: datetime | None
    logical_date: datetime | None
    run_after: datetime


class XComValue(View, frozen=True, kw_only=True):
    """One value that a task pushed, as plain JSON."""

    entry: XComFacts
    value: Any


class RunPage(View, frozen=True, kw_only=True):
    """One page of runs; ``total`` counts those of all pages."""

    rows: tuple[RunFacts, ...]
    total: int


class TaskPage(View, frozen=True, kw_only=True):
    """One page of task instances; ``total`` counts those of all pages."""

    rows: tuple[TaskFacts, ...]
    total: int


class EventPage(View, frozen=True, kw_only=True):
    """One page of events; ``total`` counts those of all pages."""

    rows: tuple[EventRow, ...]
    total: int


class XComPage(View, frozen=True, kw_only=True):
    """One page of pushed values; ``total`` counts those of all pages."""

    rows: tuple[XComFacts, ...]
    total: int


class DagSource(View, frozen=True, kw_only=True):
    """The file that made a version of a DAG."""

    version: VersionFacts
    text: str


class RunTimes(View, frozen=True, kw_only=True):
    """How many runs of a DAG ended in a state and are kept, and how many seconds they took together."""

    dag_id: str
    state: RunState
    count: int
    seconds: float


class Figures(View, frozen=True, kw_only=True):
    """Counts of everything that is kept, for metrics."""

    runs: dict[str, dict[str, int]]
    """By DAG and state."""
    ended: tuple[RunTimes, ...]
    tasks: dict[str, int]
    """Task instances by state."""
    points: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    """Schedule points by DAG and what happened to them: ``ran``, ``skipped: paused`` and so on."""

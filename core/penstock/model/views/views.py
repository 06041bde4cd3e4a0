"""What leaves the store: frozen values for console, command line and scripts.

All times are aware datetimes in UTC, durations seconds, sizes bytes. The field names are the names in
``--json`` output, so they must not change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.model.form import FormField
from penstock.model.outcome import Outcome
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.points import DayRow as DayRow  # noqa: PLC0414 - told on under this name
from penstock.model.views.points import LedgerPoint as LedgerPoint  # noqa: PLC0414
from penstock.model.views.points import LedgerRow as LedgerRow  # noqa: PLC0414
from penstock.model.views.points import PointRow as PointRow  # noqa: PLC0414
from penstock.model.views.view import View as View  # noqa: PLC0414


class PauseInfo(View, frozen=True, kw_only=True):
    """One active pause of the four kinds: who, when, why, until."""

    by: str
    since: datetime
    why: str | None = None
    until: datetime | None = None


class EngineStatus(View, frozen=True, kw_only=True):
    """The state of the engine. ``pid`` is None if no engine runs; the rest is then as last stored."""

    pid: int | None
    since: datetime | None
    running: int
    """Attempts that hold a slot."""
    queued: int
    """Task instances that wait for a slot."""
    failed_24h: int
    """Task instances that failed in the last 24 hours."""
    idle_seconds: float | None
    """How long since the last transition; None if there was none."""
    database_bytes: int
    log_bytes: int
    home: str
    version: str
    dags: int = 0
    runs_active: int = 0
    parallelism: int = 0
    import_errors: int = 0
    last_seen: datetime | None = None
    """When the store was last written: the age of the data when ``pid`` is None."""
    attempts_live: int = 0
    kept: str | None = None
    """How long data is kept, in words."""
    warnings: tuple[str, ...] = ()
    silent_pid: int | None = None
    """Pid of the engine that holds the home but does not answer; 0 if its pid is unknown, else None."""
    quarantined: int = 0
    """Runs, DAGs, orders and rows in quarantine."""


class RunRow(View, frozen=True, kw_only=True):
    """One run."""

    dag_id: str
    run_id: str
    run_type: RunType
    state: RunState
    logical_date: datetime | None
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    start: datetime | None
    """When it started for the first time, however often it was cleared since."""
    end: datetime | None
    turn: datetime | None = None
    """When it started this time."""
    worked: float | None = None
    """Seconds that it ran in earlier turns, before a clear or retry; for an ended run, in total."""
    reason: str | None = None
    conf: dict[str, Any] = msgspec.field(default_factory=dict)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """Task instances by state."""
    failed_inside: bool = False
    """A run that succeeded although a task in it failed."""
    held: PauseInfo | None = None
    backfill_id: int | None = None
    dag_version: str = ""
    version: int = 0
    by: str | None = None
    """Who or what created it."""
    rush: str | None = None
    """``next`` or ``now``: an operator wants it started before others, or whatever the limits."""
    rerun_of: str | None = None
    """The run that this one repeats."""
    stands_for: datetime | None = None
    """The date of the run that it repeats, which is the logical date for its tasks."""
    quarantined: str | None = None
    """Why it is in quarantine, or None."""

    def took(self, now: datetime) -> float | None:
        """Return the seconds that it ran, over all its turns, up to *now*; None before its first start."""
        if self.start is None:
            return None
        if self.worked is None:
            return max(0.0, ((self.end or now) - self.start).total_seconds())
        turn = 0.0 if self.turn is None else (now - self.turn).total_seconds()
        return self.worked + max(0.0, turn)


class RunCell(View, frozen=True, kw_only=True):
    """One cell of the strip of last runs."""

    run_id: str
    state: RunState
    logical_date: datetime | None


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
    quarantined: str | None = None
    """Why it is in quarantine and gets no new runs, or None."""


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


class TaskRow(View, frozen=True, kw_only=True):
    """One task instance."""

    task_id: str
    map_index: int
    state: TaskState
    try_number: int
    """The current or last try, from 1; 0 before the first."""
    max_tries: int
    """The last try that the retries allow."""
    operator: str
    upstream: tuple[str, ...] = ()
    group: str | None = None
    trigger_rule: str = "all_success"
    outcome: Outcome | None = None
    """Of the last attempt that ended."""
    start: datetime | None = None
    end: datetime | None = None
    peak_rss: int | None = None
    cpu_seconds: float | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None
    attempts: int = 0
    attempt_id: str | None = None
    """The newest attempt, live or not."""
    next_at: datetime | None = None
    """When a retry or the next check is due."""
    stop_deadline: datetime | None = None
    """When SIGKILL follows, for a task that is stopping."""
    held: PauseInfo | None = None
    reason: str | None = None
    pool: str = "default_pool"
    p50: float | None = None
    """Median duration of this task's last successes, seconds."""
    cpu_percent: float | None = None
    """At the last sample, of a live attempt only; ``peak_rss`` is then its peak so far."""
    version: int = 0
    rush: str | None = None
    """``next`` or ``now``, until it is launched."""
    mapped: bool = False
    """Whether the task may have several instances; ``map_index`` -1 then stands for those not yet made."""
    rendered_map_index: str | None = None
    """The name that a mapped instance gives itself, by its ``map_index_template``."""


class RunDetail(View, frozen=True, kw_only=True):
    """A run with its task instances, in topological order."""

    run: RunRow
    tasks: tuple[TaskRow, ...]
    groups: tuple[GroupNode, ...] = ()
    frozen: PauseInfo | None = None
    reruns: tuple[str, ...] = ()
    """Runs that repeat this one, oldest first."""


class AttemptRow(View, frozen=True, kw_only=True):
    """One launch."""

    attempt_id: str
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    try_number: int
    queued: datetime
    start: datetime | None
    end: datetime | None
    outcome: Outcome | None
    pid: int | None = None
    log_bytes: int | None = None
    log_path: str | None = None


class LogChunk(View, frozen=True, kw_only=True):
    """Bytes of a log. ``end`` means that the attempt has ended and nothing follows ``next_offset``."""

    data: bytes
    offset: int
    next_offset: int
    size: int
    end: bool
    start_time: datetime | None = None
    """When the first byte of the chunk was written, from the time index, if known."""


class Sample(View, frozen=True, kw_only=True):
    """Resources of one attempt at one time; the bytes are totals since its start."""

    at: datetime
    cpu_percent: float
    rss: int
    read_bytes: int
    write_bytes: int
    processes: int


class Barrier(View, frozen=True, kw_only=True):
    """One reason why something does not run.

    ``kind`` is one of: engine, quarantine, missing, assets, paused, frozen, held, ending, run_queued,
    trigger_rule, previous_run, retry, sensor, parallelism, max_active_tasks, max_active_tis_per_dag,
    max_active_tis_per_dagrun, pool, schedule, running, finished, launching. ``holders`` names who
    holds it, as ids a person can look up.
    """

    kind: str
    text: str
    holders: tuple[str, ...] = ()
    until: datetime | None = None


class Why(View, frozen=True, kw_only=True):
    """The answer to "why is it not running?". ``chain`` leads from the subject to the root cause."""

    subject: str
    state: str
    barriers: tuple[Barrier, ...] = msgspec.field(name="gates")
    chain: tuple[str, ...] = ()
    root: str = ""
    """The end of the chain."""


class PlanItem(View, frozen=True, kw_only=True):
    """One thing that an act changes: what it is, and what happens to it."""

    dag_id: str
    run_id: str | None
    task_id: str | None
    before: str
    after: str
    map_index: int = -1
    logical_date: datetime | None = None
    note: str | None = None


class Plan(View, frozen=True, kw_only=True):
    """The exact list of what an act would change. Commit it with its ``fingerprint``."""

    act: str
    title: str
    """The act with the count, such as "Clear 12 tasks"."""
    items: tuple[PlanItem, ...]
    fingerprint: str
    notes: tuple[str, ...] = ()
    cli: str = ""
    """The same act as a command line."""
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    """For a backfill: create, rerun, kept, in_flight."""


class Done(View, frozen=True, kw_only=True):
    """The answer to a committed act."""

    act: str
    message: str
    touched: int
    run_id: str | None = None
    backfill_id: int | None = None
    state: str | None = None
    undo_id: int | None = None
    """The number for undo, if it can be undone until something it changed has started."""


class PlanAnswer(View, frozen=True, kw_only=True):
    """The plan of one act of several, or why it has none."""

    plan: Plan | None = None
    refused: str | None = None


class PoolRow(View, frozen=True, kw_only=True):
    """One pool, and which tasks hold its slots."""

    name: str
    slots: int
    used: int
    waiting: int
    description: str | None = None
    holders: tuple[str, ...] = ()
    include_deferred: bool = False
    """Whether deferred task instances keep their slots."""


class ImportErrorRow(View, frozen=True, kw_only=True):
    """A DAG file that cannot be loaded."""

    file: str
    message: str
    line: int | None
    since: datetime
    detail: str | None = None


class EventRow(View, frozen=True, kw_only=True):
    """One transition or act."""

    seq: int
    at: datetime
    actor: str
    kind: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    before: str | None = None
    after: str | None = None
    reason: str | None = None


class RunStates(View, frozen=True, kw_only=True):
    """States of one run and of tasks in it, for tasks that wait for another DAG.

    ``run`` is None while that run does not exist; ``tasks`` holds the requested tasks that exist.
    """

    run: RunState | None
    run_id: str | None = None
    tasks: dict[str, TaskState] = msgspec.field(default_factory=dict)


class Change(View, frozen=True, kw_only=True):
    """What changed since the last notice; ask again for what you show of it."""

    cursor: int
    """The seq of the newest event."""
    dags: tuple[str, ...] = ()
    runs: tuple[tuple[str, str], ...] = ()
    """(dag_id, run_id)."""
    all: bool = False
    """Too much changed to list, or there was a gap: ask for everything."""
    bells: tuple[str, ...] = ()
    """The messages of callbacks that ring in every open console."""

"""Views of runs and of the task instances in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from penstock.model.outcome import Outcome
from penstock.model.rush import Rush
from penstock.model.states import BETWEEN, OCCUPIES_SLOT, RunState, RunType, TaskState
from penstock.model.usual import is_slow
from penstock.model.views.nodes import GroupNode
from penstock.model.views.pauses import BreakpointRow, PauseInfo
from penstock.model.views.view import View


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
    rush: Rush | None = None
    """``next`` or ``now``: an operator lets it start before others, or past the limits."""
    rerun_of: str | None = None
    """The run that this one repeats."""
    stands_for: datetime | None = None
    """The date of the run that it repeats, which is the logical date for its tasks."""
    partition_key: str | None = None
    """The partition that it is about."""
    quarantined: str | None = None
    """Why it is in quarantine, or None."""
    asks: int | None = None
    """How many of its tasks wait for a person's answer, if any do."""

    def took(self, now: datetime) -> float | None:
        """Return the seconds that it ran, over all its turns, up to *now*; None before its first start."""
        if self.start is None:
            return None
        if self.worked is None:
            return max(0.0, ((self.end or now) - self.start).total_seconds())
        turn = 0.0 if self.turn is None else (now - self.turn).total_seconds()
        return self.worked + max(0.0, turn)


class Turn(View, frozen=True, kw_only=True):
    """One go of a run: from its first start to its end, or from the first start after a clear or retry."""

    start: datetime
    end: datetime | None = None
    """None while it goes on."""
    state: RunState | None = None
    """How it ended."""
    seconds: float | None = None
    """What it took; None while it goes on, and if that is not known because the clock was set."""


class RunsPage(View, frozen=True, kw_only=True):
    """One page of the runs that a `penstock.model.queries.RunQuery` asks for."""

    runs: tuple[RunRow, ...]
    total: int
    """How many runs match, on all pages together."""
    offset: int = 0
    """The place of the first run of this page among them."""
    zones: dict[str, str] = msgspec.field(default_factory=dict)
    """The time zones of the DAGs on this page, as far as those are there."""


class RunCell(View, frozen=True, kw_only=True):
    """One cell of the strip of last runs."""

    run_id: str
    state: RunState
    logical_date: datetime | None


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
    p95: float | None = None
    """What 95 % of its other successes took at most, seconds; None while there are fewer than ten."""
    cpu_percent: float | None = None
    """At the last sample, of a live attempt only; ``peak_rss`` is then its peak so far."""
    version: int = 0
    rush: Rush | None = None
    """``next`` or ``now``, until it is launched."""
    mapped: bool = False
    """Whether the task may have several instances; ``map_index`` -1 then stands for those not yet made."""
    rendered_map_index: str | None = None
    """The name that a mapped instance gives itself, by its ``map_index_template``."""
    stops: tuple[str, ...] = ()
    """Where the run has a breakpoint that it has not got to: ``before`` it, ``after`` it; in `RunDetail`."""
    first_look: datetime | None = None
    """When a sensor looked for the first time, over its checks and retries; when a try that defers began."""

    @property
    def begun(self) -> datetime | None:
        """Since when it is at work: the start of its try, or a sensor's first look."""
        return self.first_look if self.first_look is not None else self.start

    @property
    def ended(self) -> datetime | None:
        """When it ended; None for a sensor between two checks and a deferred task, whose wait goes on."""
        return None if self.state in BETWEEN else self.end

    def slow(self, now: datetime) -> bool:
        """Return whether it took longer than 95 % of its runs do, or already does at *now*."""
        timed = self.end is not None or (self.state in OCCUPIES_SLOT and self.state is not TaskState.QUEUED)
        return timed and is_slow(self.start, self.end, self.p95, now)


class RunDetail(View, frozen=True, kw_only=True):
    """A run with its task instances, in topological order."""

    run: RunRow
    tasks: tuple[TaskRow, ...]
    groups: tuple[GroupNode, ...] = ()
    frozen: PauseInfo | None = None
    reruns: tuple[str, ...] = ()
    """Runs that repeat this one, oldest first."""
    breakpoints: tuple[BreakpointRow, ...] = ()
    """Those that are set in this run, reached or not."""
    turns: tuple[Turn, ...] = ()
    """Each go of the run, oldest first: one, and one more for each clear or retry of the ended run."""

    def turn_took(self, turn: Turn, now: datetime) -> float | None:
        """Return the seconds of one of its turns, up to *now* if it goes on; None if that is not known."""
        total = self.run.took(now)
        if turn.end is not None or total is None:
            return turn.seconds
        earlier = [each.seconds for each in self.turns if each.end is not None]
        known = sum(each for each in earlier if each is not None)
        return None if None in earlier else max(0.0, total - known)


class RunStates(View, frozen=True, kw_only=True):
    """States of one run and of tasks in it, for tasks that wait for another DAG.

    ``run`` is None while that run does not exist; ``tasks`` holds the requested tasks that exist.
    """

    run: RunState | None
    run_id: str | None = None
    tasks: dict[str, TaskState] = msgspec.field(default_factory=dict)

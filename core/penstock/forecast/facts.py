"""What a forecast begins with: the instance at one moment. Times are microseconds since 1970 UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from penstock.model.states import RunState, TaskState
from penstock.model.structure import Structure
from penstock.model.usual import Usual
from penstock.timetable.point import Point


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause, freeze or hold: who, why, and until when (None: until somebody lifts it)."""

    by: str = ""
    why: str | None = None
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """One pool."""

    slots: int


@dataclass(frozen=True, slots=True)
class StopFacts:
    """A breakpoint before or after a task; with ``map_index`` of one instance of it."""

    task_id: str
    before: bool
    map_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DagFacts:
    """One DAG: its current version, how far its schedule is settled, and what stops it."""

    structure: Structure
    cursor: Point | None
    first_seen: datetime
    missing: bool = False
    barred: str | None = None
    """Why it is in quarantine."""
    paused: Paused | None = None
    frozen: Paused | None = None
    served: Mapping[int, str] = field(default_factory=dict)
    """Logical dates after the cursor that have a run already: its id."""
    usual: Mapping[str, Usual] = field(default_factory=dict)
    """How long its tasks took, by task id."""
    history: int = 0
    """How many runs that is from."""
    stops: tuple[StopFacts, ...] = ()
    """Breakpoints of its next run."""

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self.structure.spec.dag_id


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """A task instance that has not ended. ``since_us`` is when its live attempt began."""

    task_id: str
    state: TaskState
    since_us: int | None = None
    next_us: int | None = None
    held: Paused | None = None


def goes_on_us(task: TaskFacts, takes_us: int, now_us: int) -> int:
    """Return when a task that waits is likely to go on. Pure.

    A deferred one after its usual time: what it has is only the latest that it may wait.
    """
    if task.state is not TaskState.DEFERRED:
        return task.next_us or now_us
    usual_us = (task.since_us or now_us) + takes_us
    return usual_us if task.next_us is None else min(usual_us, task.next_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A run that has not ended, with the task instances that have not."""

    dag_id: str
    run_id: str
    structure: Structure
    state: RunState
    run_after_us: int
    logical_us: int | None
    backfill_id: int | None = None
    held: Paused | None = None
    tasks: tuple[TaskFacts, ...] = ()
    stops: tuple[StopFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class BackfillPointFacts:
    """A point of a backfill that waits; with ``run_id`` the run that is repeated for it."""

    logical_us: int
    run_after_us: int
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillFacts:
    """A backfill that has not ended, with its waiting points in the order in which they run."""

    id: int
    dag_id: str
    at_once: int
    """How many of its runs may be active."""
    waiting: tuple[BackfillPointFacts, ...] = ()
    more: int = 0
    """Points that wait behind those."""
    paused: bool = False
    canary: bool = False
    """Whether the first point runs alone, and has not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The instance at ``now``."""

    now: datetime
    parallelism: int
    runs_per_tick: int = 100
    """How many runs the engine creates at once."""
    pools: Mapping[str, PoolFacts]
    dags: tuple[DagFacts, ...]
    runs: tuple[RunFacts, ...] = ()
    backfills: tuple[BackfillFacts, ...] = ()

"""Which slots are in use, what blocks a launch, and who is next: the rules of dispatch. Pure.

The engine applies them to what runs, the forecast to what will.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from penstock.model.barriers import BarrierKind
from penstock.model.spec import TaskSpec
from penstock.model.structure import Structure

K = TypeVar("K")

TURNS = 3
"""Number of launches of others before the next turn of a backfill, whose runs yield to all else."""


class Claim(Protocol):
    """A run, as far as slots are concerned."""

    @property
    def id(self) -> int:
        """Its key."""
        ...

    @property
    def dag_id(self) -> str:
        """Its DAG."""
        ...

    @property
    def backfill_id(self) -> int | None:
        """Its backfill, if it is of one."""
        ...


class Claimant(Protocol):
    """A run whose tasks take slots, with its structure."""

    @property
    def record(self) -> Claim:
        """The run."""
        ...

    @property
    def structure(self) -> Structure:
        """The version that it runs."""
        ...


class Sized(Protocol):
    """A pool."""

    @property
    def slots(self) -> int:
        """How many slots it has."""
        ...


class Counts(dict[K, int]):
    """How many of each; made for every tick, so it is less than a `collections.Counter`."""

    __slots__ = ()

    def __missing__(self, key: K) -> int:
        """Return 0 for what was not counted."""
        return 0


@dataclass(slots=True)
class Slots:
    """Slots in use, by everything that limits them."""

    total: int = 0
    by_dag: Counts[str] = field(default_factory=Counts)
    by_run: Counts[int] = field(default_factory=Counts)
    by_task: Counts[tuple[str, str]] = field(default_factory=Counts)
    by_run_task: Counts[tuple[int, str]] = field(default_factory=Counts)
    by_pool: Counts[str] = field(default_factory=Counts)
    by_backfill: Counts[int] = field(default_factory=Counts)
    by_place: Counts[tuple[str, str]] = field(default_factory=Counts)
    """By executor and queue, of those that are not on the engine's machine."""

    def take(self, live: Claimant, spec: TaskSpec, launches: int = 1) -> None:
        """Count one more launch, or with -1 one fewer."""
        run = live.record
        self.total += launches
        self.by_dag[run.dag_id] += launches
        self.by_run[run.id] += launches
        self.by_task[run.dag_id, spec.task_id] += launches
        self.by_run_task[run.id, spec.task_id] += launches
        self.by_pool[spec.pool] += launches * spec.pool_slots
        if run.backfill_id is not None:
            self.by_backfill[run.backfill_id] += launches


def run_full(slots: Slots, live: Claimant) -> bool:
    """Whether ``max_active_tasks`` of the run is reached."""
    return slots.by_run[live.record.id] >= live.structure.spec.max_active_tasks


def blocked_by(
    pools: Mapping[str, Sized], slots: Slots, live: Claimant, spec: TaskSpec
) -> BarrierKind | None:
    """Return which limit keeps a task from being launched, as a kind of barrier, or None."""
    pool = pools.get(spec.pool)
    if pool is None or slots.by_pool[spec.pool] + spec.pool_slots > pool.slots:
        return BarrierKind.POOL
    run = live.record
    limit = spec.max_active_tis_per_dag
    if limit is not None and slots.by_task[run.dag_id, spec.task_id] >= limit:
        return BarrierKind.MAX_ACTIVE_TIS_PER_DAG
    limit = spec.max_active_tis_per_dagrun
    if limit is not None and slots.by_run_task[run.id, spec.task_id] >= limit:
        return BarrierKind.MAX_ACTIVE_TIS_PER_DAGRUN
    return None


def turn(
    slots: Slots, live: Claimant, weight: int, run_after_us: int, *, yields: bool = False
) -> tuple[bool, int, int, int, str]:
    """Return the place of a DAG's next task among those of other DAGs; the lowest goes first.

    The DAG with the fewest live attempts, then the higher weight, then the older run. What *yields* is last.
    """
    dag_id = live.record.dag_id
    return (yields, slots.by_dag[dag_id], -weight, run_after_us, dag_id)


def queue_kind(spec: TaskSpec) -> tuple[str, int, str]:
    """Return the limits that a waiting task shares with others of its run: if one is blocked, all are."""
    limited = spec.max_active_tis_per_dag is not None or spec.max_active_tis_per_dagrun is not None
    if limited:
        return (spec.pool, spec.pool_slots, spec.task_id)
    elsewhere = spec.executor is not None or spec.queue is not None or spec.resources
    place = f"\0{spec.executor}\0{spec.queue}\0{sorted(spec.resources.items())}" if elsewhere else ""
    return (spec.pool, spec.pool_slots, place)

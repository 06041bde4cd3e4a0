"""The engine's picture of what is going on: an exact mirror of the rows that matter now.

Read from the store at start (and again whenever a write failed), changed only together with the
gate. Finished runs are not kept; `World.fetch` reads one when an operator acts on it.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from penstock.clock import opt_from_us
from penstock.errors import UnknownError
from penstock.ids import split_instance
from penstock.model.spec import DagSpec
from penstock.model.states import OCCUPIES_SLOT, RUN_UNFINISHED, TERMINAL, RunState, TaskState, progress
from penstock.model.trigger_rules import ParentCounts
from penstock.scheduling.acts.shown import ShownPlans
from penstock.scheduling.instances import instances, recount
from penstock.scheduling.live_backfill import LiveBackfill
from penstock.scheduling.stored import ChangedAssets, StoredValues
from penstock.scheduling.structure import Structure
from penstock.store.records import (
    CallbackRecord,
    PauseRecord,
    PoolRecord,
    RunRecord,
    TaskRecord,
    UndoRecord,
)
from penstock.store.working import DagFacts, Version, WorkingSet
from penstock.timetable.point import Point

QueueEntry = tuple[int, int, int, str]
"""(-weight, position, map index, key)."""


@dataclass(slots=True)
class LiveRun:
    """A run in the working set. Task instances are known by their keys: ``task`` or ``task[3]``.

    ``counts`` mirror the states of direct parents, by task; ``own_counts`` those in the same mapped
    group, by instance.
    """

    record: RunRecord
    structure: Structure
    tasks: dict[str, TaskRecord]
    instances: dict[str, list[TaskRecord]] = field(default_factory=dict)
    """Every instance of a task by map index, removed ones too. The first may stand for the whole task."""
    counts: dict[str, ParentCounts] = field(default_factory=dict)
    own_counts: dict[str, ParentCounts] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)
    """Task instances whose answer may have changed if they are pending: keys, or ids of whole tasks."""
    decisions: dict[int, dict[str, frozenset[str]]] = field(default_factory=dict)
    """Branches and short circuits that ruled out other tasks: map index -> decider -> task ids."""
    queues: dict[tuple[str, int, str], list[QueueEntry]] = field(default_factory=dict)
    """Scheduled task instances as heaps, by what may block them alike."""
    unfinished: int = 0
    rushed: list[TaskRecord] = field(default_factory=list)
    """Task instances that an operator wants run next or now; some may have gone by now."""

    @property
    def key(self) -> tuple[str, str]:
        """(dag_id, run_id)."""
        return (self.record.dag_id, self.record.run_id)

    @property
    def live(self) -> bool:
        """Whether an attempt of it lives."""
        return any(task.state in OCCUPIES_SLOT for task in self.tasks.values())


@dataclass(slots=True)
class DagEntry:
    """A DAG as the scheduler knows it."""

    facts: DagFacts
    structure: Structure
    cursor: Point | None
    next_due_us: int | None = None
    resumed_us: int | None = None
    """When a pause of the schedule was lifted, until its missed points are settled."""
    settled: bool = False
    """Whether ``next_due_us`` has been worked out since the last change."""

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self.facts.dag_id


Previous = tuple[str, Callable[[str], TaskState | None]]
"""The run before another one: its id, and what gives the state of a task in it."""


class World:
    """The working set, by key."""

    def __init__(self, reads: WorkingSet) -> None:
        self.reads = reads
        self._structures: dict[int, Structure] = {}
        self.shown = ShownPlans()
        self.aside: set[int] = set()
        """Keys of runs that are left out because ticks fail over them."""
        self.reload()

    def reload(self) -> None:
        """Read everything anew from the store."""
        self.now_us = 0
        """When the last tick was."""
        self.runs: dict[int, LiveRun] = {}
        self.by_key: dict[tuple[str, str], int] = {}
        self.leaving: dict[tuple[str, str], LiveRun] = {}
        """Runs that ended in this tick."""
        self.fresh_undos: list[UndoRecord] = []
        """Acts of this tick that may be taken back, oldest first."""
        self._previous: dict[int, Previous | None] = {}
        self._succeeded: dict[str, dict[int, RunRecord | None]] = {}
        """DAG -> run key -> the last successful run before it, as far as anybody asked."""
        self.attempts: dict[str, tuple[int, str]] = {}
        """Live attempts: id -> (run key, key of the task instance)."""
        self.asked: dict[str, float] = {}
        """Since when, on the monotonic clock, the launch of an attempt that nobody claimed is awaited."""
        self.told: set[str] = set()
        """Live attempts whose stop order was handed on in this engine's life."""
        self.looking_back: dict[str, set[int]] = {}
        """DAG -> keys of runs in which a task depends on earlier runs."""
        self.pids: dict[str, int] = {}
        """Task processes of live attempts that were claimed."""
        self.alarms: list[tuple[int, int, str]] = []
        """Heap of (due in microseconds, run key, key of the task instance) for retries and pokes."""
        self.stirred: set[int] = set()
        """Keys of runs with dirty tasks, or that may be done."""
        self.dags: dict[str, DagEntry] = {facts.dag_id: self._entry(facts) for facts in self.reads.dags()}
        self.pauses: dict[tuple[str, str, str, str], PauseRecord] = {
            pause.key: pause for pause in self.reads.pauses()
        }
        self.pools: dict[str, PoolRecord] = self.reads.pools()
        self.values = StoredValues(self.reads)
        self.assets = ChangedAssets(self.reads)
        self.callbacks: dict[int, CallbackRecord] = {one.id: one for one in self.reads.callbacks()}
        """Deliveries that are not done, by key, oldest first."""
        self.delivering: dict[str, int] = {
            one.attempt_id: one.id for one in self.callbacks.values() if one.attempt_id
        }
        """Attempts that carry callbacks out -> their keys."""
        self.next_callback = self.reads.next_key("callback")
        self.missed = self.reads.missed_deadlines()
        """(run key, ``deadline:0``) of deadlines that were told of already."""
        self.backfills: dict[int, LiveBackfill] = {
            record.id: LiveBackfill(record, slots) for record, slots in self.reads.backfills()
        }
        for record, tasks in self.reads.active_runs():
            self.adopt(self._live(record, tasks))
        for attempt_id, peak in self.reads.peaks(self.attempts).items():
            run_pk, key = self.attempts[attempt_id]
            self.runs[run_pk].tasks[key].peak_rss = peak

    def structure(self, version_id: int) -> Structure:
        """Return a version of a DAG."""
        found = self._structures.get(version_id)
        if found is None:
            found = self._structures[version_id] = Structure(self.reads.version(version_id))
        return found

    def put_structure(self, version_id: int, spec: DagSpec, source_hash: str) -> None:
        """Take note of a version that is about to be written."""
        self._structures[version_id] = Structure(Version(version_id, spec, source_hash))

    def forget_versions(self) -> None:
        """Let go of versions that no DAG and no run here is of; they are read again when they are needed."""
        used = {entry.structure.id for entry in self.dags.values()}
        used |= {live.structure.id for live in self.runs.values()}
        self._structures = {pk: found for pk, found in self._structures.items() if pk in used}

    @property
    def newest_version(self) -> int:
        """The highest version key known here."""
        return max(self._structures, default=0)

    def dag(self, dag_id: str) -> DagEntry:
        """Return a DAG; raise `UnknownError`."""
        try:
            return self.dags[dag_id]
        except KeyError:
            raise UnknownError(f"there is no DAG {dag_id!r}") from None

    def put_dag(self, facts: DagFacts) -> None:
        """Take note of a new or changed DAG."""
        standing = self.dags.get(facts.dag_id)
        entry = self.dags[facts.dag_id] = self._entry(facts)
        if standing is not None:
            entry.resumed_us = standing.resumed_us

    def run(self, dag_id: str, run_id: str) -> LiveRun:
        """Return a run, from the working set or else read from the store; raise `UnknownError`.

        A run read from the store is not part of the working set until `adopt`.
        """
        pk = self.by_key.get((dag_id, run_id))
        if pk is not None:
            return self.runs[pk]
        if (dag_id, run_id) in self.leaving:
            return self.leaving[dag_id, run_id]
        self.dag(dag_id)
        found = self.reads.run(dag_id, run_id)
        if found is None:
            raise UnknownError(f"DAG {dag_id!r} has no run {run_id!r}")
        return self._live(*found)

    def runs_at(self, dag_id: str, moments: Iterable[int]) -> dict[int, tuple[str, RunState]]:
        """Return the runs at some logical dates, those of this tick too: moment -> (run_id, state)."""
        wanted = set(moments)
        found = self.reads.run_ids_at(dag_id, wanted)
        for live in (*self.runs.values(), *self.leaving.values()):
            record = live.record
            if record.dag_id == dag_id and record.logical_us in wanted:
                found[record.logical_us] = (record.run_id, record.state)
        return found

    def free_run_id(self, dag_id: str, wanted: str) -> str:
        """Return *wanted*, or the first of ``wanted.2``, ``wanted.3`` ... that no run has."""
        run_id, number = wanted, 1
        while self.has_run(dag_id, run_id):
            number += 1
            run_id = f"{wanted}.{number}"
        return run_id

    def has_run(self, dag_id: str, run_id: str) -> bool:
        """Whether there is such a run, this tick's included."""
        key = (dag_id, run_id)
        return key in self.by_key or key in self.leaving or self.reads.has_run(dag_id, run_id)

    def adopt(self, live: LiveRun) -> None:
        """Make a run part of the working set. Harmless when it is."""
        pk = live.record.id
        if pk in self.runs:
            return
        self.runs[pk] = live
        self.leaving.pop(live.key, None)
        self._succeeded.pop(live.record.dag_id, None)
        self.forget_previous()
        self.by_key[live.key] = pk
        self.stirred.add(pk)
        if live.structure.watchers:
            self.looking_back.setdefault(live.record.dag_id, set()).add(pk)
        for task in live.tasks.values():
            if task.state in OCCUPIES_SLOT and task.attempt_id:
                self.attempts[task.attempt_id] = (pk, task.key)
            if task.state in (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE):
                heapq.heappush(self.alarms, (task.next_us or 0, pk, task.key))

    def replace(self, live: LiveRun, other: LiveRun) -> LiveRun:
        """Put *other*, the same run of another version, in the place of *live*, and return it."""
        pk = live.record.id
        self.runs.pop(pk, None)
        self.looking_back.get(live.record.dag_id, set()).discard(pk)
        self.adopt(other)
        return other

    def drop(self, live: LiveRun) -> None:
        """Let a finished run go; until the commit the store does not know how it ended."""
        if self.runs.pop(live.record.id, None) is not None:
            self.leaving[live.key] = live
            self._succeeded.pop(live.record.dag_id, None)
        self.by_key.pop(live.key, None)
        self.stirred.discard(live.record.id)
        self.looking_back.get(live.record.dag_id, set()).discard(live.record.id)
        self._previous.pop(live.record.id, None)
        self.assets.forget_run(live.record.id)

    def let_go(self, attempt_id: str) -> None:
        """Forget an attempt that has ended."""
        self.attempts.pop(attempt_id, None)
        self.pids.pop(attempt_id, None)
        self.asked.pop(attempt_id, None)
        self.told.discard(attempt_id)

    def previous(self, live: LiveRun) -> Previous | None:
        """Return the run before *live* by logical date, as (run id, what state a task of it has)."""
        pk = live.record.id
        if pk not in self._previous:
            self._previous[pk] = self._find_previous(live.record)
        return self._previous[pk]

    def previous_success(self, live: LiveRun) -> RunRecord | None:
        """Return the last successful run with an earlier logical date."""
        known = self._succeeded.setdefault(live.record.dag_id, {})
        if live.record.id not in known:
            known[live.record.id] = self._find_success(live.record)
        return known[live.record.id]

    def _find_success(self, run: RunRecord) -> RunRecord | None:
        if run.logical_us is None:
            return None
        here = [
            other.record
            for other in (*self.runs.values(), *self.leaving.values())
            if other.record.dag_id == run.dag_id
        ]
        stored = self.reads.previous_success(run.dag_id, run.logical_us, without={one.id for one in here})
        found = [
            (one.logical_us, one)
            for one in (*here, *([stored] if stored else []))
            if one.state is RunState.SUCCESS
            and one.logical_us is not None
            and one.logical_us < run.logical_us
        ]
        return max(found, key=lambda pair: pair[0])[1] if found else None

    def forget_previous(self) -> None:
        """Look for earlier runs anew: some have come or gone."""
        self._previous.clear()

    def _find_previous(self, run: RunRecord) -> Previous | None:
        logical_us = run.logical_us
        assert logical_us is not None, "a run without a logical date has none before it"
        newest: LiveRun | None = None
        reached = -1 << 63
        for other in (*self.runs.values(), *self.leaving.values()):
            at = other.record.logical_us
            if other.record.dag_id == run.dag_id and at is not None and reached < at < logical_us:
                newest, reached = other, at
        # The working set is ahead of the store within a tick.
        stored = self.reads.previous_states(run.dag_id, logical_us, after=reached)
        if stored is not None:
            return stored[0], stored[1].get
        if newest is None:
            return None
        last = newest
        return last.record.run_id, lambda task_id: min(
            (task.state for task in instances(last, task_id)), key=progress, default=None
        )

    def paused(self, dag_id: str) -> PauseRecord | None:
        """Return the pause of a DAG's schedule."""
        return self.pauses.get(("schedule", dag_id, "", ""))

    def frozen(self, dag_id: str) -> PauseRecord | None:
        """Return the freeze of a DAG."""
        return self.pauses.get(("freeze", dag_id, "", ""))

    def held(self, dag_id: str, run_id: str, task_id: str = "") -> PauseRecord | None:
        """Return the hold of a run, or of a task instance by its key: its own, or that of its whole task."""
        if not task_id:
            return self.pauses.get(("run", dag_id, run_id, ""))
        found = self.pauses.get(("task", dag_id, run_id, task_id))
        if found is None and task_id.endswith("]"):
            found = self.pauses.get(("task", dag_id, run_id, split_instance(task_id)[0]))
        return found

    def runs_of(self, dag_id: str) -> list[LiveRun]:
        """Return the working set's unfinished runs of a DAG, oldest first."""
        return sorted(
            (
                live
                for live in self.runs.values()
                if live.record.dag_id == dag_id and live.record.state in RUN_UNFINISHED
            ),
            key=lambda live: (live.record.run_after_us, live.record.id),
        )

    def _entry(self, facts: DagFacts) -> DagEntry:
        return DagEntry(facts, self.structure(facts.version_id), _point(facts))

    def _live(self, record: RunRecord, tasks: list[TaskRecord]) -> LiveRun:
        return build_live(record, self.structure(record.version_id), tasks)


def build_live(record: RunRecord, structure: Structure, tasks: list[TaskRecord]) -> LiveRun:
    """Return a run of the working set from its records, with everything derived worked out."""
    live = LiveRun(record, structure, {task.key: task for task in tasks})
    for task in tasks:
        live.instances.setdefault(task.task_id, []).append(task)
    for task_id in structure.graph.upstream:
        recount(live, task_id)
    for task in tasks:
        if task.state not in TERMINAL:
            live.unfinished += 1
        if task.state is TaskState.SCHEDULED:
            enqueue(live, task)
        if task.rush is not None:
            live.rushed.append(task)
        take_decision(live, task)
    return live


def enqueue(live: LiveRun, task: TaskRecord) -> None:
    """Put a scheduled task instance among those that wait for a slot."""
    spec = live.structure.tasks[task.task_id]
    limited = spec.max_active_tis_per_dag is not None or spec.max_active_tis_per_dagrun is not None
    kind = (spec.pool, spec.pool_slots, task.task_id if limited else "")
    weight = live.structure.weights[task.task_id]
    entry = (-weight, task.position, task.map_index, task.key)
    heapq.heappush(live.queues.setdefault(kind, []), entry)


def take_decision(live: LiveRun, task: TaskRecord) -> None:
    """Take over (or take back) what a branch or short circuit decided against."""
    if task.state is TaskState.SUCCESS and task.skips:
        live.decisions.setdefault(task.map_index, {})[task.key] = frozenset(json.loads(task.skips))
    elif task.map_index in live.decisions:
        live.decisions[task.map_index].pop(task.key, None)
        if not live.decisions[task.map_index]:
            del live.decisions[task.map_index]


def _point(facts: DagFacts) -> Point | None:
    if facts.cursor_us is None:
        return None
    run_after = opt_from_us(facts.cursor_us)
    start = opt_from_us(facts.cursor_start_us) or run_after
    end = opt_from_us(facts.cursor_end_us) or run_after
    assert run_after is not None
    assert start is not None
    assert end is not None
    return Point(start, start, end, run_after)

"""The engine's working set: an exact mirror of the rows that matter now.

Read from the store at start (and again whenever a write failed), changed only together with the
gate. Finished runs are not kept; `World.run` reads one when an operator acts on it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable

from penstock.errors import RefusedError, UnknownError, unknown_dag
from penstock.execution.executor import Claimed
from penstock.model.pauses import PauseKind
from penstock.model.spec import ParsedFile
from penstock.model.states import OCCUPIES_SLOT, RUN_UNFINISHED, TIMED, RunState, TaskState, progress
from penstock.model.structure import Structure
from penstock.model.subject import Subject, about_dag, about_row, about_run
from penstock.scheduling.world.dag_entry import DagEntry, last_point
from penstock.scheduling.world.due_dags import DueDags
from penstock.scheduling.world.fresh_run import Making
from penstock.scheduling.world.instances import instances
from penstock.scheduling.world.live_backfill import LiveBackfill
from penstock.scheduling.world.live_run import LiveRun as LiveRun  # noqa: PLC0414 - known under this name too
from penstock.scheduling.world.live_run import QueueEntry as QueueEntry  # noqa: PLC0414
from penstock.scheduling.world.live_run import build_live as build_live  # noqa: PLC0414
from penstock.scheduling.world.live_run import enqueue as enqueue  # noqa: PLC0414
from penstock.scheduling.world.live_run import take_decision as take_decision  # noqa: PLC0414
from penstock.scheduling.world.pauses import Pauses
from penstock.scheduling.world.places import Places
from penstock.scheduling.world.questions import Questions
from penstock.scheduling.world.shown_plans import ShownPlans
from penstock.scheduling.world.triggers import Triggers, wait_for_trigger
from penstock.scheduling.world.values_and_assets import ChangedAssets, StoredValues
from penstock.scheduling.world.versions import Versions
from penstock.store.engine.live_rows import Apart
from penstock.store.engine.records import (
    CallbackRecord,
    DagRecord,
    PauseRecord,
    PoolRecord,
    RunRecord,
    TaskRecord,
    UndoRecord,
)
from penstock.store.engine.stored import Stored, read_stored
from penstock.store.engine.working_set import WorkingSet
from penstock.store.sieve import Sieve

DEFAULT_SLOTS = 128
"""Slots of ``default_pool`` while its row cannot be read."""


Previous = tuple[str, Callable[[str], TaskState | None]]
"""The run before another one: its id, and a function that returns the state of a task in it."""


class World:
    """The working set, by key."""

    def __init__(self, reads: WorkingSet) -> None:
        self.reads = reads
        self.versions = Versions(reads)
        self.shown = ShownPlans()
        self.places = Places()
        """Where tasks run; the loop sets it."""
        self.making = Making()
        """Very large runs that are to be created."""
        self.parked: dict[str, ParsedFile] = {}
        """Loaded files that were not applied because of quarantine, by the id of what is there."""
        self.reload()

    def reload(self, without: Collection[str] = ()) -> None:
        """Read everything again from the store, *without* these subjects and what is in quarantine.

        What cannot be read is left out too, and added to ``faults``.
        """
        stored = read_stored(self.reads, without)
        sieve = stored.sieve
        self.quarantine = stored.quarantine
        """What is in quarantine, by id."""
        self.out = sieve.out
        """Ids of everything that is left out; of a DAG only its new runs are."""
        self.faults = sieve.faults
        """What could not be read now and is not in quarantine yet."""
        self.unread: dict[str, DagRecord | None] = {}
        """DAGs with a row and no entry here, because it or their version cannot be read."""
        self.now_us = 0
        """When the last tick was."""
        self.clock = stored.clock
        """The clocks at the last look; see `clock_setting`."""
        self.runs: dict[int, LiveRun] = {}
        self.by_key: dict[tuple[str, str], int] = {}
        self.leaving: dict[tuple[str, str], LiveRun] = {}
        """Runs that ended in this tick."""
        self.fresh_undos: list[UndoRecord] = []
        """Acts of this tick that can be undone, oldest first."""
        self._previous: dict[int, Previous | None] = {}
        self._succeeded: dict[str, dict[int, RunRecord | None]] = {}
        """DAG -> run key -> the last successful run before it, as far as it was asked for."""
        self.attempts: dict[str, tuple[int, str]] = {}
        """Live attempts: id -> (run key, key of the task instance)."""
        self.asked: dict[str, float] = {}
        """Unclaimed attempts -> time of their launch on the monotonic clock."""
        self.told_to_stop: set[str] = set()
        """Live attempts with a stop order that this engine has passed on."""
        self.looking_back: dict[str, set[int]] = {}
        """DAG -> keys of runs with a task that depends on earlier runs."""
        self.remarks: dict[str, Claimed] = {}
        """Live attempts with a note from their supervisor, as last seen."""
        self.alarms: list[tuple[int, int, str]] = []
        """Heap of (due in microseconds, run key, key of the task instance) for retries and pokes."""
        self.to_advance: set[int] = set()
        """Keys of runs with dirty tasks, or that may be done."""
        self.put_off: set[int] = set()
        """Keys of runs with so much to do that this tick leaves the rest to the next."""
        self.dags: dict[str, DagEntry] = {}
        self.by_assets: dict[str, None] = {}
        """The DAGs that assets schedule."""
        self._made_by: dict[str, dict[str, None]] = {}
        """File -> the DAGs that it makes."""
        self.triggers = Triggers(stored.triggerer)
        self._take_dags(stored)
        self.due_dags = DueDags(self.dags)
        self._take_what_stands_beside(stored)
        for record, tasks in stored.runs:
            self._take_in(record, tasks, sieve)
        self._take_what_lives(sieve)

    def _take_what_lives(self, sieve: Sieve) -> None:
        """Load what runs that are left out still hold, and the peaks of what runs."""
        self.apart: dict[int, Apart] = {run.id: run for run in self.reads.apart(sieve.apart)}
        """Unfinished runs that are left out."""
        self.slots_apart = [
            (run, task_id, *self._slots_of(run, task_id))
            for run in self.apart.values()
            for _, task_id in run.live
        ]
        """Their live attempts, which still hold slots: run, task, pool, slots."""
        for attempt_id, peak in self.reads.peaks(self.attempts).items():
            run_pk, key = self.attempts[attempt_id]
            self.runs[run_pk].tasks[key].peak_rss = peak

    def _take_dags(self, stored: Stored) -> None:
        self.versions.read(facts.version_id for facts in stored.dags)
        for facts in stored.dags:
            self.unread[facts.dag_id] = facts
            try:
                self._enter(facts)
            except Exception as error:  # noqa: BLE001
                stored.sieve.fault(about_dag(facts.dag_id), error)
            else:
                del self.unread[facts.dag_id]
        for dag_id in stored.sieve.bad_dags:
            self.unread[dag_id] = None

    def _take_what_stands_beside(self, stored: Stored) -> None:
        """Load what there is besides DAGs and runs."""
        self.questions = Questions(self.reads)
        self.pauses = Pauses(stored.pauses)
        self.snoozes: dict[str, int] = self.reads.snoozes()
        """When snoozes of failures end, by fingerprint."""
        self.pools: dict[str, PoolRecord] = stored.pools
        if "pool:default_pool" in self.out:  # all tasks use it: they must not suffer for its row
            self.pools["default_pool"] = PoolRecord("default_pool", DEFAULT_SLOTS)
        self.values = StoredValues(stored.values)
        self.assets = ChangedAssets(self.reads, stored.queued_assets, stored.next_asset_event)
        self.callbacks: dict[int, CallbackRecord] = {one.id: one for one in stored.callbacks}
        """Deliveries that are not done, by key, oldest first."""
        self.delivering: dict[str, int] = {
            one.attempt_id: one.id for one in self.callbacks.values() if one.attempt_id
        }
        """Attempts that carry callbacks out -> their keys."""
        self.next_callback = stored.next_callback
        self.missed = stored.missed_deadlines
        """(run key, ``deadline:0``) of deadlines that were reported already."""
        self.backfills: dict[int, LiveBackfill] = {
            record.id: LiveBackfill(record, points) for record, points in stored.backfills
        }

    def _take_in(self, record: RunRecord, tasks: list[TaskRecord], sieve: Sieve) -> None:
        try:
            live = self._live(record, tasks)
        except Exception as error:  # noqa: BLE001
            sieve.fault(about_run(record.dag_id, record.run_id), error)
            sieve.apart.append(record.id)
        else:
            self.adopt(live)

    def _slots_of(self, run: Apart, task_id: str) -> tuple[str, int]:
        """Return the pool and slots of a task in a run that is left out, as far as known."""
        try:
            spec = self.structure(run.version_id).tasks[task_id]
        except Exception:  # noqa: BLE001
            return "default_pool", 1
        return spec.pool, spec.pool_slots

    def subjects(self) -> list[Subject]:
        """Return all subjects that can be left out."""
        return [
            *(live.subject for live in self.runs.values()),
            *(about_dag(dag_id) for dag_id in self.dags),
            *(about_row("backfill", key, found.record.dag_id) for key, found in self.backfills.items()),
            *(about_row("callback", key) for key in self.callbacks),
            *(about_row("pause", "/".join(filter(None, key)), key[1]) for key in self.pauses),
            *(about_row("pool", name) for name in self.pools),
        ]

    def quarantine_reason(self, subject_id: str) -> str | None:
        """Return why a subject is left out, or None."""
        if subject_id not in self.out:
            return None
        record = self.quarantine.get(subject_id)
        return "it is left out for now" if record is None else record.reason

    def refuse_barred(self, subject_id: str, noun: str) -> None:
        """Raise `RefusedError` if a subject is left out."""
        reason = self.quarantine_reason(subject_id)
        if reason is not None:
            raise RefusedError(
                f"{noun} is in quarantine: {reason}. Take it back with `penstock quarantine retry "
                f"{subject_id}`, or remove it with `penstock quarantine drop {subject_id}`"
            )

    def active(self, dag_id: str) -> int:
        """Return the number of unfinished runs of a DAG without backfill runs; runs left out count too."""
        here = sum(live.record.backfill_id is None for live in self.runs_of(dag_id))
        return here + sum(run.dag_id == dag_id and run.backfill_id is None for run in self.apart.values())

    def structure(self, version_id: int) -> Structure:
        """Return a version of a DAG."""
        return self.versions.one(version_id)

    def forget_versions(self) -> None:
        """Drop versions that no DAG and no run here uses; they are read again when needed."""
        used = {entry.structure.id for entry in self.dags.values()}
        self.versions.keep(used | {live.structure.id for live in self.runs.values()})

    def dag(self, dag_id: str) -> DagEntry:
        """Return a DAG; raise `UnknownError`."""
        try:
            return self.dags[dag_id]
        except KeyError:
            self.refuse_barred(dag_id, f"DAG {dag_id}")
            raise unknown_dag(dag_id) from None

    def put_dag(self, facts: DagRecord) -> None:
        """Add a new or changed DAG."""
        standing = self.dags.get(facts.dag_id)
        entry = self._enter(facts)
        if standing is not None:
            entry.resumed_us = standing.resumed_us
            if standing.facts.file != facts.file:
                self._made_by[standing.facts.file].pop(facts.dag_id, None)
        self.due_dags.look_at(facts.dag_id)

    def made_by(self, file: str) -> list[DagEntry]:
        """Return the DAGs that a file makes, or made when it was there."""
        return [self.dags[dag_id] for dag_id in self._made_by.get(file, ())]

    def run(self, dag_id: str, run_id: str) -> LiveRun:
        """Return a run, from the working set or else from the store; raise `UnknownError`.

        A run read from the store is not part of the working set until `adopt`.
        """
        pk = self.by_key.get((dag_id, run_id))
        if pk is not None:
            return self.runs[pk]
        self.refuse_barred(f"{dag_id}/{run_id}", f"run {run_id} of {dag_id}")
        if (dag_id, run_id) in self.leaving:
            return self.leaving[dag_id, run_id]
        self.dag(dag_id)
        found = self.reads.run(dag_id, run_id)
        if found is None:
            raise UnknownError(f"DAG {dag_id!r} has no run {run_id!r}")
        return self._live(*found)

    def runs_at(self, dag_id: str, moments: Iterable[int]) -> dict[int, tuple[str, RunState]]:
        """Return the runs at some logical dates, also those of this tick: date -> (run_id, state)."""
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
        """Whether the run exists, also if this tick has created it."""
        key = (dag_id, run_id)
        return key in self.by_key or key in self.leaving or self.reads.has_run(dag_id, run_id)

    def adopt(self, live: LiveRun) -> None:
        """Add a run to the working set. Doing it twice is harmless."""
        pk = live.record.id
        if pk in self.runs:
            return
        self.runs[pk] = live
        self.leaving.pop(live.key, None)
        self._succeeded.pop(live.record.dag_id, None)
        self.forget_previous()
        self.by_key[live.key] = pk
        self.to_advance.add(pk)
        if live.structure.watchers:
            self.looking_back.setdefault(live.record.dag_id, set()).add(pk)
        self.questions.read(live.tasks.values())
        for task in live.tasks.values():
            if task.state in OCCUPIES_SLOT and task.attempt_id:
                self.attempts[task.attempt_id] = (pk, task.key)
            if task.state in TIMED:
                heapq.heappush(self.alarms, (task.next_us or 0, pk, task.key))
            elif task.state is TaskState.DEFERRED:
                wait_for_trigger(self, live, task)

    def replace(self, live: LiveRun, other: LiveRun) -> LiveRun:
        """Replace *live* with *other*, the same run in another version, and return it."""
        pk = live.record.id
        self.runs.pop(pk, None)
        self.looking_back.get(live.record.dag_id, set()).discard(pk)
        self.adopt(other)
        return other

    def drop(self, live: LiveRun) -> None:
        """Drop a finished run; until the commit its end is not in the store."""
        if self.runs.pop(live.record.id, None) is not None:
            self.leaving[live.key] = live
            self._succeeded.pop(live.record.dag_id, None)
        self.by_key.pop(live.key, None)
        self.to_advance.discard(live.record.id)
        self.looking_back.get(live.record.dag_id, set()).discard(live.record.id)
        self._previous.pop(live.record.id, None)
        self.questions.forget(live.tasks.values())
        self.assets.forget_run(live.record.id)

    def let_go(self, attempt_id: str) -> None:
        """Forget an attempt that has ended."""
        self.attempts.pop(attempt_id, None)
        self.remarks.pop(attempt_id, None)
        self.asked.pop(attempt_id, None)
        self.told_to_stop.discard(attempt_id)
        self.places.let_go(attempt_id)

    def previous(self, live: LiveRun) -> Previous | None:
        """Return the run before *live* by logical date, as (run id, function that returns a task's state)."""
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
        """Forget cached earlier runs: some were added or removed."""
        self._previous.clear()

    def _find_previous(self, run: RunRecord) -> Previous | None:
        logical_us = run.logical_us
        assert logical_us is not None, "a run without a logical date has no run before it"
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
        return self.pauses.get((PauseKind.SCHEDULE, dag_id, "", ""))

    def frozen(self, dag_id: str) -> PauseRecord | None:
        """Return the freeze of a DAG."""
        return self.pauses.get((PauseKind.FREEZE, dag_id, "", ""))

    def held(self, dag_id: str, run_id: str, task_id: str = "") -> PauseRecord | None:
        """Return the hold of a run, or the hold of (or breakpoint before) a task instance by its key."""
        if not task_id:
            return self.pauses.get((PauseKind.RUN, dag_id, run_id, ""))
        return self.pauses.of_task(dag_id, run_id, task_id)

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

    def _enter(self, facts: DagRecord) -> DagEntry:
        entry = DagEntry(facts, self.structure(facts.version_id), last_point(facts))
        self.dags[facts.dag_id] = entry
        if entry.structure.spec.schedule.assets is None:
            self.by_assets.pop(facts.dag_id, None)
        else:
            self.by_assets[facts.dag_id] = None
        self._made_by.setdefault(facts.file, {})[facts.dag_id] = None
        return entry

    def _live(self, record: RunRecord, tasks: list[TaskRecord]) -> LiveRun:
        return build_live(record, self.structure(record.version_id), tasks)

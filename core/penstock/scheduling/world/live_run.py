"""A run in the engine's working set: its records, and what is derived from them."""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from penstock.model.slots import queue_kind
from penstock.model.states import OCCUPIES_SLOT, RUN_UNFINISHED, TERMINAL, TaskState
from penstock.model.structure import Structure
from penstock.model.subject import Subject, about_run
from penstock.model.trigger_rules import ParentCounts
from penstock.scheduling.world.instances import counts, recount
from penstock.store.engine.records import RunRecord, TaskRecord

QueueEntry = tuple[int, int, int, str]
"""(-weight, position, map index, key)."""


@dataclass(slots=True)
class LiveRun:
    """A run in the working set. Task instances have keys: ``task`` or ``task[3]``.

    ``counts`` mirror the states of direct parents, by task; ``own_counts`` those in the same mapped
    group, by instance.
    """

    record: RunRecord
    structure: Structure
    tasks: dict[str, TaskRecord]
    instances: dict[str, list[TaskRecord]] = field(default_factory=dict)
    """Every instance of a task by map index, removed ones too. The first may be the whole task."""
    counts: dict[str, ParentCounts] = field(default_factory=dict)
    own_counts: dict[str, ParentCounts] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)
    """Task instances to check again if they are pending: keys, or ids of whole tasks."""
    decisions: dict[int, dict[str, frozenset[str]]] = field(default_factory=dict)
    """Branches and short circuits that decided against other tasks: map index -> decider -> task ids."""
    queues: dict[tuple[str, int, str], list[QueueEntry]] = field(default_factory=dict)
    """Scheduled task instances as heaps, by the limits that they share."""
    backlog: deque[TaskRecord] = field(default_factory=deque)
    """Those of ``dirty`` that are being checked, in order; more than a tick takes are left to the next."""
    ending: deque[TaskRecord] = field(default_factory=deque)
    """Tasks that have not begun, and are still to be ended with the run (`moves.ending`)."""
    unfinished: int = 0
    rushed: list[TaskRecord] = field(default_factory=list)
    """Task instances that an operator runs next or now; some may be gone by now."""

    subject: Subject = field(init=False)
    """Errors inside ``with live.subject:`` are about this run."""

    def __post_init__(self) -> None:
        self.subject = about_run(self.record.dag_id, self.record.run_id)

    @property
    def key(self) -> tuple[str, str]:
        """(dag_id, run_id)."""
        return (self.record.dag_id, self.record.run_id)

    @property
    def live(self) -> bool:
        """Whether it has a live attempt."""
        return any(task.state in OCCUPIES_SLOT for task in self.tasks.values())


def build_live(record: RunRecord, structure: Structure, tasks: list[TaskRecord]) -> LiveRun:
    """Return a run of the working set from its records, with all derived facts."""
    live = LiveRun(record, structure, {task.key: task for task in tasks})
    for task in tasks:
        live.instances.setdefault(task.task_id, []).append(task)
    derive(live)
    if record.intent is not None and record.state in RUN_UNFINISHED:  # by an engine that ended meanwhile
        teardowns = structure.setups.teardowns
        live.ending.extend(
            task
            for task in tasks
            if task.state not in TERMINAL
            and task.state not in OCCUPIES_SLOT
            and task.task_id not in teardowns
        )
    return live


def derive(live: LiveRun) -> None:
    """Work out all that follows from the states of a run's task instances."""
    structure = live.structure
    for facts in (live.counts, live.own_counts, live.decisions, live.queues, live.rushed):
        facts.clear()
    live.unfinished = 0
    for task_id, parents in structure.graph.upstream.items():
        if task_id in structure.group_of:
            recount(live, task_id)
        else:
            live.counts[task_id] = _counted(live, parents)
    for task in live.tasks.values():
        if task.state not in TERMINAL:
            live.unfinished += 1
        if task.state is TaskState.SCHEDULED:
            enqueue(live, task)
        if task.rush is not None:
            live.rushed.append(task)
        take_decision(live, task)
    live.dirty = movable(live)


def _counted(live: LiveRun, parents: Iterable[str]) -> ParentCounts:
    """Return the counts of the states of all instances of *parents*."""
    found = ParentCounts()
    for parent in parents:
        for task in live.instances.get(parent, ()):
            if task.map_index < 0 or counts(task):
                found.total += 1
                if task.state in TERMINAL:
                    found.add(task.state)
    return found


def movable(live: LiveRun) -> set[str]:
    """Return the pending task instances that may move by now: no others, in a run of many tasks.

    The others wait for parents of which none has ended.
    """
    early = live.structure.early
    return {
        key
        for key, task in live.tasks.items()
        if task.state is TaskState.PENDING
        and (
            task.task_id in early
            or live.counts[task.task_id].done
            or not live.counts[task.task_id].total
            or key in live.own_counts
            or live.decisions
        )
    }


def enqueue(live: LiveRun, task: TaskRecord) -> None:
    """Put a scheduled task instance among those that wait for a slot."""
    spec = live.structure.tasks[task.task_id]
    weight = live.structure.weights[task.task_id]
    entry = (-weight, task.position, task.map_index, task.key)
    heapq.heappush(live.queues.setdefault(queue_kind(spec), []), entry)


def take_decision(live: LiveRun, task: TaskRecord) -> None:
    """Record (or remove) what a branch or short circuit decided against."""
    if task.state is TaskState.SUCCESS and task.skips:
        live.decisions.setdefault(task.map_index, {})[task.key] = frozenset(json.loads(task.skips))
    elif task.map_index in live.decisions:
        live.decisions[task.map_index].pop(task.key, None)
        if not live.decisions[task.map_index]:
            del live.decisions[task.map_index]

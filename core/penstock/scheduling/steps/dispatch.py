"""Dispatch: gives free slots to waiting tasks.

Between DAGs the one with the fewest live attempts goes first, so ten thousand ready tasks of one DAG
do not make another's single task wait; then by priority weight, then by age. Within a DAG the higher
weight goes first. Backfill runs yield to all others but are never starved: every fourth launch is theirs.

Tasks that an operator runs next go before all of that; tasks run now also ignore the limits.
"""

from __future__ import annotations

import heapq

from penstock.ids import new_attempt_id
from penstock.model.barriers import BarrierKind
from penstock.model.rush import Rush
from penstock.model.slots import TURNS, turn
from penstock.model.spec import TaskSpec
from penstock.model.states import TERMINAL, RunState, TaskState
from penstock.model.transitions import TaskEvent
from penstock.model.trigger_rules import Verdict
from penstock.scheduling.moves.empty import finish_empty
from penstock.scheduling.moves.task import move, starts_new_try
from penstock.scheduling.steps.launch import attempt_spec
from penstock.scheduling.world.limits import Occupancy, run_full, task_blocked
from penstock.scheduling.world.readiness import judge, not_begun
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, QueueEntry, World
from penstock.store.engine.records import TaskRecord


def dispatch(tick: Tick) -> None:
    """Launch as many waiting tasks as there are slots."""
    waiting = _waiting_runs(tick)
    if not waiting:
        return
    occupancy = Occupancy.of(tick.world)
    for runs in waiting.values():
        for live in runs:
            if live.rushed:
                with live.subject:
                    _launch_rushed(tick, occupancy, live)
    heads: list[tuple[bool, int, int, int, str]] = []
    offers: dict[str, tuple[int, LiveRun, TaskRecord]] = {}

    def offer(dag_id: str) -> None:
        found = _next(tick, occupancy, waiting[dag_id])
        if found is not None:
            live, task = found
            offers[dag_id] = (occupancy.total, live, task)
            weight = live.structure.weights[task.task_id]
            yields = _yields(tick.world, occupancy, live)
            heapq.heappush(heads, turn(occupancy, live, weight, live.record.run_after_us, yields=yields))

    for dag_id in waiting:
        offer(dag_id)
    while heads and occupancy.total < tick.settings.parallelism:
        *_, dag_id = heapq.heappop(heads)
        taken, live, task = offers[dag_id]
        if taken != occupancy.total:  # others were launched since: a pool may have filled up
            found = _next(tick, occupancy, waiting[dag_id])
            if found is None:
                continue
            live, task = found
        with live.subject:
            _launch(tick, live, task)
            _take(tick, occupancy, live, live.structure.tasks[task.task_id])
        offer(dag_id)


def _take(tick: Tick, occupancy: Occupancy, live: LiveRun, spec: TaskSpec) -> None:
    occupancy.take(live, spec)
    occupancy.take_place(tick.world, spec)


def _waiting_runs(tick: Tick) -> dict[str, list[LiveRun]]:
    """Return runs with tasks that wait for a slot and may launch, by DAG."""
    found: dict[str, list[LiveRun]] = {}
    for live in tick.world.runs.values():
        if not live.queues or live.record.state is not RunState.RUNNING or live.ending:
            continue
        dag_id, run_id = live.key
        if not tick.world.frozen(dag_id) and not tick.world.held(dag_id, run_id):
            found.setdefault(dag_id, []).append(live)
    for runs in found.values():
        runs.sort(key=lambda live: (live.record.run_after_us, live.record.id))
    return found


def _next(tick: Tick, occupancy: Occupancy, runs: list[LiveRun]) -> tuple[LiveRun, TaskRecord] | None:
    """Return the next task of a DAG that can launch now; empty tasks on the way are finished.

    The highest weight of all its runs; among equal ones, of the oldest run.
    """
    for yields in (False, True):
        # By the highest waiting weight of each: runs that cannot win need no look.
        ranked = sorted(
            (_top(live), place)
            for place, live in enumerate(runs)
            if _yields(tick.world, occupancy, live) is yields and not run_full(occupancy, live)
        )
        best: tuple[int, int, TaskRecord] | None = None
        for rank in ranked:
            if best is not None and rank > best[:2]:
                break
            live = runs[rank[1]]
            with live.subject:
                task = _head(tick, occupancy, live)
            if task is not None:
                found = (-live.structure.weights[task.task_id], rank[1])
                if best is None or found < best[:2]:
                    best = (*found, task)
        if best is not None:
            return runs[best[1]], best[2]
    return None


def _top(live: LiveRun) -> int:
    """Return the highest weight among the waiting tasks of a run, as a negative number."""
    return min((queue[0][0] for queue in live.queues.values() if queue), default=0)


def _yields(world: World, occupancy: Occupancy, live: LiveRun) -> bool:
    """Whether the run is a backfill's that yields: it has a live attempt, or has had its turn."""
    backfill = world.backfills.get(live.record.backfill_id or 0)
    if backfill is None:
        return False
    return occupancy.by_backfill[backfill.record.id] > 0 or backfill.passed_over < TURNS


def _count_turns(world: World, live: LiveRun) -> None:
    backfill = world.backfills.get(live.record.backfill_id or 0)
    if backfill is not None:
        backfill.passed_over = 0
        return
    for other in world.backfills.values():
        other.passed_over += 1


def _launch_rushed(tick: Tick, occupancy: Occupancy, live: LiveRun) -> None:
    """Launch tasks to run now, and tasks to run next if there is room; else keep the room free."""
    live.rushed = [task for task in live.rushed if task.rush is not None and task.state not in TERMINAL]
    for task in sorted(live.rushed, key=lambda task: task.rush != Rush.NOW):
        spec = live.structure.tasks[task.task_id]
        ready = task.state is TaskState.SCHEDULED and judge(live, task)[0] is Verdict.GO
        if not ready or spec.launch == "empty" or tick.world.held(*live.key, task.key):
            continue
        if not_begun(live, spec):
            continue
        full = occupancy.total >= tick.settings.parallelism or run_full(occupancy, live)
        blocked = task_blocked(tick.world, occupancy, live, spec)
        if task.rush == Rush.NOW or not (full or blocked):
            _launch(tick, live, task)
            _take(tick, occupancy, live, spec)
        elif blocked is BarrierKind.POOL and spec.pool_slots <= _slots(tick.world, spec.pool):
            # A task that needs several slots would wait for ever if smaller ones took each free slot.
            occupancy.by_pool[spec.pool] += spec.pool_slots


def _slots(world: World, name: str) -> int:
    pool = world.pools.get(name)
    return 0 if pool is None else pool.slots


def _head(tick: Tick, occupancy: Occupancy, live: LiveRun) -> TaskRecord | None:
    """Return the waiting task with the highest weight that nothing blocks."""
    best: tuple[QueueEntry, TaskRecord] | None = None
    for kind in list(live.queues):
        found = _head_of(tick, occupancy, live, kind)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return None if best is None else best[1]


def _head_of(
    tick: Tick, occupancy: Occupancy, live: LiveRun, kind: tuple[str, int, str]
) -> tuple[QueueEntry, TaskRecord] | None:
    queue = live.queues[kind]
    aside: list[QueueEntry] = []
    found = None
    while queue:
        entry = queue[0]
        task = live.tasks.get(entry[-1])
        if task is None or task.state is not TaskState.SCHEDULED:
            heapq.heappop(queue)
            continue
        spec = live.structure.tasks[task.task_id]
        if tick.world.held(*live.key, task.key):
            aside.append(heapq.heappop(queue))
            continue
        if judge(live, task)[0] is not Verdict.GO:  # a parent was cleared or marked since
            heapq.heappop(queue)
            move(tick, live, task, TaskEvent.CLEAR, reason="what it depends on has changed")
            continue
        if not_begun(live, spec):
            aside.append(heapq.heappop(queue))
            continue
        if spec.launch == "empty":
            heapq.heappop(queue)
            finish_empty(tick, live, task)
            continue
        if task_blocked(tick.world, occupancy, live, spec) is None:
            found = (entry, task)
        break
    for entry in aside:
        heapq.heappush(queue, entry)
    if not queue:
        live.queues.pop(kind, None)
    return found


def _launch(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    attempt_id = new_attempt_id()
    if starts_new_try(task):
        task.try_number += 1
        task.resumes = task.began_us = None
    task.attempts += 1
    task.attempt_id = attempt_id
    task.queued_us = tick.now_us
    task.start_us = task.end_us = task.next_us = None
    task.outcome = task.reason = task.rush = task.rendered_map_index = None
    task.peak_rss = task.cpu_seconds = task.read_bytes = task.write_bytes = None
    asks = live.structure.tasks[task.task_id].launch == "python"
    order = attempt_spec(
        live,
        task,
        attempt_id,
        tick.settings,
        tick.environment,
        before=tick.world.previous_success(live) if asks else None,
        triggering=tick.world.assets.of_run(live.record) if asks else (),
        reply=tick.world.questions.reply(task.resumes),
    )
    tick.gate.record_attempt(task, attempt_id, order.placement.get("executor"))
    move(tick, live, task, TaskEvent.LAUNCH)
    _count_turns(tick.world, live)
    tick.world.attempts[attempt_id] = (live.record.id, task.key)
    tick.launches.append(order)

"""Changes states of task instances, with everything that follows in the run.

The gate writes the change; this file keeps the working set's derived facts (counts of parents, queues,
alarms) in step, so that no other step of the tick has to.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence

from penstock.execution.executor import StopMode
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import OCCUPIES_SLOT, TERMINAL, TaskState
from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.failures import record_failure
from penstock.scheduling.world.instances import tell_children
from penstock.scheduling.world.live_run import derive
from penstock.scheduling.world.teardown import judge_anew
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.triggers import wait_for_trigger
from penstock.scheduling.world.world import LiveRun, enqueue, take_decision
from penstock.store.engine.records import TaskRecord

SAME_TRY = frozenset({OutcomeKind.REVOKED.value, OutcomeKind.RESCHEDULED.value, OutcomeKind.DEFERRED.value})
"""Outcomes after which the next launch belongs to the same try."""


def move(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    event: TaskEvent,
    *,
    reason: str | None = None,
    ended_us: int | None = None,
    columns: str | None = None,
) -> None:
    """Change the state of one task instance and keep the run's derived facts in step.

    *columns* are the only ones that have changed, for moves of many (`Gate.move_task`).
    """
    before = task.state
    if reason is not None:
        task.reason = reason
    after = tick.gate.move_task(live.record, task, event, reason=reason, ended_us=ended_us, columns=columns)
    take_decision(live, task)
    if (before in TERMINAL) != (after in TERMINAL):
        live.unfinished += -1 if after in TERMINAL else 1
    if before in TERMINAL or after in TERMINAL:
        _tell_others(tick, live, task, before, after)
    if after is TaskState.SCHEDULED:
        enqueue(live, task)
    elif after is TaskState.PENDING:
        live.dirty.add(task.key)
    elif after in (TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE):
        assert task.next_us is not None
        heapq.heappush(tick.world.alarms, (task.next_us, live.record.id, task.key))
    elif after is TaskState.DEFERRED:
        wait_for_trigger(tick.world, live, task)
    if before is TaskState.DEFERRED and task.attempt_id:
        tick.world.triggers.drop(task.attempt_id)
    if event is TaskEvent.FAIL:
        record_failure(tick, task)
        if live.structure.spec.fail_fast:
            tick.failing.append((live, task.key))
    if before in OCCUPIES_SLOT and after not in OCCUPIES_SLOT and task.attempt_id:
        tick.world.let_go(task.attempt_id)
    if after not in OCCUPIES_SLOT and live.structure.setups.ahead:
        live.dirty |= judge_anew(live, task)
    if live.dirty or not live.unfinished or after in TERMINAL:
        tick.world.to_advance.add(live.record.id)


def _tell_others(tick: Tick, live: LiveRun, task: TaskRecord, before: TaskState, after: TaskState) -> None:
    tell_children(live, task, before, after)
    setups = live.structure.setups
    others = {
        *live.decisions.get(task.map_index, {}).get(task.key, ()),
        *setups.needing.get(task.task_id, ()),
    }
    if live.record.intent:
        others |= setups.teardowns
    live.dirty.update(others)
    for pk in tick.world.looking_back.get(live.record.dag_id, ()):
        later = tick.world.runs[pk]
        watchers = later.structure.watchers.get(task.task_id, ()) if later is not live else ()
        if watchers:
            later.dirty.update(watchers)
            tick.world.to_advance.add(pk)


def stop(
    tick: Tick,
    live: LiveRun,
    task: TaskRecord,
    intent: TaskEvent,
    *,
    reason: str,
    mode: StopMode = "term",
) -> None:
    """Order a live attempt to be killed; *intent* happens to the task after that."""
    assert task.attempt_id is not None
    grace = live.structure.tasks[task.task_id].stop_grace
    seconds = tick.settings.stop_grace if grace is None else grace
    task.intent = intent.value
    task.stop_us = tick.now_us + int(seconds * 1_000_000)
    if intent is TaskEvent.CLEAR:
        move(tick, live, task, TaskEvent.RESTART, reason=reason)
    elif task.state is TaskState.STOPPING:
        task.reason = reason
        tick.gate.save_task(live.record, task)
    else:
        move(tick, live, task, TaskEvent.STOP, reason=reason)
    tick.stops.append((task.attempt_id, mode, reason))


def clear_fields(live: LiveRun, task: TaskRecord) -> None:
    """Forget how the last tries went and give the full retry budget back; numbers go on."""
    spec = live.structure.tasks[task.task_id]
    task.max_tries = task.try_number + spec.retries + 1
    task.queued_us = task.start_us = task.end_us = task.next_us = None
    task.first_poke_us = task.stop_us = task.began_us = None
    task.pokes = 0
    task.intent = task.reason = task.outcome = task.skips = task.rush = task.resumes = None
    task.mapped_length = task.rendered_map_index = None


def clear_ended(tick: Tick, live: LiveRun, tasks: Sequence[TaskRecord]) -> None:
    """Clear very many tasks that have ended; what is derived from the run is worked out once, at the end."""
    for task in tasks:
        clear_fields(live, task)
        tick.gate.move_task(live.record, task, TaskEvent.CLEAR, columns="cleared")
    derive(live)
    live.dirty.update(key for key, task in live.tasks.items() if task.state is TaskState.UPSTREAM_FAILED)
    for pk in tick.world.looking_back.get(live.record.dag_id, ()):
        later = tick.world.runs[pk]
        if later is not live:
            watchers = later.structure.watchers
            later.dirty.update(each for task in tasks for each in watchers.get(task.task_id, ()))
            tick.world.to_advance.add(pk)


def starts_new_try(task: TaskRecord) -> bool:
    """Whether the next launch of *task* begins a new try.

    A revoked launch, each poke of a rescheduled sensor, and what goes on after a trigger belong to the
    same try.
    """
    if task.outcome is None:
        return True
    return json.loads(task.outcome)["kind"] not in SAME_TRY


def encode_outcome(outcome: Outcome) -> str:
    """Return an outcome as the JSON kept with task and attempt; values and questions are kept elsewhere."""
    import msgspec

    return msgspec.json.encode(msgspec.structs.replace(outcome, xcoms=None, question=None)).decode()

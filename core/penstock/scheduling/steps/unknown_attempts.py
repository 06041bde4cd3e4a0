"""Running attempts that the database does not know, because an older copy of it was restored.

Before anything is launched, each is given to its task instance, or killed, so that nothing is ever started
beside it.
"""

from __future__ import annotations

import logging

from penstock.execution.executor import Unreachable
from penstock.ids import instance_key
from penstock.model.states import OCCUPIES_SLOT, RUN_TERMINAL, WOKEN, TaskState
from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.task import move
from penstock.scheduling.steps.settle import settle
from penstock.scheduling.world.orders import Stray
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord

_WAITING = WOKEN | {TaskState.PENDING, TaskState.SCHEDULED}

log = logging.getLogger(__name__)


def settle_strays(tick: Tick, strays: tuple[Stray, ...]) -> None:
    """Adopt each of *strays* whose task instance waits to run, and end the others."""
    for stray in strays:
        place = _place(tick, stray)
        if place is None:
            _end(tick, stray)
        else:
            _adopt(tick, *place, stray)


def _place(tick: Tick, stray: Stray) -> tuple[LiveRun, TaskRecord] | None:
    """Return the task instance of *stray* if it waits for an attempt; settle its earlier one first."""
    if stray.attempt_id in tick.world.attempts or stray.dag_id is None or stray.run_id is None:
        return None
    pk = tick.world.by_key.get((stray.dag_id, stray.run_id))
    live = None if pk is None else tick.world.runs[pk]
    task = None if live is None else live.tasks.get(instance_key(stray.task_id or "", stray.map_index))
    if live is None or task is None:
        return None
    if task.state in OCCUPIES_SLOT and task.attempt_id:
        settle(tick, [task.attempt_id], revoke_unclaimed=True)
    if task.state not in _WAITING or live.record.state in RUN_TERMINAL:
        return None
    return live, task


def _adopt(tick: Tick, live: LiveRun, task: TaskRecord, stray: Stray) -> None:
    reason = f"attempt {stray.attempt_id} runs, but had no row in the database: it is taken over"
    if task.state is not TaskState.SCHEDULED:
        move(tick, live, task, TaskEvent.MEET)
    task.try_number = max(task.try_number, stray.try_number)
    task.max_tries = max(task.max_tries, task.try_number)
    task.attempts += 1
    task.attempt_id = stray.attempt_id
    task.queued_us = tick.now_us
    task.start_us = task.end_us = task.next_us = None
    task.outcome = task.rush = None
    tick.gate.record_attempt(task, stray.attempt_id)
    move(tick, live, task, TaskEvent.LAUNCH, reason=reason)
    tick.world.attempts[stray.attempt_id] = (live.record.id, task.key)
    tick.wake_at(tick.now_us)
    log.warning("%s/%s: %s", "/".join(live.key), task.key, reason)


def _end(tick: Tick, stray: Stray) -> None:
    reason = f"attempt {stray.attempt_id} ran without a run or task in the database, and is killed"
    try:
        tick.executor.stop(stray.attempt_id, "kill", reason)
    except OSError as error:
        log.warning("attempt %s could not be stopped: %s", stray.attempt_id, error)
    if isinstance(tick.executor.abandon(stray.attempt_id), Unreachable):
        reason += ", but a process of it cannot be killed"
    names = [each for each in (stray.dag_id, stray.run_id, stray.task_id) if each]
    log.warning("%s: %s", "/".join(names) or "a callback", reason)
    tick.gate.note(
        "attempt_killed",
        dag_id=stray.dag_id,
        run_id=stray.run_id,
        task_id=stray.task_id,
        map_index=stray.map_index,
        reason=reason,
    )

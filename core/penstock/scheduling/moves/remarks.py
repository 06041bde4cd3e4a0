"""Notes of supervisors about running attempts: out of time, or cannot be killed."""

from __future__ import annotations

from penstock.clock import from_us
from penstock.execution.executor import Accepted, Claimed, Observation, Unreachable
from penstock.model.states import TaskState
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import TaskRecord


def remark(tick: Tick, live: LiveRun, task: TaskRecord, attempt_id: str, seen: Claimed) -> None:
    """Show the supervisor's note in the reason of a running task."""
    before = tick.world.remarks.get(attempt_id)
    if seen.note is None or (before is not None and before.note == seen.note):
        return
    being_stopped = task.state in (TaskState.STOPPING, TaskState.RESTARTING)
    if being_stopped and seen.kill_at is not None:
        return  # a second reason to end, for one that is ending
    without_remark(tick, task, attempt_id)
    tick.world.remarks[attempt_id] = seen
    without_remark(tick, task, attempt_id)  # as it was stored by an engine before this one
    task.reason = f"{task.reason}; {seen.note}" if being_stopped and task.reason else seen.note
    if seen.kill_at is not None:
        task.stop_us = int(seen.kill_at * 1_000_000)
    tick.gate.save_task(live.record, task)


def heard_of(tick: Tick, live: LiveRun, task: TaskRecord, attempt_id: str, seen: Observation) -> None:
    """Keep what a launch waits for, and since when there is no contact with the host of an attempt.

    Silence is shown in the reason of a running task until it is over; it changes no state.
    """
    places = tick.world.places
    waiting = seen.waiting if isinstance(seen, Accepted) else None
    if waiting is None:
        places.waiting.pop(attempt_id, None)
    else:
        places.waiting[attempt_id] = waiting
    if isinstance(seen, Claimed) and seen.worker is not None:
        places.workers[attempt_id] = seen.worker
    before = places.silent.get(attempt_id)
    silent = None
    if isinstance(seen, Unreachable) and seen.host is not None:
        silent = f"no contact with {seen.host} since {from_us(int(seen.since * 1e6)):%Y-%m-%d %H:%M:%S} UTC"
    if silent is None:
        places.silent.pop(attempt_id, None)
    else:
        places.silent[attempt_id] = before or silent
    if task.state is not TaskState.RUNNING:
        return
    if silent is not None and before is None and not _is_silence(task.reason):
        task.reason = silent
        tick.gate.save_task(live.record, task)
    elif silent is None and _is_silence(task.reason) and isinstance(seen, Claimed):
        task.reason = None
        tick.gate.save_task(live.record, task)


def _is_silence(reason: str | None) -> bool:
    return reason is not None and reason.startswith("no contact with ")


def without_remark(tick: Tick, task: TaskRecord, attempt_id: str) -> None:
    """Remove the note about an attempt from its task's reason."""
    said = tick.world.remarks.get(attempt_id)
    if said is not None and task.reason:
        task.reason = task.reason.removesuffix(f"; {said.note}")


def unkillable(world: World) -> list[str]:
    """Return the tasks that live on although they were killed, and why."""
    return [
        f"{' '.join(world.runs[place[0]].key)} {place[1]}: {seen.note}"
        for attempt_id, seen in world.remarks.items()
        if seen.kill_at is None and (place := world.attempts.get(attempt_id)) is not None
    ]

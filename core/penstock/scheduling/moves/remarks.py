"""Notes of supervisors about running attempts: out of time, or cannot be killed."""

from __future__ import annotations

from penstock.execution.executor import Claimed
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

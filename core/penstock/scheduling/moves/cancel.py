"""Cancels a run and its unfinished tasks."""

from __future__ import annotations

from penstock.model.states import OCCUPIES_SLOT
from penstock.model.transitions import RunEvent, TaskEvent
from penstock.scheduling.moves.ending import ends_later
from penstock.scheduling.moves.task import move, stop
from penstock.scheduling.world.instances import counts
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def cancel(
    tick: Tick, live: LiveRun, tasks: list[TaskRecord], *, whole: bool, reason: str | None = None
) -> int:
    """Cancel task instances (and the run when *whole*); return how many attempts must be killed first."""
    reason = reason or f"cancelled by {tick.gate.actor}"
    if whole:
        live.record.intent = RunEvent.CANCEL.value
        live.record.reason = reason
        tick.gate.save_run(live.record)
        live.ending.clear()
    killed = ended = 0
    for task in tasks:
        if not counts(task):
            killed += 1  # being killed already, and no longer part of its task
        elif task.state in OCCUPIES_SLOT:
            stop(tick, live, task, TaskEvent.CANCEL, reason=reason)
            killed += 1
        elif not (whole and ends_later(tick, live, task, ended)):
            move(tick, live, task, TaskEvent.CANCEL, reason=reason, columns="moved")
            ended += 1
    tick.world.to_advance.add(live.record.id)
    return killed

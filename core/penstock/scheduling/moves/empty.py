"""Ends tasks that need no process."""

from __future__ import annotations

from penstock.model.transitions import TaskEvent
from penstock.scheduling.moves.assets import announce
from penstock.scheduling.moves.task import move
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def finish_empty(tick: Tick, live: LiveRun, task: TaskRecord) -> None:
    """End a task that does nothing."""
    task.try_number += 1
    task.start_us = tick.now_us
    task.rush = None
    announce(tick, live, task)
    move(tick, live, task, TaskEvent.SUCCEED)

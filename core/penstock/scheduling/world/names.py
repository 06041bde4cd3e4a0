"""Phrases of messages: tasks that do not exist, and when the next try is due."""

from __future__ import annotations

from penstock.clock import DAY_US, from_us
from penstock.model.structure import Structure
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord

NEXT_TRY = "; next try at "
"""Comes before the time in the reason of a task that waits for its next try."""


def unknown_task(live: LiveRun, name: str, structure: Structure | None = None) -> str:
    """Return a message that the run does not have the task, with the tasks of its version."""
    known = list((structure or live.structure).graph.order)
    listed = ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")
    return f"run {live.record.run_id} of {live.record.dag_id} has no task {name!r}; there are {listed}"


def next_try(task: TaskRecord) -> str:
    """Return the end of the reason of a task that waits for its next try; with the date if that is far."""
    assert task.next_us is not None
    far = task.next_us - (task.start_us or task.next_us) >= DAY_US
    return f"{NEXT_TRY}{from_us(task.next_us):{'%Y-%m-%d %H:%M:%S' if far else '%H:%M:%S'}} UTC"

"""Where runs stop: which breakpoints a run has got to, and what waits behind them."""

from __future__ import annotations

from penstock.ids import split_instance
from penstock.model.pauses import PauseKind
from penstock.model.states import TERMINAL, RunState, TaskState
from penstock.scheduling.world.instances import direct_parents, instances
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.records import PauseRecord, TaskRecord


def stops(world: World, live: LiveRun) -> list[PauseRecord]:
    """Return the breakpoints at which a run has stopped, the first one first."""
    found = [each for each in world.pauses.breakpoints(*live.key) if each.reached_us is not None]
    return sorted(found, key=lambda each: each.reached_us or 0)


def there(live: LiveRun, at: PauseRecord) -> bool:
    """Whether a run is at a breakpoint now.

    It is *before* a task that waits for nothing else but a slot, and *after* one whose instances have all
    ended, however they did. A run that is about to end does not stop after anything.
    """
    if live.record.state is not RunState.RUNNING:
        return False
    task_id, map_index = split_instance(at.task_id)
    here = instances(live, task_id, map_index)
    if at.kind is PauseKind.BEFORE:
        return any(task.state is TaskState.SCHEDULED for task in here)
    return bool(here) and live.record.intent is None and all(task.state in TERMINAL for task in here)


def behind(world: World, live: LiveRun, task: TaskRecord) -> PauseRecord | None:
    """Return the breakpoint after a direct parent of a task instance, which keeps it from starting."""
    after = {
        each.task_id: each
        for each in world.pauses.breakpoints(*live.key)
        if each.kind is PauseKind.AFTER and live.record.intent is None
    }
    if not after:
        return None
    for parent in direct_parents(live, task):
        found = after.get(parent.key) or after.get(parent.task_id)
        if found is not None:
            return found
    return None


def keeps_open(world: World, live: LiveRun) -> bool:
    """Whether a run whose tasks have all ended does not end: it has stopped after one of them."""
    return any(
        each.kind is PauseKind.AFTER and there(live, each) for each in world.pauses.breakpoints(*live.key)
    )


def words(at: PauseRecord) -> str:
    """Return where a breakpoint is: ``before load``."""
    return f"{at.kind} {at.task_id}"

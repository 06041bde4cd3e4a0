"""What is still torn down when a run is ended before its time."""

from __future__ import annotations

from penstock.model.states import OCCUPIES_SLOT, TERMINAL, RunState, TaskState
from penstock.scheduling.world import LiveRun
from penstock.store.records import TaskRecord


def to_be_ended(live: LiveRun) -> list[TaskRecord]:
    """Return the unfinished task instances, without the teardowns that still have something to do.

    A teardown has, once a setup of it succeeded or is at work; one without setups, in any run that
    has started.
    """
    return [
        task
        for task in live.tasks.values()
        if task.state not in TERMINAL and not _has_work(live, task.task_id)
    ]


def may_tear_down(live: LiveRun, task_id: str) -> bool:
    """Whether a task is a teardown that nothing being killed stands in the way of.

    In a run that is being ended tasks die in no order, so its parents alone do not tell.
    """
    setups = live.structure.setups
    if task_id not in setups.teardowns:
        return False
    users = {user for setup in setups.needed.get(task_id, ()) for user in setups.needing[setup]}
    return all(live.tasks[name].state in TERMINAL for name in users - setups.teardowns if name in live.tasks)


def _has_work(live: LiveRun, task_id: str) -> bool:
    setups = live.structure.setups
    if task_id not in setups.teardowns or live.record.state is not RunState.RUNNING:
        return False
    needed = [live.tasks[name].state for name in setups.needed.get(task_id, ()) if name in live.tasks]
    return not needed or any(state is TaskState.SUCCESS or state in OCCUPIES_SLOT for state in needed)

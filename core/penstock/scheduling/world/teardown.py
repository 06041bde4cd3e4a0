"""Keeps teardowns apart from their work, and finds those that still run when a run ends early."""

from __future__ import annotations

from penstock.model.states import OCCUPIES_SLOT, TERMINAL, RunState, TaskState
from penstock.scheduling.world.instances import beside, needed_setups, relevant
from penstock.scheduling.world.world import LiveRun
from penstock.store.engine.records import TaskRecord


def in_its_way(live: LiveRun, task: TaskRecord) -> list[TaskRecord]:
    """Return what must end before *task* starts, direct parent or not.

    For a teardown: whatever is unfinished between its setups and it, which matters once some of it was
    cleared. For a task in between: a teardown that is running or being killed.
    """
    setups = live.structure.setups
    found = [
        each
        for name in setups.ahead.get(task.task_id, ())
        for each in beside(live, task, name)
        if each.state not in TERMINAL
    ]
    for name in setups.behind.get(task.task_id, ()):
        found += [each for each in beside(live, task, name) if each.state in OCCUPIES_SLOT]
    return found


def judge_anew(live: LiveRun, task: TaskRecord) -> set[str]:
    """Return the keys of tasks that may have waited for the end of *task*, by `in_its_way`."""
    setups = live.structure.setups
    names = (*setups.ahead.get(task.task_id, ()), *setups.behind.get(task.task_id, ()))
    return {
        each.key for name in names for each in beside(live, task, name) if each.state is TaskState.PENDING
    }


def to_be_ended(live: LiveRun) -> list[TaskRecord]:
    """Return the unfinished task instances, without the teardowns that must still run.

    A teardown must run once one of its setups succeeded or is running; one without setups, in any run
    that has started.
    """
    return [task for task in live.tasks.values() if task.state not in TERMINAL and not _has_work(live, task)]


def may_tear_down(live: LiveRun, task: TaskRecord) -> bool:
    """Whether *task* is a teardown and nothing that is being killed is in its way.

    In a run that is being ended, tasks die in no order, so looking at its parents is not enough.
    """
    setups = live.structure.setups
    if task.task_id not in setups.teardowns:
        return False
    needed = setups.needed.get(task.task_id, ())
    users = {user for setup in needed for user in setups.needing[setup]} - setups.teardowns
    return all(each.state in TERMINAL for user in users for each in relevant(live, task, user))


def _has_work(live: LiveRun, task: TaskRecord) -> bool:
    if task.task_id not in live.structure.setups.teardowns or live.record.state is not RunState.RUNNING:
        return False
    needed = [setup.state for setup in needed_setups(live, task)]
    return not needed or any(state is TaskState.SUCCESS or state in OCCUPIES_SLOT for state in needed)

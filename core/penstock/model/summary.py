"""One state that stands for several task instances: a group, or the instances of a mapped task. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model.states import TaskState

_WORST = (
    TaskState.FAILED,
    TaskState.STOPPING,
    TaskState.RESTARTING,
    TaskState.RUNNING,
    TaskState.UP_FOR_RETRY,
    TaskState.QUEUED,
    TaskState.SCHEDULED,
    TaskState.UP_FOR_RESCHEDULE,
    TaskState.DEFERRED,
    TaskState.UPSTREAM_FAILED,
    TaskState.CANCELLED,
    TaskState.PENDING,
    TaskState.SUCCESS,
    TaskState.SKIPPED,
    TaskState.REMOVED,
)


def summary(states: Iterable[TaskState]) -> TaskState:
    """Return the state of those that says most to somebody who looks for what needs a hand."""
    present = set(states)
    return next((state for state in _WORST if state in present), TaskState.PENDING)

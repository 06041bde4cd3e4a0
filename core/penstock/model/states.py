"""The states of runs and task instances, and the sets of them that rules speak about.

This file imports no other file of Penstock. Colours and glyphs live in the console.
"""

from __future__ import annotations

from enum import StrEnum


class RunType(StrEnum):
    """Why a run exists."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"
    ASSET_TRIGGERED = "asset_triggered"


class RunState(StrEnum):
    """The state of a run."""

    QUEUED = "queued"
    """Created; waits for its turn under max_active_runs."""
    RUNNING = "running"
    """Its tasks may start."""
    SUCCESS = "success"
    """Every leaf succeeded or was skipped."""
    FAILED = "failed"
    """A leaf failed or was blocked, the run timed out, or nothing could ever run again."""
    CANCELLED = "cancelled"
    """An operator ended it."""


class TaskState(StrEnum):
    """The state of a task instance."""

    PENDING = "pending"
    """Its dependencies are not met yet."""
    SCHEDULED = "scheduled"
    """Dependencies met; waits for a slot."""
    QUEUED = "queued"
    """An attempt is recorded and its launch was requested."""
    RUNNING = "running"
    """The attempt's claim was seen."""
    STOPPING = "stopping"
    """Being killed: cancelled or out of time."""
    RESTARTING = "restarting"
    """Cleared while running; being killed, then pending again."""
    UP_FOR_RETRY = "up_for_retry"
    """Failed with tries left; waits for the retry delay."""
    UP_FOR_RESCHEDULE = "up_for_reschedule"
    """A sensor between two checks; holds no slot."""
    DEFERRED = "deferred"
    """It waits for a trigger, without a process of its own; holds no slot."""
    SUCCESS = "success"
    """Done."""
    FAILED = "failed"
    """Failed with no tries left."""
    SKIPPED = "skipped"
    """Skipped on purpose."""
    UPSTREAM_FAILED = "upstream_failed"
    """Blocked for good by a failure before it."""
    REMOVED = "removed"
    """No longer part of the DAG."""
    CANCELLED = "cancelled"
    """Ended by an operator."""


RUN_TERMINAL = frozenset({RunState.SUCCESS, RunState.FAILED, RunState.CANCELLED})
RUN_UNFINISHED = frozenset(RunState) - RUN_TERMINAL

TERMINAL = frozenset(
    {
        TaskState.SUCCESS,
        TaskState.FAILED,
        TaskState.SKIPPED,
        TaskState.UPSTREAM_FAILED,
        TaskState.REMOVED,
        TaskState.CANCELLED,
    }
)
UNFINISHED = frozenset(TaskState) - TERMINAL
SUCCESS_LIKE = frozenset({TaskState.SUCCESS, TaskState.SKIPPED})
FAILURE_LIKE = frozenset({TaskState.FAILED, TaskState.UPSTREAM_FAILED})

TIMED = frozenset({TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE})
"""States that end at a known time: when the next try or check is due."""

WOKEN = TIMED | {TaskState.DEFERRED}
"""States that the engine ends at ``next_us``: a deferred task only if its wait has a limit."""

BETWEEN = frozenset({TaskState.UP_FOR_RESCHEDULE, TaskState.DEFERRED})
"""States in which a try goes on without a process."""

OCCUPIES_SLOT = frozenset({TaskState.QUEUED, TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING})
"""States in which a task instance has a live attempt and holds its slots."""


def progress(state: TaskState) -> int:
    """Return how near to success a state is: 0 unfinished, 1 ended otherwise, 2 success or skipped.

    The lowest number among several instances counts for their task.
    """
    return 0 if state in UNFINISHED else 2 if state in SUCCESS_LIKE else 1

"""The table of transitions: (state, event) -> state. The only place that defines which are allowed.

docs/states.md is made from these tables, the database's trigger is filled from them, and the store's
one gate uses them. No other part of the program knows which transitions are allowed.
"""

from __future__ import annotations

from enum import StrEnum

from penstock.errors import IllegalMoveError
from penstock.model.states import RUN_TERMINAL, TERMINAL, UNFINISHED, RunState, TaskState


class TaskEvent(StrEnum):
    """What can happen to a task instance."""

    MEET = "meet"
    """Dependencies are met, or a waiting time has passed."""
    LAUNCH = "launch"
    """An attempt was recorded."""
    CLAIM = "claim"
    """A supervisor's claim was seen."""
    REVOKE = "revoke"
    """The launch was revoked before it began."""
    SUCCEED = "succeed"
    FAIL = "fail"
    RETRY = "retry"
    """Failed with tries left."""
    RESCHEDULE = "reschedule"
    """A check was not true yet; check again later."""
    DEFER = "defer"
    """It has left a trigger to wait for it."""
    SKIP = "skip"
    BLOCK = "block"
    """The trigger rule can never be met."""
    STOP = "stop"
    """A stop was ordered: cancel or mark while it runs."""
    RESTART = "restart"
    """Cleared while an attempt is live."""
    CANCEL = "cancel"
    REMOVE = "remove"
    CLEAR = "clear"
    MARK_SUCCESS = "mark_success"
    MARK_FAILED = "mark_failed"
    MARK_SKIPPED = "mark_skipped"
    # Undo of a clear or mark: one event for each state that a task may have had.
    RESTORE_PENDING = "restore_pending"
    RESTORE_RETRY = "restore_up_for_retry"
    RESTORE_RESCHEDULE = "restore_up_for_reschedule"
    RESTORE_DEFERRED = "restore_deferred"
    RESTORE_SUCCESS = "restore_success"
    RESTORE_FAILED = "restore_failed"
    RESTORE_SKIPPED = "restore_skipped"
    RESTORE_BLOCKED = "restore_upstream_failed"
    RESTORE_REMOVED = "restore_removed"
    RESTORE_CANCELLED = "restore_cancelled"


class RunEvent(StrEnum):
    """What can happen to a run."""

    START = "start"
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"
    REOPEN = "reopen"
    """A task was cleared: the run goes back to queued."""
    GIVE_WAY = "give_way"
    """It only waits for an earlier run that has no place: it goes back to queued, and that run starts."""
    RESTORE_SUCCESS = "restore_success"
    """A clear or mark that reopened the run was undone."""
    RESTORE_FAILED = "restore_failed"
    RESTORE_CANCELLED = "restore_cancelled"


RESTORES: dict[TaskState, TaskEvent] = {
    TaskState.PENDING: TaskEvent.RESTORE_PENDING,
    TaskState.SCHEDULED: TaskEvent.RESTORE_PENDING,
    TaskState.UP_FOR_RETRY: TaskEvent.RESTORE_RETRY,
    TaskState.UP_FOR_RESCHEDULE: TaskEvent.RESTORE_RESCHEDULE,
    TaskState.DEFERRED: TaskEvent.RESTORE_DEFERRED,
    TaskState.SUCCESS: TaskEvent.RESTORE_SUCCESS,
    TaskState.FAILED: TaskEvent.RESTORE_FAILED,
    TaskState.SKIPPED: TaskEvent.RESTORE_SKIPPED,
    TaskState.UPSTREAM_FAILED: TaskEvent.RESTORE_BLOCKED,
    TaskState.REMOVED: TaskEvent.RESTORE_REMOVED,
    TaskState.CANCELLED: TaskEvent.RESTORE_CANCELLED,
}
"""The event that restores each state of a task instance. One that waited for a slot waits again."""
RUN_RESTORES: dict[RunState, RunEvent] = {
    RunState.SUCCESS: RunEvent.RESTORE_SUCCESS,
    RunState.FAILED: RunEvent.RESTORE_FAILED,
    RunState.CANCELLED: RunEvent.RESTORE_CANCELLED,
}


def _task_moves() -> dict[tuple[TaskState, TaskEvent], TaskState]:
    state, event = TaskState, TaskEvent
    moves: dict[tuple[TaskState, TaskEvent], TaskState] = {
        (state.PENDING, event.MEET): state.SCHEDULED,
        (state.PENDING, event.BLOCK): state.UPSTREAM_FAILED,
        (state.UP_FOR_RETRY, event.MEET): state.SCHEDULED,
        (state.UP_FOR_RESCHEDULE, event.MEET): state.SCHEDULED,
        (state.DEFERRED, event.MEET): state.SCHEDULED,
        (state.SCHEDULED, event.LAUNCH): state.QUEUED,
        (state.QUEUED, event.REVOKE): state.SCHEDULED,
        # A supervisor may claim an attempt and die before it begins it.
        (state.RUNNING, event.REVOKE): state.SCHEDULED,
        (state.QUEUED, event.CLAIM): state.RUNNING,
        # An operator that does nothing (EmptyOperator) ends without an attempt.
        (state.SCHEDULED, event.SUCCEED): state.SUCCESS,
        # The run's time limit ends a sensor that is not checking at the moment.
        (state.UP_FOR_RESCHEDULE, event.FAIL): state.FAILED,
        # If a stop never reached a process, there is nothing to wait for.
        (state.STOPPING, event.REVOKE): state.CANCELLED,
        (state.STOPPING, event.CANCEL): state.CANCELLED,
        (state.RESTARTING, event.REVOKE): state.PENDING,
        (state.RESTARTING, event.CLEAR): state.PENDING,
    }
    live = (state.QUEUED, state.RUNNING, state.STOPPING)
    for source in live:  # a result may be the first that is seen of a launch
        moves[source, event.SUCCEED] = state.SUCCESS
        moves[source, event.FAIL] = state.FAILED
        moves[source, event.RETRY] = state.UP_FOR_RETRY
        moves[source, event.RESCHEDULE] = state.UP_FOR_RESCHEDULE
        moves[source, event.DEFER] = state.DEFERRED
        moves[source, event.SKIP] = state.SKIPPED
        moves[source, event.RESTART] = state.RESTARTING
    for source in (state.QUEUED, state.RUNNING, state.RESTARTING):  # the last order counts
        moves[source, event.STOP] = state.STOPPING
    waiting = (
        state.PENDING,
        state.SCHEDULED,
        state.UP_FOR_RETRY,
        state.UP_FOR_RESCHEDULE,
        state.DEFERRED,
    )
    for source in waiting:
        moves[source, event.SKIP] = state.SKIPPED
        moves[source, event.CANCEL] = state.CANCELLED
        moves[source, event.REMOVE] = state.REMOVED
        moves[source, event.CLEAR] = state.PENDING
    for source in (*waiting, *TERMINAL, state.STOPPING):  # a stopping task is marked once its process is dead
        moves[source, event.MARK_SUCCESS] = state.SUCCESS
        moves[source, event.MARK_FAILED] = state.FAILED
        moves[source, event.MARK_SKIPPED] = state.SKIPPED
    for source in TERMINAL:
        moves[source, event.CLEAR] = state.PENDING
        # The run moved to a version without the task, or what it is mapped over has become shorter.
        moves[source, event.REMOVE] = state.REMOVED
    moves[state.STOPPING, event.REMOVE] = state.REMOVED
    for before, restore in RESTORES.items():
        after = state.PENDING if before is state.SCHEDULED else before
        for source in (state.PENDING, state.SCHEDULED, *sorted(TERMINAL)):  # none of its tasks has started
            moves[source, restore] = after
    return moves


def _run_moves() -> dict[tuple[RunState, RunEvent], RunState]:
    state, event = RunState, RunEvent
    moves: dict[tuple[RunState, RunEvent], RunState] = {
        (state.QUEUED, event.START): state.RUNNING,
        (state.RUNNING, event.GIVE_WAY): state.QUEUED,
        (state.RUNNING, event.SUCCEED): state.SUCCESS,
        (state.RUNNING, event.FAIL): state.FAILED,
        (state.QUEUED, event.FAIL): state.FAILED,
        (state.QUEUED, event.CANCEL): state.CANCELLED,
        (state.RUNNING, event.CANCEL): state.CANCELLED,
        # Marking the last unfinished task settles a run that had not started.
        (state.QUEUED, event.SUCCEED): state.SUCCESS,
    }
    for source in RUN_TERMINAL:
        moves[source, event.REOPEN] = state.QUEUED
    for source in RunState:
        for before, restore in RUN_RESTORES.items():
            moves[source, restore] = before
    return moves


TASK_MOVES = _task_moves()
RUN_MOVES = _run_moves()


def move_task(state: TaskState, event: TaskEvent) -> TaskState:
    """Return the state after *event*; raise `IllegalMoveError` if there is no such transition."""
    try:
        return TASK_MOVES[state, event]
    except KeyError:
        raise IllegalMoveError(f"a task instance that is {state} cannot {event}") from None


def move_run(state: RunState, event: RunEvent) -> RunState:
    """Return the state after *event*; raise `IllegalMoveError` if there is no such transition."""
    try:
        return RUN_MOVES[state, event]
    except KeyError:
        raise IllegalMoveError(f"a run that is {state} cannot {event}") from None


def task_edges() -> frozenset[tuple[TaskState, TaskState]]:
    """Return every allowed (before, after) pair, for the database's trigger."""
    return frozenset((before, after) for (before, _), after in TASK_MOVES.items())


def run_edges() -> frozenset[tuple[RunState, RunState]]:
    """Return every allowed (before, after) pair of runs."""
    return frozenset((before, after) for (before, _), after in RUN_MOVES.items())


assert {before for before, _ in TASK_MOVES} == TERMINAL | UNFINISHED, "a state without a way on"

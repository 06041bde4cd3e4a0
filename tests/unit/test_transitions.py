"""The table of moves, from both sides: what must be possible and what must never be."""

from __future__ import annotations

import pytest

from penstock.errors import IllegalMoveError
from penstock.model.states import (
    OCCUPIES_SLOT,
    RUN_TERMINAL,
    TERMINAL,
    UNFINISHED,
    RunState,
    TaskState,
)
from penstock.model.transitions import (
    RESTORES,
    RUN_MOVES,
    RUN_RESTORES,
    TASK_MOVES,
    RunEvent,
    TaskEvent,
    move_run,
    move_task,
    run_edges,
    task_edges,
)

LIVES = {
    "plain success": "pending meet scheduled launch queued claim running succeed success",
    "result seen first": "scheduled launch queued succeed success",
    "revoked, then again": "scheduled launch queued revoke scheduled launch queued claim running",
    "claimed, never begun": "queued claim running revoke scheduled launch queued claim running",
    "retry": "running retry up_for_retry meet scheduled launch queued claim running fail failed",
    "sensor": "running reschedule up_for_reschedule meet scheduled launch queued succeed success",
    "sensor out of time between pokes": "running reschedule up_for_reschedule fail failed",
    "blocked, then cleared": "pending block upstream_failed clear pending",
    "branch not taken": "pending skip skipped",
    "cancelled while running": "running stop stopping cancel cancelled",
    "cancelled too late": "running stop stopping succeed success",
    "cancelled before the claim": "queued stop stopping revoke cancelled",
    "cleared while running": "running restart restarting clear pending",
    "cleared while being stopped": "running stop stopping restart restarting clear pending",
    "cancelled while restarting": "running restart restarting stop stopping cancel cancelled",
    "marked while running": "running stop stopping mark_success success",
    "marked while waiting": "up_for_retry mark_failed failed",
    "marked afterwards": "failed mark_success success",
    "gone from the file": "pending remove removed clear pending",
    "cancelled while waiting": "scheduled cancel cancelled",
    "nothing to do": "scheduled succeed success",
}


@pytest.mark.parametrize("life", LIVES)
def test_lives_of_a_task(life: str) -> None:
    words = LIVES[life].split()
    state = TaskState(words[0])
    for event, after in zip(words[1::2], words[2::2], strict=True):
        state = move_task(state, TaskEvent(event))
        assert state == TaskState(after)


RUN_LIVES = {
    "success": "queued start running succeed success",
    "failure": "queued start running fail failed",
    "cancelled before it began": "queued cancel cancelled",
    "cleared": "running fail failed reopen queued start running",
    "timed out in the queue": "queued fail failed",
}


@pytest.mark.parametrize("life", RUN_LIVES)
def test_lives_of_a_run(life: str) -> None:
    words = RUN_LIVES[life].split()
    state = RunState(words[0])
    for event, after in zip(words[1::2], words[2::2], strict=True):
        state = move_run(state, RunEvent(event))
        assert state == RunState(after)


OPERATORS = {
    TaskEvent.CLEAR,
    TaskEvent.REMOVE,
    TaskEvent.MARK_SUCCESS,
    TaskEvent.MARK_FAILED,
    TaskEvent.MARK_SKIPPED,
    *RESTORES.values(),
}


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_only_an_operator_leaves_a_terminal_state(state: TaskState) -> None:
    assert {event for before, event in TASK_MOVES if before == state} == OPERATORS


@pytest.mark.parametrize("state", sorted(RUN_TERMINAL))
def test_only_a_clear_reopens_a_run(state: RunState) -> None:
    assert {event for before, event in RUN_MOVES if before == state} == {
        RunEvent.REOPEN,
        *RUN_RESTORES.values(),
    }
    assert {after for (before, event), after in RUN_MOVES.items() if event in RUN_RESTORES.values()} <= (
        RUN_TERMINAL
    )


@pytest.mark.parametrize("state", sorted(RESTORES))
def test_what_was_cleared_goes_back_to_what_it_was(state: TaskState) -> None:
    after = TaskState.PENDING if state is TaskState.SCHEDULED else state
    for now in (TaskState.PENDING, TaskState.SCHEDULED, *TERMINAL):
        assert move_task(now, RESTORES[state]) is after
    for now in OCCUPIES_SLOT | {TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE}:
        assert (now, RESTORES[state]) not in TASK_MOVES, "it has started"


def test_an_attempt_exists_only_after_a_launch() -> None:
    entered = {
        (before, event)
        for (before, event), after in TASK_MOVES.items()
        if after in OCCUPIES_SLOT and before not in OCCUPIES_SLOT
    }
    assert entered == {(TaskState.SCHEDULED, TaskEvent.LAUNCH)}


def test_a_live_attempt_is_never_marked_or_cleared_over_its_head() -> None:
    for state in (TaskState.QUEUED, TaskState.RUNNING):
        for event in OPERATORS:
            assert (state, event) not in TASK_MOVES


def test_every_state_can_be_reached_and_every_event_happens() -> None:
    assert set(TASK_MOVES.values()) == set(TaskState)
    assert {event for _, event in TASK_MOVES} == set(TaskEvent)
    assert set(RUN_MOVES.values()) == set(RunState)
    assert {event for _, event in RUN_MOVES} == set(RunEvent)


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_every_unfinished_state_leads_to_an_end(state: TaskState) -> None:
    reached, todo = {state}, [state]
    while todo:
        here = todo.pop()
        for before, after in task_edges():
            if before == here and after not in reached:
                reached.add(after)
                todo.append(after)
    assert {TaskState.SUCCESS, TaskState.FAILED, TaskState.CANCELLED} <= reached


def test_illegal_moves_are_refused_in_words() -> None:
    illegal = 0
    for state in TaskState:
        for event in TaskEvent:
            if (state, event) not in TASK_MOVES:
                illegal += 1
                with pytest.raises(IllegalMoveError, match=f"a task instance that is {state} cannot {event}"):
                    move_task(state, event)
    assert illegal > len(TASK_MOVES)
    with pytest.raises(IllegalMoveError, match="a run that is success cannot start"):
        move_run(RunState.SUCCESS, RunEvent.START)


def test_edges_are_those_of_the_table() -> None:
    assert task_edges() == {(before, after) for (before, _), after in TASK_MOVES.items()}
    assert run_edges() == {(before, after) for (before, _), after in RUN_MOVES.items()}
    assert (TaskState.SUCCESS, TaskState.RUNNING) not in task_edges()
    assert (RunState.SUCCESS, RunState.RUNNING) not in run_edges()

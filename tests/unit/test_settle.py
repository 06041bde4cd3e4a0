"""From an attempt's outcome to the task's next move: the whole table."""

from __future__ import annotations

from itertools import product

import pytest

from data.builders import task
from data.live_runs import task_record
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import TaskState
from penstock.model.transitions import TaskEvent, move_task
from penstock.scheduling.steps.settle import ending

S, E, K = TaskState, TaskEvent, OutcomeKind

OK = Outcome(kind=K.EXIT_CODE, exit_code=0)
BAD = Outcome(kind=K.EXIT_CODE, exit_code=1)
FINAL = Outcome(kind=K.EXIT_CODE, exit_code=1, fail_without_retry=True)
EVERY = (OK, BAD, FINAL, *(Outcome(kind=kind) for kind in OutcomeKind if kind is not K.EXIT_CODE))
LIVE = (S.QUEUED, S.RUNNING, S.STOPPING, S.RESTARTING)
FAILURES = (BAD, *(Outcome(kind=kind) for kind in (K.SIGNAL, K.TIMEOUT, K.CANCELLED, K.LOST)))


def event(
    outcome: Outcome,
    state: TaskState = S.RUNNING,
    *,
    tries: tuple[int, int] = (1, 1),
    on_lost: str = "retry",
    intent: TaskEvent | None = None,
) -> TaskEvent:
    spec = task("a", on_lost=on_lost)
    number, most = tries
    record = task_record(
        spec, state, try_number=number, max_tries=most, intent=None if intent is None else intent.value
    )
    return ending(spec, record, outcome)


@pytest.mark.parametrize("state", [S.QUEUED, S.RUNNING])
@pytest.mark.parametrize("outcome", FAILURES)
def test_a_failure_is_tried_again_while_tries_are_left(state: TaskState, outcome: Outcome) -> None:
    assert event(outcome, state, tries=(1, 2)) is E.RETRY
    assert event(outcome, state, tries=(2, 2)) is E.FAIL
    assert event(outcome, state, tries=(5, 4)) is E.FAIL


@pytest.mark.parametrize("state", [S.QUEUED, S.RUNNING])
def test_what_is_no_failure_uses_no_try(state: TaskState) -> None:
    for tries in ((1, 1), (1, 9)):
        assert event(OK, state, tries=tries) is E.SUCCEED
        assert event(Outcome(kind=K.SKIPPED), state, tries=tries) is E.SKIP
        assert event(Outcome(kind=K.RESCHEDULED), state, tries=tries) is E.RESCHEDULE
        assert event(Outcome(kind=K.REVOKED), state, tries=tries) is E.REVOKE
        assert event(FINAL, state, tries=tries) is E.FAIL


def test_a_lost_attempt_fails_at_once_where_the_author_says_so() -> None:
    lost = Outcome(kind=K.LOST)
    assert event(lost, tries=(1, 9), on_lost="fail") is E.FAIL
    assert event(lost, tries=(1, 9)) is E.RETRY
    assert event(BAD, tries=(1, 9), on_lost="fail") is E.RETRY


@pytest.mark.parametrize("outcome", EVERY)
def test_a_restart_begins_anew_however_the_attempt_ended(outcome: Outcome) -> None:
    assert event(outcome, S.RESTARTING) is E.CLEAR


@pytest.mark.parametrize(("outcome", "intent"), list(product(EVERY, [None, E.CANCEL, E.SKIP])))
def test_a_stop_decides_over_everything_but_a_success_that_won_the_race(
    outcome: Outcome, intent: TaskEvent | None
) -> None:
    expected = E.SUCCEED if outcome.ok else intent or E.CANCEL
    assert event(outcome, S.STOPPING, intent=intent, tries=(1, 9)) is expected


@pytest.mark.parametrize(
    ("outcome", "intent"), list(product(EVERY, [E.MARK_SUCCESS, E.MARK_FAILED, E.MARK_SKIPPED]))
)
def test_a_mark_decides_over_a_success_too(outcome: Outcome, intent: TaskEvent) -> None:
    assert event(outcome, S.STOPPING, intent=intent) is intent


@pytest.mark.parametrize(("state", "outcome"), list(product(LIVE, EVERY)))
def test_every_ending_is_a_legal_move(state: TaskState, outcome: Outcome) -> None:
    intents = [E.CANCEL, E.SKIP, E.MARK_SUCCESS, E.MARK_FAILED] if state is S.STOPPING else [None]
    for intent, tries in product(intents, [(1, 1), (1, 2)]):
        found = event(outcome, state, intent=intent, tries=tries)
        move_task(state, found)

"""The turns of a run, from its row and from its moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penstock.model.states import RunState, RunType
from penstock.model.turns import RunMove, one_turn, turns
from penstock.model.views.runs import RunDetail, RunRow, Turn

T0 = datetime(2026, 3, 1, 6, tzinfo=UTC)
STATES = {
    "start": RunState.RUNNING,
    "succeed": RunState.SUCCESS,
    "fail": RunState.FAILED,
    "cancel": RunState.CANCELLED,
    "reopen": RunState.QUEUED,
    "give_way": RunState.QUEUED,
    "restore_failed": RunState.FAILED,
}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def run(worked: float, *, end: float | None = None, turn: float | None = None) -> RunRow:
    state = RunState.RUNNING if end is None else RunState.SUCCESS
    return RunRow(
        dag_id="d",
        run_id="r",
        run_type=RunType.MANUAL,
        state=state,
        logical_date=None,
        data_interval_start=None,
        data_interval_end=None,
        run_after=T0,
        start=T0,
        end=None if end is None else at(end),
        turn=None if turn is None else at(turn),
        worked=worked,
    )


def moved(*moves: tuple[float, str]) -> list[RunMove]:
    return [RunMove(at(seconds), f"run_{event}", STATES[event]) for seconds, event in moves]


@pytest.mark.parametrize(
    ("worked", "moves", "told"),
    [
        (30, ((0, "start"), (10, "fail"), (50, "reopen"), (60, "start"), (80, "succeed")),
         ((0, 10, 10, "failed"), (60, 80, 20, "success"))),
        (30, ((0, "start"), (10, "give_way"), (40, "start"), (60, "succeed")),
         ((0, 60, 30, "success"),)),
        (10, ((0, "start"), (10, "fail"), (50, "reopen"), (60, "start"), (65, "restore_failed")),
         ((0, 10, 10, "failed"),)),
        (10, ((0, "start"), (10, "fail"), (50, "reopen"), (55, "cancel")),
         ((0, 10, 10, "failed"),)),
        (10, ((0, "start"), (10, "fail"), (50, "reopen"), (60, "start")),
         ((0, 10, 10, "failed"), (60, None, None, None))),
        # the clock was set by an hour in one of them: which one is not known
        (30, ((0, "start"), (3610, "fail"), (3650, "reopen"), (3660, "start"), (3680, "succeed")),
         ((0, 3610, None, "failed"), (3660, 3680, None, "success"))),
    ],
)  # fmt: skip
def test_turns_from_moves(
    worked: float,
    moves: tuple[tuple[float, str], ...],
    told: tuple[tuple[float, float | None, float | None, str | None], ...],
) -> None:
    found = turns(run(worked, end=9999), moved(*moves))
    assert found == tuple(
        Turn(
            start=at(start),
            end=None if end is None else at(end),
            seconds=seconds,
            state=None if state is None else RunState(state),
        )
        for start, end, seconds, state in told
    )


def test_one_turn_needs_no_trail() -> None:
    assert one_turn(run(40, end=40)) == (Turn(start=T0, end=at(40), state=RunState.SUCCESS, seconds=40),)
    assert one_turn(run(0, turn=0)) == (Turn(start=T0),)
    assert one_turn(run(40, end=90)) is None
    assert one_turn(run(40, turn=60)) is None
    assert one_turn(run(40)) is None


def test_the_turn_that_goes_on_has_what_the_run_took_beyond_the_others() -> None:
    first, going = Turn(start=T0, end=at(10), state=RunState.FAILED, seconds=10), Turn(start=at(60))
    detail = RunDetail(run=run(10, turn=60), tasks=(), turns=(first, going))
    assert [detail.turn_took(turn, at(75)) for turn in detail.turns] == [10, 15]

"""Acts that mean the same whatever moves between the look and the key: they are never refused for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.loop import BAD, Bench
from penstock.errors import PlanStaleError, RefusedError
from penstock.model.acts import (
    AnyAct,
    Cancel,
    CancelBackfill,
    Clear,
    CreateBackfill,
    Freeze,
    Hold,
    Mark,
    PauseBackfill,
    PauseSchedule,
    Release,
    ResizeBackfill,
    ResumeBackfill,
    RunInTurn,
    RunNext,
    RunNow,
    SetPool,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec
from penstock.model.states import RunState

KILLED = Outcome(kind=OutcomeKind.CANCELLED)
DAILY = ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",), text="@daily")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = await Bench(tmp_path, parallelism=4).open()
    made.load(
        dag("d", task("a"), task("b", "a"), task("c"), task("last", "b", "c", pool="narrow")),
        dag("daily", task("a"), schedule=DAILY, start_date=datetime(2026, 2, 1, tzinfo=UTC)),
        paused=True,
    )
    made.act(SetPool(name="narrow", slots=1))
    yield made
    made.close()


def _run_acts() -> list[Callable[[str], AnyAct]]:
    return [
        lambda run: Cancel(dag_id="d", run_id=run),
        lambda run: Cancel(dag_id="d", run_id=run, task_id="last"),
        lambda run: Hold(dag_id="d", run_id=run),
        lambda run: Hold(dag_id="d", run_id=run, task_id="last"),
        lambda run: Release(dag_id="d", run_id=run),
        lambda run: Freeze(dag_id="d"),
        lambda run: Unfreeze(dag_id="d"),
        lambda run: PauseSchedule(dag_id="d"),
        lambda run: UnpauseSchedule(dag_id="d"),
        lambda run: RunNext(dag_id="d", run_id=run, task_id="last"),
        lambda run: RunNow(dag_id="d", run_id=run, task_id="last"),
    ]


@pytest.mark.parametrize("make", _run_acts(), ids=lambda make: type(make("r")).__name__)
async def test_tasks_move_and_the_act_is_done_all_the_same(
    bench: Bench, make: Callable[[str], AnyAct]
) -> None:
    run = bench.trigger("d")
    act = make(run)
    plan = bench.loop.plan(act)
    bench.end("a")
    bench.end("c")
    bench.act(Freeze(dag_id="d", why="somebody else"))
    bench.act(Hold(dag_id="d", run_id=run, why="somebody else"))
    done = bench.act(act, expect=plan.fingerprint)
    assert done.message


async def test_a_cancel_says_what_it_touched_and_not_what_was_shown(bench: Bench) -> None:
    run = bench.trigger("d")
    act = Cancel(dag_id="d", run_id=run)
    plan = bench.loop.plan(act)
    assert len(plan.items) == 4
    bench.end("a")
    bench.end("c")
    done = bench.act(act, expect=plan.fingerprint)
    assert (done.touched, done.message) == (2, "the run is being cancelled, 1 still to be killed")
    bench.end("b", KILLED)
    assert bench.run_state("d", run) is RunState.CANCELLED
    done = bench.act(act, expect=plan.fingerprint)
    assert (done.touched, done.message) == (0, f"nothing left to do: run {run} has already ended: cancelled")
    with pytest.raises(RefusedError, match="has already ended: cancelled"):
        bench.act(act)


@pytest.mark.parametrize(
    "make",
    [
        lambda run: Cancel(dag_id="d", run_id=run),
        lambda run: Cancel(dag_id="d", run_id=run, task_id="a"),
        lambda run: Hold(dag_id="d", run_id=run),
        lambda run: RunNow(dag_id="d", run_id=run, task_id="last"),
        lambda run: RunNext(dag_id="d", run_id=run, task_id="b"),
        lambda run: RunInTurn(dag_id="d", run_id=run, task_id="b"),
    ],
    ids=["cancel", "cancel task", "hold", "run now", "run next", "run in turn"],
)
async def test_what_ended_between_the_look_and_the_key_is_an_answer_and_no_error(
    bench: Bench, make: Callable[[str], AnyAct]
) -> None:
    run = bench.trigger("d")
    plan = bench.loop.plan(make(run))
    bench.finish()
    done = bench.act(make(run), expect=plan.fingerprint)
    assert done.touched == 0
    assert done.message.startswith("nothing left to do: ")
    with pytest.raises(RefusedError):
        bench.act(make(run))  # nobody was shown that it still moves


async def test_a_backfill_that_ended_meanwhile_is_an_answer_and_no_error(bench: Bench) -> None:
    day = datetime(2026, 2, 1, tzinfo=UTC)
    number = bench.act(CreateBackfill(dag_id="daily", from_date=day, to_date=day)).backfill_id
    assert number is not None
    act = CancelBackfill(backfill_id=number)
    plan = bench.loop.plan(act)
    bench.finish()
    assert bench.act(act, expect=plan.fingerprint).touched == 0


async def test_a_second_cancel_leaves_the_teardowns_that_nobody_was_shown_without(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    last = {"is_teardown": True, "trigger_rule": "all_done_setup_success"}
    make, drop = task("make", is_setup=True), task("drop", "work", "make", **last)
    bench.load(dag("d", make, task("work", "make"), drop))
    run = bench.trigger("d")
    bench.end("make")
    act = Cancel(dag_id="d", run_id=run)
    plan = bench.loop.plan(act)
    assert plan.notes == ("1 teardown still to run; cancel once more to leave them out",)
    bench.act(act)
    done = bench.act(act, expect=plan.fingerprint)
    assert done.touched == 0
    assert done.message == (
        "the run is being cancelled already, 1 teardown still to run; cancel once more to leave them out"
    )
    bench.end("work", KILLED)
    assert bench.running() == ["drop"]
    again = bench.loop.plan(act)
    assert [item.task_id for item in again.items] == ["drop"]
    bench.act(act, expect=again.fingerprint)
    bench.end("drop", KILLED)
    assert bench.run_state("d", run) is RunState.CANCELLED
    bench.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda number: PauseBackfill(backfill_id=number),
        lambda number: ResumeBackfill(backfill_id=number),
        lambda number: ResizeBackfill(backfill_id=number, max_active_runs=3),
        lambda number: CancelBackfill(backfill_id=number),
    ],
    ids=["pause", "resume", "resize", "cancel"],
)
async def test_a_backfill_moves_and_is_told_all_the_same(bench: Bench, make: Callable[[int], AnyAct]) -> None:
    first, last = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 9, tzinfo=UTC)
    done = bench.act(CreateBackfill(dag_id="daily", from_date=first, to_date=last, max_active_runs=1))
    assert done.backfill_id is not None
    plan = bench.loop.plan(make(done.backfill_id))
    bench.end("a")
    bench.end("a", BAD)
    bench.act(PauseBackfill(backfill_id=done.backfill_id))
    bench.act(ResizeBackfill(backfill_id=done.backfill_id, max_active_runs=2))
    assert bench.act(make(done.backfill_id), expect=plan.fingerprint).touched == 1


async def test_what_means_its_list_is_still_refused(bench: Bench) -> None:
    run = bench.trigger("d")
    clear = Clear(dag_id="d", run_id=run, tasks=("a",), downstream=True)
    mark = Mark(dag_id="d", run_id=run, tasks=("b",), state="success")
    for act, ends in ((clear, "a"), (mark, "b")):
        plan = bench.loop.plan(act)
        bench.end(ends)
        with pytest.raises(PlanStaleError):
            bench.act(act, expect=plan.fingerprint)


async def test_the_fingerprint_is_of_this_act_and_no_other(bench: Bench) -> None:
    run = bench.trigger("d")
    plan = bench.loop.plan(Hold(dag_id="d", run_id=run))
    for other in (Hold(dag_id="d", run_id=run, task_id="a"), Cancel(dag_id="d", run_id=run)):
        with pytest.raises(PlanStaleError):
            bench.act(other, expect=plan.fingerprint)

"""Canary, stop after failures, words for each slot, and taking turns with scheduled runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from penstock.errors import UsageError
from penstock.model.acts import (
    Clear,
    CreateBackfill,
    Freeze,
    PauseBackfill,
    ResizeBackfill,
    ResumeBackfill,
    SetPool,
    Unfreeze,
)
from penstock.model.outcome import Outcome
from penstock.model.spec import ScheduleSpec
from penstock.model.states import RunState, RunType

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


async def opened(tmp_path: Path, **settings: object) -> Bench:
    bench = await Bench(tmp_path, **settings).open()
    bench.load(dag("b", task("a"), schedule=DAILY, start_date=FIRST), paused=True)
    return bench


def begin(bench: Bench, last: int, **fields: object) -> int:
    act = CreateBackfill(dag_id="b", from_date=FIRST, to_date=FIRST.replace(day=last), **fields)  # type: ignore[arg-type]
    number = bench.act(act).backfill_id
    assert number is not None
    return number


def slots(bench: Bench, number: int) -> list[str]:
    return [slot.state for slot in bench.engine.backfill(number).points]


def days(bench: Bench, number: int) -> dict[int, str | None]:
    """Return what is said of each day."""
    return {slot.logical_date.day: slot.reason for slot in bench.engine.backfill(number).points}


async def test_the_canary_goes_alone_and_lets_the_others_follow(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    number = begin(bench, 5, canary=True, max_active_runs=3)
    assert slots(bench, number) == ["running", *["waiting"] * 4]
    assert days(bench, number)[2] == "the first point, the canary, must succeed first"
    await bench.restart()
    bench.end("a")
    assert slots(bench, number) == ["success", *["running"] * 3, "waiting"]
    row = bench.engine.backfill(number)
    assert (row.canary, row.points[4].reason) == ("passed", "3 are active at once (max_active_runs)")
    bench.act(Clear(dag_id="b", run_id=row.points[0].run_id or ""))
    bench.end("a", run_id=row.points[1].run_id)
    assert slots(bench, number)[0] == "running", "a canary that passed has passed"
    bench.finish()
    assert bench.engine.backfill(number).state == "success"
    bench.close()


async def test_a_canary_that_fails_leaves_the_others_alone(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    bench.trigger("b", logical_date=FIRST)
    bench.finish()
    number = begin(bench, 4, canary=True)
    assert slots(bench, number) == ["kept", "running", "waiting", "waiting"], "what is kept is no canary"
    bench.end("a", BAD)
    row = bench.engine.backfill(number)
    assert (row.state, row.canary) == ("failed", "failed")
    assert slots(bench, number) == ["kept", "failed", "skipped", "skipped"]
    assert days(bench, number)[2] == "a did not succeed"
    assert days(bench, number)[4] == "the canary, its first run, did not succeed"
    assert len(bench.engine.runs("b")) == 2
    bench.close()


async def test_after_k_failures_what_runs_finishes_and_the_rest_is_skipped(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    number = begin(bench, 9, max_active_runs=3, stop_after=2)
    runs = [slot.run_id for slot in bench.engine.backfill(number).points]
    bench.end("a", BAD, run_id=runs[0])
    assert slots(bench, number)[:5] == ["failed", "running", "running", "running", "waiting"]
    bench.end("a", BAD, run_id=runs[1])
    assert slots(bench, number) == ["failed", "failed", "running", "running", *["skipped"] * 5]
    assert days(bench, number)[9] == "stopped after 2 failed runs"
    assert bench.engine.backfill(number).state == "running"
    bench.finish()
    assert slots(bench, number)[2:4] == ["success", "success"]
    assert bench.engine.backfill(number).state == "failed"
    assert any(event.kind == "backfill_stop" for event in bench.engine.events(dag_id="b", limit=200))
    with pytest.raises(UsageError, match="stop_after"):
        begin(bench, 9, stop_after=0)
    bench.close()


async def test_a_queued_run_of_a_stopped_backfill_never_starts(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    number = begin(bench, 6, max_active_runs=2, stop_after=1)
    bench.act(ResizeBackfill(backfill_id=number, max_active_runs=1))
    assert len(bench.running()) == 2, "what runs goes on"
    first, second = (slot.run_id or "" for slot in bench.engine.backfill(number).points[:2])
    bench.end("a", BAD, run_id=first)
    assert slots(bench, number) == ["failed", "running", *["skipped"] * 4]
    bench.end("a", run_id=second)
    assert {run.run_id for run in bench.engine.runs("b")} == {first, second}
    bench.close()


async def test_each_slot_says_what_it_waits_for(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    number = begin(bench, 3, max_active_runs=1)
    assert days(bench, number) == {
        1: "its run is running",
        2: "1 are active at once (max_active_runs)",
        3: "1 are active at once (max_active_runs)",
    }
    bench.act(PauseBackfill(backfill_id=number))
    assert days(bench, number)[2] == "the backfill is paused"
    bench.act(ResumeBackfill(backfill_id=number))
    bench.act(Freeze(dag_id="b"))
    assert days(bench, number)[2] == "the DAG is frozen by tester"
    bench.act(Unfreeze(dag_id="b"))
    bench.finish()
    assert bench.engine.backfill(number).state == "success"
    bench.close()


def served(bench: Bench, rounds: int, each: Callable[[], Outcome] = lambda: OK) -> list[RunType]:
    """Return whose task got the one slot, *rounds* times in a row."""
    order = []
    for _ in range(rounds):
        ((pk, _),) = bench.loop.world.attempts.values()
        order.append(bench.loop.world.runs[pk].record.run_type)
        bench.end("a", each())
    return order


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same DAG", "another DAG"])
async def test_with_one_slot_others_go_first_and_the_backfill_has_its_turns(
    tmp_path: Path, elsewhere: bool
) -> None:
    bench = await Bench(tmp_path).open()
    bench.act(SetPool(name="one", slots=1))
    fields = {"schedule": DAILY, "start_date": FIRST, "max_active_runs": 50}
    bench.load(
        dag("b", task("a", pool="one"), **fields), dag("c", task("a", pool="one"), **fields), paused=True
    )
    begin(bench, 31, max_active_runs=20)
    for hour in range(12):
        moment = datetime(2026, 2, 1, hour, 30, tzinfo=UTC)
        bench.trigger("c" if elsewhere else "b", logical_date=moment)
    order = served(bench, 20)
    assert order[0] is RunType.BACKFILL, "it had begun before"
    assert order[1:13].count(RunType.MANUAL) == 9, "others go before it, old as its dates are"
    assert order[1:13].count(RunType.BACKFILL) == 3, "and every fourth turn is its own"
    assert order[16:] == [RunType.BACKFILL] * 4, "who has nobody to yield to goes on"
    bench.close()


async def test_a_backfill_never_keeps_the_schedule_from_its_slots(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=2).open()
    bench.load(dag("b", task("a"), schedule=DAILY, start_date=FIRST, max_active_runs=2), paused=True)
    begin(bench, 31, max_active_runs=10)
    assert len(bench.running()) == 2
    run = bench.trigger("b")
    assert bench.run_state("b", run) is RunState.RUNNING, (
        "a backfill's runs do not count against max_active_runs"
    )
    bench.end("a")
    assert f"{run}/a" in bench.live()
    bench.close()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ((2026, 3, 10), (2026, 3, 11), "the DAG's dates end on 2026-02-28 18:30"),
        ((2025, 3, 10), (2025, 3, 11), "the DAG's dates begin on 2026-01-01"),
        ((2026, 2, 3), (2026, 2, 4), "the schedule (@weekly) has no points there"),
    ],
)
async def test_a_span_without_points_says_why(
    tmp_path: Path, first: tuple[int, int, int], last: tuple[int, int, int], said: str
) -> None:
    bench = await Bench(tmp_path).open()
    weekly = ScheduleSpec(kind="cron", crons=("0 0 * * 0",), text="@weekly")
    end = datetime(2026, 2, 28, 18, 30, tzinfo=UTC)
    bench.load(dag("b", task("a"), schedule=weekly, start_date=FIRST, end_date=end), paused=True)
    act = CreateBackfill(
        dag_id="b", from_date=datetime(*first, tzinfo=UTC), to_date=datetime(*last, tzinfo=UTC)
    )
    assert said in bench.engine.plan(act).notes
    assert bench.act(act).message == f"nothing to do: {said}"
    bench.close()


async def test_another_size_is_said(tmp_path: Path) -> None:
    bench = await opened(tmp_path)
    number = begin(bench, 3)
    done = bench.act(ResizeBackfill(backfill_id=number, max_active_runs=5))
    assert done.message == f"backfill {number} is running, 5 at once"
    bench.close()

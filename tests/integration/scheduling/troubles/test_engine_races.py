"""Things that meet in one tick, or come one after another in an order that nobody thinks of first."""

from __future__ import annotations

import math
from asyncio import Future, get_running_loop
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from data.builders import dag, task
from drive.checks import assert_memory_is_the_store, stored_world
from drive.loop import BAD, OK, Bench
from fakes.clock import START
from penstock.errors import PenstockError, RefusedError, UsageError
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import GroupSpec, ScheduleSpec, SensorSpec
from penstock.model.states import RunState, TaskState
from penstock.model.views.plans import Done
from penstock.scheduling.world.orders import ActOrder

S = TaskState
KILLED = Outcome(kind=OutcomeKind.CANCELLED)
HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    yield bench
    assert_memory_is_the_store(bench, stored_world(bench))


def together(bench: Bench, *wanted: acts.AnyAct) -> list[Done | BaseException]:
    """Give several acts to one tick and return what each got."""
    answers: list[Future[Done]] = [get_running_loop().create_future() for _ in wanted]
    for act, answer in zip(wanted, answers, strict=True):
        bench.loop.order(ActOrder(act, None, "tester", None, answer))
    bench.tick()
    return [answer.exception() or answer.result() for answer in answers]


# -- a task that is being killed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (acts.Cancel(dag_id="d", run_id="r", task_id="a"), S.CANCELLED),
        (acts.Cancel(dag_id="d", run_id="r"), S.CANCELLED),
        (acts.Mark(dag_id="d", run_id="r", tasks=("a",), state="failed"), S.FAILED),
        (acts.Mark(dag_id="d", run_id="r", tasks=("a",), state="skipped"), S.SKIPPED),
    ],
)
async def test_the_last_order_given_to_a_dying_task_is_what_becomes_of_it(
    bench: Bench, act: acts.AnyAct, state: TaskState
) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    bench.trigger("d", run_id="r")
    bench.act(acts.Clear(dag_id="d", run_id="r", tasks=("a",)))
    assert bench.states("d", "r")["a"] is S.RESTARTING
    bench.act(act)
    assert bench.states("d", "r")["a"] is S.STOPPING
    bench.end("a", KILLED)
    assert bench.states("d", "r")["a"] is state
    assert bench.run_state("d", "r") in {RunState.CANCELLED, RunState.FAILED, RunState.SUCCESS}


async def test_clearing_twice_is_clearing_once(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    clear = acts.Clear(dag_id="d", run_id=run, tasks=("a",))
    bench.act(clear)
    again = bench.act(clear)
    assert (again.touched, "nothing to do" in again.message) == (0, True)
    bench.end("a", KILLED)
    assert bench.running() == ["a"]


async def test_a_run_may_run_out_of_time_while_a_task_restarts(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a"), dagrun_timeout=60.0))
    run = bench.trigger("d")
    bench.act(acts.Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.clock.forward(61)
    bench.tick()
    assert bench.states("d", run) == {"a": S.STOPPING, "b": S.SKIPPED}
    bench.end("a", KILLED)
    assert bench.run_state("d", run) is RunState.FAILED


async def test_what_somebody_decided_outlives_the_time_limit_of_the_run(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b"), dagrun_timeout=60.0))
    run = bench.trigger("d")
    bench.act(acts.Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    bench.clock.forward(61)
    bench.tick()
    bench.end("a", KILLED)
    bench.end("b", OK)
    assert bench.states("d", run) == {"a": S.SUCCESS, "b": S.SUCCESS}, "b won the race"
    detail = bench.run("d", run)
    assert detail.run.state is RunState.FAILED
    assert [row.reason for row in detail.tasks if row.task_id == "b"] == [None]


async def test_a_run_that_is_cleared_while_it_runs_out_of_time_goes_on(bench: Bench) -> None:
    bench.load(dag("d", task("a"), dagrun_timeout=60.0))
    run = bench.trigger("d")
    bench.clock.forward(61)
    bench.tick()
    bench.act(acts.Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.end("a", KILLED)
    await bench.restart()
    bench.clock.forward(30)
    bench.tick()
    bench.end("a")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_stop_that_an_engine_died_over_is_given_by_the_next(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.executor.dies = True
    with pytest.raises(KeyboardInterrupt):
        bench.act(acts.Cancel(dag_id="d", run_id=run))
    bench.executor.dies = False
    assert bench.executor.stops == []
    await bench.restart()
    assert [attempt for attempt, _, _ in bench.executor.stops] == list(bench.live().values())
    bench.tick()
    assert len(bench.executor.stops) == 1, "and not again"


@pytest.mark.ticks_fail
async def test_a_stop_that_could_not_be_written_is_given_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("d", task("a"), task("b")))
    run = bench.trigger("d")

    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(bench.executor, "stop", full)
        done = bench.act(acts.Cancel(dag_id="d", run_id=run))
    assert "still to be killed" in done.message
    bench.tick()
    assert len(bench.executor.stops) == 2


# -- acts that meet ------------------------------------------------------------------------------


async def test_two_people_trigger_at_the_same_moment(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    first, second = together(bench, acts.Trigger(dag_id="d"), acts.Trigger(dag_id="d"))
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert first.run_id != second.run_id
    assert len(bench.running()) == 2


async def test_of_two_triggers_for_one_date_the_second_is_refused(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    act = acts.Trigger(dag_id="d", logical_date=START)
    first, second = together(bench, act, msgspec.structs.replace(act, run_id="mine"))
    assert isinstance(first, Done)
    assert isinstance(second, RefusedError)
    third, fourth = together(
        bench, acts.Trigger(dag_id="d", run_id="mine"), acts.Trigger(dag_id="d", run_id="mine")
    )
    assert isinstance(third, Done)
    assert isinstance(fourth, RefusedError)


async def test_a_preview_of_a_trigger_stays_true_while_time_passes(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    plan = bench.loop.plan(acts.Trigger(dag_id="d"))
    bench.clock.forward(3)
    bench.act(acts.Trigger(dag_id="d"), expect=plan.fingerprint)
    assert bench.running() == ["a"]


async def test_a_trigger_for_the_date_of_a_point_that_is_just_due_serves_the_point(bench: Bench) -> None:
    bench.load(dag("d", task("a"), schedule=HOURLY, start_date=START, catchup="none"))
    bench.clock.forward(3600)
    date = bench.clock.time.replace(minute=0, second=0)
    (done,) = together(bench, acts.Trigger(dag_id="d", logical_date=date))
    assert isinstance(done, Done)
    assert [row.run_id for row in bench.engine.runs("d")] == [done.run_id]
    assert [(row.status, row.run_id) for row in bench.engine.ledger("d")] == [("ran", done.run_id)]


async def test_a_backfill_and_the_schedule_may_reach_a_point_in_one_tick(bench: Bench) -> None:
    start = START - timedelta(days=3)
    bench.load(dag("d", task("a"), schedule=HOURLY, start_date=start, catchup="none", max_active_runs=30))
    bench.clock.forward(3600)
    date = bench.clock.time.replace(minute=0, second=0)
    (done,) = together(
        bench, acts.CreateBackfill(dag_id="d", from_date=date - timedelta(hours=2), to_date=date)
    )
    assert isinstance(done, Done)
    dates = [row.logical_date for row in bench.engine.runs("d")]
    assert len(dates) == len(set(dates)) == 3
    bench.finish()
    rows = sorted(bench.engine.ledger("d"), key=lambda row: row.first)
    assert [row.status for row in rows[-3:]] == ["backfilled", "backfilled", "ran"]


async def test_a_refused_act_leaves_no_trace(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    before = bench.loop.gate.cursor
    with pytest.raises(UsageError, match="in the past"):
        bench.act(acts.Freeze(dag_id="d", until=bench.clock.time - timedelta(seconds=1)))
    assert bench.loop.gate.cursor == before
    assert bench.loop.world.frozen("d") is None


@pytest.mark.ticks_fail
async def test_an_act_whose_commit_fails_half_way_is_as_if_it_never_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("d", task("a"), task("b")))
    run = bench.trigger("d")
    bench.tick()

    def stop(*_: Any, **__: Any) -> None:
        raise RefusedError("out of luck")

    with monkeypatch.context() as patch:
        patch.setattr("penstock.scheduling.moves.cancel.stop", stop)
        with pytest.raises(PenstockError, match="out of luck"):
            bench.act(acts.Cancel(dag_id="d", run_id=run), act_id="x")
    assert set(bench.states("d", run).values()) == {S.RUNNING}
    bench.act(acts.Cancel(dag_id="d", run_id=run), act_id="x")
    assert set(bench.states("d", run).values()) == {S.STOPPING}, "the same act is not taken for done"


async def test_a_cleared_parent_takes_a_child_that_waits_for_a_slot_back(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    bench.load(dag("d", task("a", priority_weight=5), task("other", priority_weight=3), task("b", "a")))
    run = bench.trigger("d")
    bench.end("a")
    assert bench.running() == ["other"]
    assert bench.states("d", run)["b"] is S.SCHEDULED
    bench.act(acts.Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.end("other")
    assert bench.running() == ["a"]
    bench.end("a", BAD)
    assert bench.states("d", run) == {"a": S.FAILED, "other": S.SUCCESS, "b": S.UPSTREAM_FAILED}
    bench.close()


async def test_a_group_is_cleared_in_earlier_runs_too(bench: Bench) -> None:
    spec = dag("d", task("g.a", group="g"), task("b"), groups=(GroupSpec(group_id="g"),))
    bench.load(spec)
    runs = [bench.trigger("d", logical_date=START + timedelta(days=day)) for day in range(2)]
    bench.finish()
    plan = bench.loop.plan(acts.Clear(dag_id="d", run_id=runs[1], tasks=("g",), past=True))
    assert [(item.run_id, item.task_id) for item in plan.items] == [(run, "g.a") for run in runs]


# -- time and turns ------------------------------------------------------------------------------


async def test_time_under_two_pauses_counts_once(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a"), dagrun_timeout=100.0))
    run = bench.trigger("d")
    bench.act(acts.Freeze(dag_id="d"))
    bench.clock.forward(50)
    bench.act(acts.Hold(dag_id="d", run_id=run))
    bench.clock.forward(50)
    bench.act(acts.Unfreeze(dag_id="d"))
    bench.clock.forward(50)
    bench.act(acts.Release(dag_id="d", run_id=run))
    assert bench.loop.world.run("d", run).record.stood_us == 150_000_000
    bench.clock.forward(99)
    bench.tick()
    assert bench.executor.stops == []
    bench.clock.forward(2)
    bench.tick()
    assert len(bench.executor.stops) == 1


async def test_a_sensors_timeout_stands_still_though_its_poke_came_due(bench: Bench) -> None:
    sensor = SensorSpec(mode="reschedule", poke_interval=10)
    bench.load(dag("d", task("wait", sensor=sensor, launch="python")))
    run = bench.trigger("d")
    begun = bench.clock.time
    bench.end("wait", Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=begun.timestamp() + 10))
    bench.act(acts.Hold(dag_id="d", run_id=run))
    bench.clock.forward(500)
    bench.tick()
    assert bench.states("d", run)["wait"] is S.SCHEDULED
    bench.act(acts.Release(dag_id="d", run_id=run))
    spec = bench.executor.specs[bench.live()[f"{run}/wait"]]
    assert spec.context["first_poke_at"] == pytest.approx(begun.timestamp() + 500)


@pytest.mark.parametrize("at", [None, math.inf, -math.inf, math.nan, 1e300, -5.0])
async def test_whatever_a_sensor_says_of_its_next_poke_the_engine_goes_on(
    bench: Bench, at: float | None
) -> None:
    """A moment that is none is now, one in the past too; one in the far future is ten years away."""
    sensor = SensorSpec(mode="reschedule", poke_interval=10)
    bench.load(dag("d", task("wait", sensor=sensor)))
    run = bench.trigger("d")
    first = bench.live()[f"{run}/wait"]
    bench.end("wait", Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=at))
    [attempt, *_] = bench.engine.attempts("d", run, "wait")
    assert attempt.end is not None, "the commit that says how it ended went through"
    if at == 1e300:
        assert bench.states("d", run)["wait"] is S.UP_FOR_RESCHEDULE
        assert bench.run("d", run).tasks[0].next_at == bench.clock.time + timedelta(days=3650)
        bench.clock.forward(3650 * 86_400 + 1)
    bench.tick()
    assert bench.running() == ["wait"]
    assert bench.live()[f"{run}/wait"] != first
    bench.end("wait")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_half_a_character_in_a_tasks_words_is_stored_as_a_question_mark(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    odd = Outcome(
        kind=OutcomeKind.EXIT_CODE,
        exit_code=1,
        reason="broken \udc80 here",
        sent_by="\ud800",
        skips=("\udfff",),
        xcoms={"\udc81": "\udc82"},
    )
    bench.end("a", odd)
    row = bench.run("d", run).tasks[0]
    assert row.outcome is not None
    assert row.outcome.reason == "broken ? here"


async def test_runs_that_end_within_a_tick_make_room_within_it(bench: Bench) -> None:
    bench.load(dag("d", task("a", launch="empty"), max_active_runs=1))
    bench.act(acts.Freeze(dag_id="d"))
    runs = [bench.trigger("d", run_id=f"r{number}") for number in range(5)]
    assert {bench.run_state("d", run) for run in runs} == {RunState.QUEUED}
    bench.act(acts.Unfreeze(dag_id="d"))
    assert {bench.run_state("d", run) for run in runs} == {RunState.SUCCESS}


async def test_a_tick_creates_its_share_of_runs_though_they_end_at_once(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, runs_per_tick=7).open()
    start = START - timedelta(hours=30)
    bench.load(dag("d", task("a", launch="empty"), schedule=HOURLY, start_date=start, catchup="all"))
    assert len(bench.engine.runs("d")) == 7
    wake_us = bench.tick()
    assert len(bench.engine.runs("d")) == 14
    assert wake_us is not None
    assert wake_us <= bench.clock.time.timestamp() * 1e6, "there is more to do at once"
    bench.close()


async def test_a_later_version_may_look_back_at_runs_of_one_that_did_not(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    first = bench.trigger("d", logical_date=START)
    bench.load(dag("d", task("a", depends_on_past=True)))
    second = bench.trigger("d", logical_date=START + timedelta(days=1))
    assert list(bench.live()) == [f"{first}/a"]
    bench.end("a", run_id=first)
    assert list(bench.live()) == [f"{second}/a"]


async def test_a_launch_is_overdue_by_the_clock_that_nobody_sets(bench: Bench) -> None:
    bench.executor.claim_at_once = False
    bench.load(dag("d", task("a")))
    bench.trigger("d")
    first = next(iter(bench.loop.world.attempts))
    bench.clock.step(3600)
    bench.tick()
    assert list(bench.loop.world.attempts) == [first], "the wall clock is no reason to take it back"
    bench.clock.step(-7200)
    bench.clock.forward(11)
    bench.tick()
    assert first not in bench.loop.world.attempts

"""The wall clock is set, forward or back: what waits and works goes on by the time that really passed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from fakes.clock import START
from penstock.clock import to_us
from penstock.execution.executor import Exited
from penstock.model.acts import Clear, Freeze, Hold, QuarantineRetry, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec, SensorSpec
from penstock.model.states import RunState, TaskState
from penstock.model.subject import about_dag, about_run
from penstock.scheduling.moves import clock
from penstock.scheduling.moves.quarantine import put
from penstock.scheduling.world.clock_setting import clock_words
from penstock.scheduling.world.live_run import LiveRun
from penstock.scheduling.world.tick import Tick

S = TaskState
HOURS = 3600.0
STEPS = [3 * HOURS, -3 * HOURS, 400 * 24 * HOURS, -400 * 24 * HOURS, 90.0, -90.0]
KILLED = Outcome(kind=OutcomeKind.CANCELLED)


def later(bench: Bench, seconds: float) -> None:
    """Let time pass, then a tick."""
    bench.clock.forward(seconds)
    bench.tick()


@pytest.mark.parametrize("step", STEPS)
async def test_a_retry_waits_as_long_as_it_was_to(bench: Bench, step: float) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    later(bench, 100)
    bench.clock.step(step)
    later(bench, 499)
    assert bench.states("d", run)["a"] is S.UP_FOR_RETRY
    due = bench.clock.time + timedelta(seconds=1)
    assert f"next try at {due:%H:%M:%S} UTC" in (bench.run("d", run).tasks[0].reason or "")
    later(bench, 1.1)
    assert bench.running() == ["a"]


async def test_a_next_try_that_is_days_away_is_said_with_its_date(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=3 * 86_400.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    due = bench.clock.time + timedelta(days=3)
    assert f"next try at {due:%Y-%m-%d %H:%M:%S} UTC" in (bench.run("d", run).tasks[0].reason or "")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("down", [False, True])
async def test_the_same_while_the_engine_is_down(bench: Bench, step: float, down: bool) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    bench.trigger("d")
    bench.end("a", BAD)
    bench.clock.step(step)
    if down:
        bench.clock.forward(50)
        await bench.restart()
        bench.tick()
        later(bench, 549)
    else:
        later(bench, 599)
    assert bench.running() == []
    later(bench, 1.1)
    assert bench.running() == ["a"]


@pytest.mark.parametrize("step", STEPS)
async def test_what_a_run_and_a_task_took_is_what_passed(bench: Bench, step: float) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    bench.tick()
    later(bench, 10)
    bench.clock.step(step)
    later(bench, 5)
    live = bench.run("d", run)
    now = bench.clock.time
    assert live.run.took(now) == 15
    assert live.tasks[0].start is not None
    assert (now - live.tasks[0].start).total_seconds() == 15
    attempt = bench.engine.attempts("d", run, "a")[0]
    assert attempt.start == live.tasks[0].start
    # the supervisor tells its own start and end, both on the clock as it is at the end
    [attempt_id] = bench.loop.world.attempts
    at = now.timestamp()
    bench.executor.seen[attempt_id] = Exited(OK, at - 15, at, ("boot 1", bench.clock.seconds))
    bench.tick()
    later(bench, 5)
    bench.end("b")
    ended = bench.run("d", run)
    assert ended.run.took(bench.clock.time) == 20
    for each in ended.tasks:
        assert each.start is not None
        assert each.end is not None
        assert 0 <= (each.end - each.start).total_seconds() <= 20


@pytest.mark.parametrize("step", STEPS)
async def test_an_attempt_that_ended_before_the_step_and_is_seen_after_it(bench: Bench, step: float) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    run = bench.trigger("d")
    bench.tick()
    bench.clock.forward(7)
    [attempt_id] = bench.loop.world.attempts
    at = bench.clock.time.timestamp()
    bench.executor.seen[attempt_id] = Exited(BAD, at - 7, at, ("boot 1", bench.clock.seconds))
    bench.clock.forward(20)  # the engine is down
    bench.clock.step(step)
    await bench.restart()
    bench.tick()
    [row] = bench.engine.attempts("d", run, "a")
    assert row.end == bench.clock.time - timedelta(seconds=20)
    assert row.start == bench.clock.time - timedelta(seconds=27)
    later(bench, 579)
    assert bench.running() == []
    later(bench, 1.1)
    assert bench.running() == ["a"]


@pytest.mark.parametrize("step", STEPS)
async def test_the_time_limit_of_a_run_and_what_stood_still(bench: Bench, step: float) -> None:
    bench.load(dag("d", task("a"), dagrun_timeout=100.0))
    run = bench.trigger("d")
    later(bench, 30)
    bench.act(Freeze(dag_id="d"))
    later(bench, 500)
    bench.clock.step(step)
    later(bench, 500)
    bench.act(Unfreeze(dag_id="d"))
    later(bench, 69)
    assert bench.run("d", run).run.reason is None
    later(bench, 1.1)
    bench.end("a", KILLED)
    assert bench.run("d", run).run.reason == "dagrun_timeout of 100 s has passed"


@pytest.mark.parametrize("step", STEPS)
async def test_a_sensor_looks_when_it_was_to_and_waits_as_long(bench: Bench, step: float) -> None:
    sensor = SensorSpec(mode="reschedule", poke_interval=60.0, timeout=1000.0)
    bench.load(dag("d", task("s", launch="python", sensor=sensor)))
    bench.trigger("d")
    bench.tick()
    first = bench.loop.world.runs[next(iter(bench.loop.world.runs))].tasks["s"].first_poke_us
    assert first is not None
    again = Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=bench.clock.time.timestamp() + 60)
    bench.end("s", again)
    bench.clock.step(step)
    later(bench, 59)
    assert bench.running() == []
    later(bench, 1.1)
    assert bench.running() == ["s"]
    spec = list(bench.executor.specs.values())[-1]
    waited = bench.clock.time.timestamp() - spec.context["first_poke_at"]
    assert waited == pytest.approx(60.1, abs=0.01)


async def test_a_hold_until_a_moment_means_the_clock_on_the_wall(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, until=START + timedelta(hours=2)))
    bench.end("a")
    assert bench.running() == []
    bench.clock.step(-HOURS)
    later(bench, 2 * HOURS)
    assert bench.running() == []
    bench.clock.step(HOURS)
    later(bench, 1)
    assert bench.running() == ["b"]


async def test_a_step_is_in_the_trail_and_in_status_and_a_small_one_is_not(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    bench.clock.step(0.4)
    bench.tick()
    assert [row for row in bench.engine.events() if row.kind == "clock_set"] == []
    bench.clock.step(3 * HOURS + 60)
    bench.tick()
    bench.clock.step(-2 * 24 * HOURS)
    bench.tick()
    back, forth = [row for row in bench.engine.events() if row.kind == "clock_set"]
    assert forth.reason is not None
    assert forth.reason.startswith("the clock was set forward by 3 h 1 min: ")
    assert (back.before, back.after) == ("2026-03-02 15:01:30 UTC", "2026-02-28 15:01:30 UTC")
    assert clock_words(bench.loop.world) == ("the clock was set back by 2 d at 2026-02-28 15:01:30 UTC",)
    await bench.restart()
    bench.tick()
    assert len(clock_words(bench.loop.world)) == 1
    later(bench, 25 * HOURS)
    assert clock_words(bench.loop.world) == ()


async def test_small_steps_that_add_up_are_taken_over(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    for _ in range(10):
        bench.clock.step(0.7)
        bench.tick()
    assert [row for row in bench.engine.events() if row.kind == "clock_set"] == []
    await bench.restart()
    bench.tick()
    assert [row for row in bench.engine.events() if row.kind == "clock_set"] == []


MINUTELY = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")


def dates(bench: Bench) -> list[datetime]:
    found = [row.logical_date for row in bench.engine.runs("d", limit=500)]
    return sorted(date for date in found if date)


async def test_set_back_no_point_runs_twice_and_why_says_what_is_waited_for(bench: Bench) -> None:
    bench.load(dag("d", task("a"), schedule=MINUTELY))
    for _ in range(5):
        later(bench, 60)
        bench.finish()
    before = dates(bench)
    assert len(before) == 6
    bench.clock.step(-HOURS)
    for _ in range(58):
        later(bench, 60)
        bench.finish()
    assert dates(bench) == before
    [words] = clock_words(bench.loop.world)
    assert "; 1 schedule is recorded up to 2026-03-02 12:05:00 UTC and waits until then" in words
    barrier = next(
        barrier for barrier in bench.loop.why("d", None, None, -1).barriers if barrier.kind == "schedule"
    )
    assert "have records up to 2026-03-02 12:05:00 UTC, because the clock was set back" in barrier.text
    for _ in range(5):
        later(bench, 60)
        bench.finish()
    assert len(dates(bench)) == 9
    assert len(set(dates(bench))) == 9


async def test_set_forward_the_points_between_are_missed_ones(bench: Bench) -> None:
    bench.load(
        dag("d", task("a"), schedule=MINUTELY, catchup="all"),
        dag("newest", task("a"), schedule=MINUTELY, catchup="latest"),
        dag("none", task("a"), schedule=MINUTELY, catchup="none"),
    )
    later(bench, 60)
    bench.finish()
    bench.clock.step(600)
    bench.tick()
    bench.finish()
    assert len(bench.engine.runs("d", limit=500)) == 12
    assert len(bench.engine.runs("newest", limit=500)) == 3
    assert len(bench.engine.runs("none", limit=500)) == 2


async def test_a_dag_first_seen_while_the_clock_was_ahead_does_not_wait_for_it(bench: Bench) -> None:
    bench.clock.step(5 * HOURS)
    bench.tick()
    bench.load(dag("d", task("a"), schedule=MINUTELY))
    bench.clock.step(-5 * HOURS)
    bench.tick()
    later(bench, 61)
    bench.finish()
    assert len(dates(bench)) == 1


async def test_after_a_reboot_the_wall_clock_counts_but_nothing_lies_in_the_future(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    bench.clock.reboot(START + timedelta(seconds=100))
    await bench.restart()
    bench.tick()
    later(bench, 499)
    assert bench.running() == []
    later(bench, 1.1)
    bench.end("a")
    run = bench.trigger("d", run_id="second")
    bench.end("a", BAD)
    bench.clock.reboot(START - timedelta(days=2000))  # its battery is empty
    await bench.restart()
    bench.tick()
    assert [row.kind for row in bench.engine.events() if row.kind == "clock_set"] == ["clock_set"]
    later(bench, 601)
    assert bench.running() == ["a"]
    later(bench, 5)
    bench.end("a")
    took = bench.run("d", run).run.took(bench.clock.time)
    assert took is not None
    assert 606 <= took <= 607
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_what_is_in_quarantine_is_tried_again_as_late_as_it_was_to(bench: Bench) -> None:
    bench.tick()
    due = to_us(bench.clock.time + timedelta(seconds=600))
    put(bench.loop.world, bench.loop.gate, about_dag("d"), "it failed", place="create", retry_us=due)
    bench.tick()
    bench.clock.step(-3 * HOURS)
    bench.tick()
    [record] = bench.loop.world.quarantine.values()
    assert record.retry_us == to_us(bench.clock.time + timedelta(seconds=600))
    [stored] = bench.engine.quarantine()
    assert stored.since <= bench.clock.time


@pytest.mark.parametrize("step", STEPS)
async def test_a_run_in_quarantine_waits_as_long_as_it_was_to(bench: Bench, step: float) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    bench.loop.isolation.leave_out(about_run("d", run), ValueError("bad"), [])
    bench.clock.step(step)
    later(bench, 100)
    bench.act(QuarantineRetry(subject=f"d/{run}"))
    later(bench, 499)
    assert bench.states("d", run)["a"] is S.UP_FOR_RETRY
    later(bench, 1.1)
    assert bench.running() == ["a"]


@pytest.mark.ticks_fail
async def test_a_run_that_cannot_be_moved_hurts_only_itself(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    for run_id in ("good", "bad"):
        bench.trigger("d", run_id=run_id)
        bench.end("a", BAD, run_id=run_id)
    move = clock._move_run

    def moved(tick: Tick, live: LiveRun, by_us: int) -> None:
        if live.record.run_id == "bad":
            raise ValueError("a moment that is none")
        move(tick, live, by_us)

    monkeypatch.setattr(clock, "_move_run", moved)
    bench.clock.step(3 * HOURS)
    bench.tick()
    for _ in range(3):
        later(bench, 2)
    assert [record.run_id for record in bench.loop.world.quarantine.values()] == ["bad"]
    later(bench, 580)
    assert bench.running() == []
    later(bench, 20)
    assert bench.live().keys() == {"good/a"}


@pytest.mark.parametrize("step", STEPS)
async def test_what_is_taken_back_over_a_step_waits_as_long_as_it_was_to(bench: Bench, step: float) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=600.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    bench.act(Freeze(dag_id="d"))
    undo_id = bench.act(Clear(dag_id="d", run_id=run)).undo_id
    bench.clock.step(step)
    later(bench, 100)
    bench.act(Undo(undo_id=undo_id))
    bench.act(Unfreeze(dag_id="d"))
    later(bench, 499)
    assert bench.states("d", run)["a"] is S.UP_FOR_RETRY
    later(bench, 1.1)
    assert bench.running() == ["a"]

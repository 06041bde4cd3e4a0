"""What is written down for callbacks and told to them, with scripted attempts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data.builders import dag, task
from drive.deliveries import delivery, events, finish, look, told
from drive.loop import BAD, OK, Bench
from penstock.clock import to_us
from penstock.execution.executor import Accepted, Lost
from penstock.model.acts import Cancel, Clear, Hold, Mark
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import SensorSpec
from penstock.model.states import RunState
from penstock.settings import Kept
from penstock.store.upkeep.expire import forget_slice, old_runs, unknown_attempts

ALL = ("execute", "success", "failure", "retry", "skipped")
SKIP = Outcome(kind=OutcomeKind.SKIPPED, reason="nothing to do")
LATE = Outcome(kind=OutcomeKind.TIMEOUT, reason="ran longer than 60 s")


async def test_a_task_tells_of_everything_it_goes_through(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=5.0, callbacks=ALL), task("b", "a", callbacks=ALL)))
    bench.trigger("d")
    bench.tick()
    bench.end("a", BAD)
    bench.clock.forward(6)
    bench.tick()
    bench.tick()
    bench.end("a", BAD)
    finish(bench)
    assert told(bench) == ["task_execute a", "task_retry a", "task_execute a", "task_failure a"]
    facts = delivery(bench, "task_failure").context
    assert facts["callback"]["reason"] == "exit 1"
    assert (facts["callback"]["state"], facts["try_number"]) == ("failed", 2)


async def test_skips_tell_only_when_the_task_skipped_itself(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=ALL), task("b", "a", callbacks=ALL)))
    bench.trigger("d")
    bench.tick()
    bench.end("a", SKIP)
    finish(bench)
    assert told(bench) == ["task_execute a", "task_skipped a"]


async def test_an_end_that_is_the_first_thing_seen_tells_of_the_beginning_too(bench: Bench) -> None:
    empty = task("e", launch="empty", operator="EmptyOperator", callbacks=("execute", "success"))
    bench.load(dag("d", task("a", callbacks=ALL), empty))
    bench.executor.claim_at_once = False
    bench.trigger("d")
    bench.end("a")
    bench.executor.claim_at_once = True
    finish(bench)
    assert sorted(told(bench)) == sorted(
        ["task_execute e", "task_success e", "task_execute a", "task_success a"]
    )


async def test_people_who_mark_and_cancel_need_not_be_told(bench: Bench) -> None:
    spec = dag("d", task("a", callbacks=("success", "failure")), task("b", callbacks=("failure",)))
    bench.load(spec)
    run = bench.trigger("d")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="failed"))
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED))
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("b", Outcome(kind=OutcomeKind.CANCELLED))
    assert bench.run_state("d", run) is RunState.CANCELLED
    assert told(bench) == []


async def test_a_run_tells_how_it_ended_and_which_task_failed_first(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b"), task("c", "a"), callbacks=("success", "failure")))
    bench.trigger("d")
    bench.end("b", BAD)
    bench.clock.forward(1)
    bench.end("a", BAD)
    finish(bench)
    assert told(bench) == ["run_failure"]
    context = delivery(bench, "run_failure").context
    assert context["task_id"] == "b"
    assert context["callback"]["run_state"] == "failed"
    assert "did not succeed" in context["callback"]["reason"]
    bench.trigger("d")
    bench.finish()
    finish(bench)
    assert told(bench) == ["run_failure", "run_success"]


async def test_outcomes_become_rows_and_events(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("success", "failure", "retry"))))
    for how, kind, reason in (
        (OK, "callback_done", None),
        (BAD, "callback_failed", "exit 1"),
        (LATE, "callback_failed", "out of time: ran longer than 60 s"),
    ):
        run = bench.trigger("d")
        bench.end("a")
        finish(bench, how)
        event = events(bench, kind)[-1]
        assert (event.run_id, event.task_id, event.before, event.reason) == (run, "a", "task_success", reason)
    rows = bench.engine.callbacks("d")
    assert [row.state for row in rows] == ["failed", "failed", "done"]
    assert all(row.kind == "task_success" and row.log_path for row in rows)


async def test_a_bell_is_an_event(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("success",))))
    bench.trigger("d")
    bench.end("a")
    finish(bench, Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, xcoms={"bell": ["look here"]}))
    (event,) = events(bench, "bell")
    assert (event.task_id, event.reason) == ("a", "look here")


@pytest.mark.parametrize(
    ("pushed", "rung"),
    [
        ("a text", []),
        (3, []),
        ({"a": 1}, []),
        (["ok", 5, None, "half \ud800"], ["ok", "half ?"]),
        (["x"] * 100, ["x"] * 20),
    ],
)
async def test_whatever_is_pushed_as_a_bell_harms_nothing(bench: Bench, pushed: Any, rung: list[str]) -> None:
    bench.load(dag("d", task("a", callbacks=("success",))))
    bench.trigger("d")
    bench.end("a")
    finish(bench, Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, xcoms={"bell": pushed}))
    assert [event.reason for event in events(bench, "bell")] == rung


async def test_a_delivery_that_is_lost_is_made_again_and_at_last_given_up(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("success",))))
    bench.trigger("d")
    bench.end("a")
    for count in (1, 2, 3):
        (attempt_id,) = bench.loop.world.delivering
        assert len(told(bench)) == count
        bench.executor.seen[attempt_id] = Lost("its supervisor vanished")
        look(bench)
    assert bench.loop.world.delivering == {}
    (event,) = events(bench, "callback_failed")
    assert "lost 3 times" in event.reason


async def test_a_launch_nobody_claimed_is_taken_back_and_costs_no_try(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("success",))))
    bench.trigger("d")
    bench.executor.claim_at_once = False
    bench.end("a")
    (first,) = bench.loop.world.delivering
    assert isinstance(bench.executor.seen[first], Accepted)
    bench.clock.forward(11)
    look(bench)
    (second,) = bench.loop.world.delivering
    assert second != first
    finish(bench)
    assert [row.state for row in bench.engine.callbacks("d")] == ["done"]


@pytest.mark.parametrize("crash", [KeyboardInterrupt, SystemExit])
async def test_an_engine_that_dies_between_event_and_call_still_calls(
    bench: Bench, crash: type[BaseException]
) -> None:
    bench.load(dag("d", task("a", callbacks=("failure",)), callbacks=("failure",)))
    bench.trigger("d")
    bench.executor.dies, bench.executor.crash = True, crash
    with pytest.raises(crash):
        bench.end("a", BAD)
    assert told(bench) == []
    bench.executor.dies = False
    await bench.restart()
    look(bench)
    finish(bench)
    assert sorted(told(bench)) == ["run_failure", "task_failure a"]
    assert {row.state for row in bench.engine.callbacks("d")} == {"done"}


async def test_a_delivery_that_outlived_the_engine_is_adopted(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("success",))))
    bench.trigger("d")
    bench.end("a")
    (attempt_id,) = bench.loop.world.delivering
    await bench.restart()
    assert list(bench.loop.world.delivering) == [attempt_id]
    finish(bench)
    assert told(bench) == ["task_success a"]


async def test_few_at_a_time_and_all_in_the_end(bench: Bench) -> None:
    bench.load(dag("d", *(task(f"t{n}", callbacks=("success",)) for n in range(10))))
    bench.trigger("d")
    bench.finish()
    assert len(bench.loop.world.delivering) == 4
    finish(bench)
    assert len(told(bench)) == 10
    assert len(set(told(bench))) == 10


async def test_a_poke_that_found_nothing_is_no_beginning(bench: Bench) -> None:
    sensor = SensorSpec(mode="reschedule", poke_interval=5.0)
    bench.load(dag("d", task("a", sensor=sensor, launch="python", callbacks=("execute", "success"))))
    bench.trigger("d")
    bench.tick()
    again = Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=bench.clock.time.timestamp() + 5)
    bench.end("a", again)
    bench.clock.forward(6)
    bench.tick()
    bench.tick()
    bench.end("a")
    finish(bench)
    assert told(bench) == ["task_execute a", "task_success a"]


async def test_facts_are_whole_json(bench: Bench) -> None:
    bench.load(dag("d", task("x", launch="python"), task("a", "x", callbacks=("success",))))
    bench.trigger("d", conf={"day": 3})
    bench.end("x")
    bench.end("a")
    spec = delivery(bench, "task_success")
    assert json.loads(json.dumps(spec.context))["conf"] == {"day": 3}
    assert spec.xcom_sources.keys() >= {"x"}
    assert spec.time_limit == bench.settings.callback_timeout
    assert spec.argv[3] == "penstock.task_process.callback"


async def test_clearing_a_run_tells_anew(bench: Bench) -> None:
    bench.load(dag("d", task("a"), callbacks=("success",)))
    run = bench.trigger("d")
    bench.end("a")
    finish(bench)
    bench.act(Clear(dag_id="d", run_id=run))
    bench.end("a")
    finish(bench)
    assert told(bench) == ["run_success", "run_success"]


async def test_a_held_task_changes_nothing_for_callbacks(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a", callbacks=("success",)), callbacks=("success",)))
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, task_id="b"))
    bench.end("a")
    assert told(bench) == []


async def test_a_run_is_forgotten_only_once_everything_was_told_and_takes_that_along(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("success",))))
    for _ in range(2):
        bench.trigger("d")
        bench.end("a")
        bench.clock.forward(1)
    later = to_us(bench.clock.time) + 10_000_000_000_000
    kept = Kept(days=1, bytes=0, runs=0)
    assert old_runs(bench.database, "d", kept, now_us=later) == []
    told_by = set(bench.loop.world.delivering)
    assert unknown_attempts(bench.database, [*told_by, "nobody's"]) == ["nobody's"]
    finish(bench)
    runs = old_runs(bench.database, "d", kept, now_us=later)
    assert len(runs) == 2
    gone = [each for run in runs for each in forget_slice(bench.database, run, tasks=10)[0]]
    assert told_by <= set(gone)
    assert len(gone) == 4
    assert bench.engine.callbacks("d") == []


async def test_what_a_runs_time_limit_killed_is_told_of_as_a_failure(bench: Bench) -> None:
    kinds = ("failure", "skipped", "success")
    spec = dag("d", task("a", callbacks=kinds), task("b", "a", callbacks=kinds), dagrun_timeout=60.0)
    bench.load(spec)
    run = bench.trigger("d")
    bench.clock.forward(61)
    look(bench)
    [(_, _, reason)] = bench.executor.stops
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED, reason=reason))
    assert bench.states("d", run) == {"a": "skipped", "b": "skipped"}
    assert told(bench) == ["task_failure a"]  # b never was at work
    facts = delivery(bench, "task_failure").context
    assert facts["task_id"] == "a"
    assert "dagrun_timeout of 60 s has passed" in json.dumps(facts)


async def test_one_that_succeeds_before_it_is_killed_tells_of_its_success(bench: Bench) -> None:
    bench.load(dag("d", task("a", callbacks=("failure", "success")), dagrun_timeout=60.0))
    bench.trigger("d")
    bench.clock.forward(61)
    look(bench)
    bench.end("a")
    assert told(bench) == ["task_success a"]

"""Deferred tasks: their state, the triggerer that runs their triggers, and how they go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from penstock.execution.executor import Claimed, Exited, Lost
from penstock.model.acts import Cancel, Clear, Freeze, Mark, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec, PoolSpec, SensorSpec, TaskSpec
from penstock.model.states import RunState
from penstock.model.states import TaskState as S
from penstock.store.upkeep.expire import unknown_attempts


def patient(task_id: str, *upstream: str, **fields: Any) -> TaskSpec:
    """Return a Python task, which may defer."""
    return task(task_id, *upstream, launch="python", **fields)


def later(bench: Bench, seconds: float | None = None) -> Outcome:
    """Return the outcome of an attempt that defers, for *seconds* at most."""
    by = None if seconds is None else bench.clock.time.timestamp() + seconds
    return Outcome(kind=OutcomeKind.DEFERRED, exit_code=0, trigger="FileTrigger(filepath=/x)", resume_by=by)


def triggerer(bench: Bench) -> str:
    """Return the triggerer's attempt."""
    found = bench.loop.world.triggers.triggerer
    assert found is not None
    return found


def deferred(bench: Bench, spec: DagSpec | None = None, *, limit: float | None = None) -> tuple[str, str]:
    """Let task ``wait`` of a run defer; return the run, and the attempt that deferred."""
    bench.load(spec or dag("d", patient("wait"), task("after", "wait")))
    run = bench.trigger("d")
    bench.tick()
    attempt = bench.live()[f"{run}/wait"]
    bench.end("wait", later(bench, limit))
    assert bench.states("d", run)["wait"] is S.DEFERRED
    return run, attempt


def fire(bench: Bench, attempt: str) -> None:
    """Let the trigger fire that *attempt* left."""
    bench.executor.has_fired.add(attempt)
    bench.tick()
    bench.tick()


async def test_a_deferred_task_goes_on_in_the_same_try(bench: Bench) -> None:
    run, attempt = deferred(bench)
    fire(bench, attempt)
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number, row.attempts) == (S.RUNNING, 1, 2)
    order = bench.executor.specs[bench.live()[f"{run}/wait"]]
    assert order.context["resumes"].endswith(attempt)
    bench.end("wait")
    bench.end("after")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_one_triggerer_runs_the_triggers_of_all(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b"), task("c")))
    run = bench.trigger("d")
    bench.tick()
    attempts = [bench.live()[f"{run}/{name}"] for name in ("a", "b")]
    bench.end("a", later(bench))
    first = triggerer(bench)
    assert bench.executor.specs[first].argv[3] == "penstock.task_process.triggerer"
    assert bench.executor.wanted == {first: attempts[:1]}
    bench.end("b", later(bench))
    assert triggerer(bench) == first
    assert bench.executor.wanted == {first: sorted(attempts)}
    fire(bench, attempts[0])
    assert bench.executor.wanted == {first: attempts[1:]}
    (worker,) = [each for each in bench.loop.workers() if each.executor == "triggers"]
    assert (worker.attempts, worker.state, worker.pid) == (1, "working", 4711)
    assert worker.note == f"its log: /scripted/{first}/log"


async def test_the_triggerer_is_started_when_needed_and_may_end_when_idle(bench: Bench) -> None:
    bench.load(dag("d", patient("wait")))
    assert bench.loop.world.triggers.triggerer is None
    run, attempt = deferred(bench)
    first = triggerer(bench)
    fire(bench, attempt)
    bench.executor.seen[first] = Exited(OK, 1.0, 2.0)
    bench.tick()
    assert bench.loop.world.triggers.triggerer is None
    assert bench.loop.warnings == ()
    bench.end("wait", later(bench))
    assert triggerer(bench) != first
    assert bench.states("d", run)["wait"] is S.DEFERRED


async def test_it_holds_no_slot(bench: Bench) -> None:
    spec = dag(
        "d", patient("wait", pool="one"), task("other", pool="one", priority_weight=0),
        pools=(PoolSpec(name="one", slots=1),),
    )  # fmt: skip
    bench.load(spec)
    run = bench.trigger("d")
    bench.tick()
    assert bench.running() == ["wait"]
    bench.end("wait", later(bench))
    assert bench.running() == ["other"]
    assert bench.states("d", run)["wait"] is S.DEFERRED


async def test_a_pool_may_count_deferred_tasks(bench: Bench) -> None:
    spec = dag(
        "d", patient("wait", pool="one"), task("other", pool="one", priority_weight=0),
        pools=(PoolSpec(name="one", slots=1, include_deferred=True),),
    )  # fmt: skip
    run, attempt = deferred(bench, spec)
    assert bench.running() == []
    fire(bench, attempt)
    assert bench.running() == ["wait"]
    assert bench.states("d", run)["other"] is S.SCHEDULED


async def test_a_new_engine_adopts_the_triggerer(bench: Bench) -> None:
    run, attempt = deferred(bench)
    first = triggerer(bench)
    bench.executor.wanted.clear()
    await bench.restart()
    assert triggerer(bench) == first
    assert bench.executor.wanted == {first: [attempt]}, "what it runs is said again"
    assert len([each for each in bench.executor.specs.values() if "triggerer" in each.argv[3]]) == 1
    fire(bench, attempt)
    assert bench.states("d", run)["wait"] is S.RUNNING


async def test_what_fired_while_no_engine_ran_counts(bench: Bench) -> None:
    run, attempt = deferred(bench)
    bench.executor.has_fired.add(attempt)
    await bench.restart()
    bench.tick()
    assert bench.states("d", run)["wait"] is S.RUNNING


@pytest.mark.parametrize("death", [Lost("its supervisor vanished"), Exited(BAD, 1.0, 2.0)])
async def test_a_triggerer_that_dies_is_started_again(bench: Bench, death: Lost | Exited) -> None:
    run, attempt = deferred(bench)
    first = triggerer(bench)
    bench.executor.seen[first] = death
    bench.tick()
    assert "the process that runs triggers died" in bench.loop.warnings[0]
    bench.clock.forward(1)
    bench.tick()
    second = triggerer(bench)
    assert second != first
    assert bench.executor.wanted[second] == [attempt]
    assert [event.reason for event in bench.engine.events(limit=99) if event.kind == "triggerer_died"]
    fire(bench, attempt)
    assert bench.states("d", run)["wait"] is S.RUNNING


async def test_the_warning_goes_once_one_runs_steadily(bench: Bench) -> None:
    deferred(bench)
    bench.executor.seen[triggerer(bench)] = Lost("gone")
    bench.tick()
    bench.clock.forward(1)
    bench.tick()
    assert bench.loop.warnings
    bench.clock.forward(121)
    bench.tick()
    assert bench.loop.warnings == ()


async def test_one_that_dies_again_and_again_is_started_less_and_less_often(bench: Bench) -> None:
    deferred(bench)
    started = []
    for _ in range(100):
        bench.executor.seen.update(
            {each: Lost("gone") for each in (bench.loop.world.triggers.triggerer,) if each is not None}
        )
        bench.tick()
        bench.clock.forward(1)
        bench.tick()
        started.append(bench.loop.world.triggers.triggerer is not None)
    assert sum(started[:10]) > sum(started[-40:]) / 2
    assert 1 <= sum(started[-61:]) <= 2


async def test_after_its_time_a_task_goes_on_without_an_event(bench: Bench) -> None:
    run, attempt = deferred(bench, limit=60)
    assert bench.run("d", run).tasks[0].next_at is not None
    bench.clock.forward(59)
    bench.tick()
    assert bench.states("d", run)["wait"] is S.DEFERRED
    bench.clock.forward(2)
    bench.tick()
    bench.tick()
    assert bench.states("d", run)["wait"] is S.RUNNING
    assert bench.executor.wanted[triggerer(bench)] == []
    assert bench.executor.specs[bench.live()[f"{run}/wait"]].context["resumes"].endswith(attempt)


async def test_the_execution_timeout_holds_for_the_whole_try(bench: Bench) -> None:
    run, attempt = deferred(bench, dag("d", patient("wait", execution_timeout=100.0)), limit=500)
    row = bench.run("d", run).tasks[0]
    assert row.next_at is not None
    assert (row.next_at - bench.clock.time).total_seconds() == pytest.approx(100, abs=1)
    bench.clock.forward(40)
    fire(bench, attempt)
    order = bench.executor.specs[bench.live()[f"{run}/wait"]]
    assert order.time_limit == pytest.approx(60, abs=1)


async def test_time_stands_still_while_the_dag_is_frozen(bench: Bench) -> None:
    run, _ = deferred(bench, limit=60)
    bench.act(Freeze(dag_id="d"))
    bench.clock.forward(100)
    bench.tick()
    assert bench.states("d", run)["wait"] is S.DEFERRED
    bench.act(Unfreeze(dag_id="d"))
    bench.clock.forward(30)
    bench.tick()
    assert bench.states("d", run)["wait"] is S.DEFERRED
    bench.clock.forward(31)
    bench.tick()
    bench.tick()
    assert bench.states("d", run)["wait"] is S.RUNNING


async def test_a_launch_that_is_taken_back_still_goes_on_from_there(bench: Bench) -> None:
    run, attempt = deferred(bench)
    bench.executor.has_fired.add(attempt)
    bench.tick()
    bench.end("wait", Outcome(kind=OutcomeKind.REVOKED))
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number) == (S.RUNNING, 1)
    assert bench.executor.specs[bench.live()[f"{run}/wait"]].context["resumes"].endswith(attempt)


async def test_a_retry_begins_from_the_start(bench: Bench) -> None:
    run, attempt = deferred(bench, dag("d", patient("wait", retries=1, retry_delay=1.0)))
    fire(bench, attempt)
    bench.end("wait", BAD)
    assert bench.states("d", run)["wait"] is S.UP_FOR_RETRY
    bench.clock.forward(3)
    bench.tick()
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number) == (S.RUNNING, 2)
    assert "resumes" not in bench.executor.specs[bench.live()[f"{run}/wait"]].context


async def test_it_may_defer_again(bench: Bench) -> None:
    run, attempt = deferred(bench)
    fire(bench, attempt)
    second = bench.live()[f"{run}/wait"]
    bench.end("wait", later(bench))
    assert bench.executor.wanted[triggerer(bench)] == [second]
    fire(bench, second)
    assert bench.executor.specs[bench.live()[f"{run}/wait"]].context["resumes"].endswith(second)


ACTS = [
    (lambda run: Cancel(dag_id="d", run_id=run), S.CANCELLED),
    (lambda run: Cancel(dag_id="d", run_id=run, task_id="wait"), S.CANCELLED),
    (lambda run: Mark(dag_id="d", run_id=run, tasks=("wait",), state="success"), S.SUCCESS),
    (lambda run: Mark(dag_id="d", run_id=run, tasks=("wait",), state="failed"), S.FAILED),
    (lambda run: Mark(dag_id="d", run_id=run, tasks=("wait",), state="skipped"), S.SKIPPED),
]


@pytest.mark.parametrize(("make", "state"), ACTS)
async def test_an_operator_ends_the_wait(bench: Bench, make: object, state: S) -> None:
    run, attempt = deferred(bench)
    bench.act(make(run))  # type: ignore[operator]
    bench.tick()
    assert bench.states("d", run)["wait"] is state
    assert bench.executor.wanted[triggerer(bench)] == []
    fire(bench, attempt)
    assert bench.states("d", run)["wait"] is state, "a late event changes nothing"


async def test_a_clear_begins_a_new_try(bench: Bench) -> None:
    run, _ = deferred(bench)
    bench.act(Clear(dag_id="d", run_id=run, tasks=("wait",)))
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number) == (S.RUNNING, 2)
    assert "resumes" not in bench.executor.specs[bench.live()[f"{run}/wait"]].context
    assert bench.executor.wanted[triggerer(bench)] == []


async def test_undo_waits_for_the_trigger_again(bench: Bench) -> None:
    run, attempt = deferred(bench)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("wait",), state="failed"))
    bench.act(Undo(dag_id="d"))
    assert bench.states("d", run)["wait"] is S.DEFERRED
    assert bench.executor.wanted[triggerer(bench)] == [attempt]
    fire(bench, attempt)
    assert bench.states("d", run)["wait"] is S.RUNNING


async def test_a_run_out_of_time_ends_the_wait(bench: Bench) -> None:
    run, _ = deferred(bench, dag("d", patient("wait"), dagrun_timeout=60.0))
    bench.clock.forward(61)
    bench.tick()
    assert bench.states("d", run)["wait"] is S.SKIPPED
    assert bench.run_state("d", run) is RunState.FAILED
    assert bench.executor.wanted[triggerer(bench)] == []


async def test_why_names_the_trigger(bench: Bench) -> None:
    run, _ = deferred(bench, limit=60)
    (first, *_) = bench.loop.why("d", run, "wait", -1).barriers
    assert first.kind == "trigger"
    assert "waits for trigger FileTrigger(filepath=/x)" in first.text
    assert first.until is not None
    (item,) = bench.loop.waits(9).waiting
    assert (item.state, item.kind) == ("deferred", "trigger")


async def test_an_execute_callback_is_told_once(bench: Bench) -> None:
    _, attempt = deferred(bench, dag("d", patient("wait", callbacks=("execute",))))
    fire(bench, attempt)
    bench.end("wait")
    told = [spec.context["callback"]["kind"] for spec in bench.executor.specs.values()
            if "callback" in spec.context]  # fmt: skip
    assert told == ["task_execute"]


async def test_a_sensor_keeps_its_first_look(bench: Bench) -> None:
    run, attempt = deferred(bench, dag("d", patient("wait", sensor=SensorSpec())))
    began = bench.run("d", run).tasks[0].begun
    bench.clock.forward(500)
    fire(bench, attempt)
    row = bench.run("d", run).tasks[0]
    assert row.begun == began
    assert bench.executor.specs[bench.live()[f"{run}/wait"]].context["first_poke_at"] is not None


async def test_the_triggerer_is_no_stray(bench: Bench) -> None:
    deferred(bench)
    assert unknown_attempts(bench.database, [triggerer(bench), "0" * 12 + "-00000000"]) == [
        "0" * 12 + "-00000000"
    ]


async def test_setting_the_clock_moves_its_limit(bench: Bench) -> None:
    run, _ = deferred(bench, limit=600)
    bench.clock.step(3600)
    bench.tick()
    assert bench.states("d", run)["wait"] is S.DEFERRED
    bench.clock.forward(601)
    bench.tick()
    bench.tick()
    assert bench.states("d", run)["wait"] is S.RUNNING


async def test_an_unclaimed_triggerer_is_taken_back(bench: Bench) -> None:
    bench.executor.claim_at_once = False
    bench.load(dag("d", patient("wait")))
    bench.trigger("d")
    bench.tick()
    for attempt in list(bench.loop.world.attempts):
        bench.executor.seen[attempt] = Claimed(1, bench.clock.time.timestamp())
    bench.tick()
    bench.end("wait", later(bench))
    first = triggerer(bench)
    bench.clock.forward(bench.settings.launch_deadline + 1)
    bench.tick()
    bench.tick()
    assert triggerer(bench) != first
    assert json.dumps(bench.loop.warnings) == "[]"


async def test_only_tasks_that_wait_are_asked_whether_their_trigger_has_fired(bench: Bench) -> None:
    run, attempt = deferred(bench, dag("d", patient("wait"), task("beside"), task("after", "wait")))
    beside = bench.live()[f"{run}/beside"]
    bench.executor.has_fired.add(beside)  # what it left looks like that: it never deferred
    bench.loop.hint([beside])
    bench.tick()
    assert bench.states("d", run)["beside"] is S.RUNNING
    fire(bench, attempt)
    assert bench.states("d", run) == {"wait": S.RUNNING, "beside": S.RUNNING, "after": S.PENDING}

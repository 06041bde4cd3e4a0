"""When ticks fail: over the disk, over one attempt, over one file. Everybody else goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from data.builders import dag, task
from drive.checks import assert_memory_is_the_store, stored_world
from drive.loop import OK, Bench
from penstock.clock import to_us
from penstock.errors import StoreError
from penstock.execution.executor import Exited
from penstock.model.acts import QuarantineRetry
from penstock.model.outcome import Outcome
from penstock.model.spec import TaskSpec
from penstock.model.states import RunState, TaskState
from penstock.scheduling.steps import advance as ready_module
from penstock.scheduling.steps import settle as settle_module
from penstock.scheduling.world import readiness
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.gate import Gate
from penstock.store.engine.records import DagRecord, SampleRecord, TaskRecord

pytestmark = pytest.mark.ticks_fail

S = TaskState


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    yield bench
    assert_memory_is_the_store(bench, stored_world(bench))


async def test_a_result_that_says_it_failed_to_commit_but_did_is_not_told_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    attempt = bench.live()[f"{run}/a"]
    commit = Gate.commit

    def lying(gate: Gate) -> None:
        commit(gate)
        raise StoreError("a late error of the disk")

    moment = bench.clock.time.timestamp()
    with monkeypatch.context() as patch:
        patch.setattr(Gate, "commit", lying)
        bench.executor.seen[attempt] = Exited(OK, moment, moment)
        bench.tick()
    assert bench.states("d", run)["a"] is S.SUCCESS
    assert bench.states("d", run)["b"] is S.QUEUED, "recorded, never asked for"
    bench.clock.forward(6)
    bench.tick()
    bench.tick()
    bench.end("b")
    assert bench.run_state("d", run) is RunState.SUCCESS
    last = bench.engine.events(limit=1)[0]
    assert bench.loop.gate.cursor == last.seq


async def test_an_attempt_that_ticks_fail_over_holds_nobody_else_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("bad", task("poison")), dag("good", task("a"), task("b", "a")))
    bad, good = bench.trigger("bad"), bench.trigger("good")
    bench.tick()
    ending = settle_module.ending

    def broken(spec: TaskSpec, record: TaskRecord, outcome: Outcome) -> Any:
        if spec.task_id == "poison":
            raise ZeroDivisionError
        return ending(spec, record, outcome)

    moment = bench.clock.time.timestamp()
    with monkeypatch.context() as patch:
        patch.setattr(settle_module, "ending", broken)
        for attempt in bench.live().values():
            bench.executor.seen[attempt] = Exited(OK, moment, moment)
        for _ in range(5):
            bench.tick()
            bench.clock.forward(6)
        assert bench.states("good", good) == {"a": S.SUCCESS, "b": S.RUNNING}
        assert bench.states("bad", bad)["poison"] is S.RUNNING
        assert [f"run bad/{bad}: ZeroDivisionError" in text for text in bench.loop.warnings] == [True]
        bench.end("b")
        assert bench.run_state("good", good) is RunState.SUCCESS
    bench.act(QuarantineRetry(subject=f"bad/{bad}"))
    bench.tick()
    assert bench.run_state("bad", bad) is RunState.SUCCESS
    assert bench.loop.warnings == ()


async def test_a_run_that_ticks_fail_over_holds_nobody_else_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("bad", task("a"), task("poison", "a")), dag("good", task("a"), task("b", "a")))
    bad, worse, good = bench.trigger("bad"), bench.trigger("bad"), bench.trigger("good")
    bench.tick()
    judge = readiness.judge

    def broken(live: LiveRun, record: TaskRecord) -> Any:
        if record.task_id == "poison":
            raise ZeroDivisionError
        return judge(live, record)

    with monkeypatch.context() as patch:
        patch.setattr(ready_module, "judge", broken)
        moment = bench.clock.time.timestamp()
        for attempt in list(bench.loop.world.attempts):
            bench.executor.seen[attempt] = Exited(OK, moment, moment)
        for _ in range(10):
            bench.tick()
            bench.clock.forward(6)
        assert bench.states("good", good) == {"a": S.SUCCESS, "b": S.RUNNING}
        assert set(bench.loop.world.quarantine) == {f"bad/{bad}", f"bad/{worse}"}
        bench.end("b")
        assert bench.run_state("good", good) is RunState.SUCCESS
    for run in (bad, worse):
        bench.act(QuarantineRetry(subject=f"bad/{run}"))
    bench.tick()
    bench.tick()
    assert bench.loop.warnings == ()
    for run in (bad, worse):
        assert bench.states("bad", run)["a"] is S.SUCCESS
        assert bench.states("bad", run)["poison"] in (S.QUEUED, S.RUNNING)


async def test_a_file_that_ticks_fail_over_holds_nobody_else_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_dag = World.put_dag

    def broken(world: World, facts: DagRecord) -> None:
        if facts.dag_id == "bad":
            raise ZeroDivisionError
        put_dag(world, facts)

    monkeypatch.setattr(World, "put_dag", broken)
    bench.load(dag("bad", task("a")), dag("good", task("a")))
    bench.tick()
    bench.clock.forward(6)
    assert list(bench.loop.world.dags) == ["good"]
    run = bench.trigger("good")
    bench.end("a")
    assert bench.run_state("good", run) is RunState.SUCCESS


async def test_a_full_disk_leaves_nobody_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    moment = bench.clock.time.timestamp()
    with monkeypatch.context() as patch:

        def full(gate: Gate) -> None:
            raise StoreError("database or disk is full")

        patch.setattr(Gate, "commit", full)
        for attempt in bench.live().values():
            bench.executor.seen[attempt] = Exited(OK, moment, moment)
        for _ in range(5):
            bench.tick()
    assert bench.loop.warnings == ()
    bench.tick()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_peak_that_was_sampled_outlives_the_engine(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    (attempt_id,) = bench.loop.world.attempts
    for second, rss in enumerate((5 << 20, 9 << 20, 7 << 20)):
        at_us = to_us(bench.clock.time) + second
        bench.loop.add_samples([SampleRecord(attempt_id, at_us, 1.0, rss, 0, 0, 1)])
    bench.tick()
    await bench.restart()
    bench.end("a")
    (ended,) = bench.run("d", run).tasks
    assert (ended.state, ended.peak_rss) == (TaskState.SUCCESS, 9 << 20)

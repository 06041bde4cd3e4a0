"""Setup and teardown while a run works: order, endings, acts. On the real loop, with scripted attempts."""

from __future__ import annotations

import pytest

from data.builders import dag, task
from data.setups import make, undo, usual
from drive.loop import BAD, OK, Bench
from penstock.model.acts import Cancel, Clear, Retry
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, TaskState

S = TaskState
SKIP = Outcome(kind=OutcomeKind.SKIPPED)
KILLED = Outcome(kind=OutcomeKind.CANCELLED)


@pytest.mark.parametrize(
    ("ends", "states", "run_state"),
    [
        ({}, "ssss", "success"),
        ({"w": BAD}, "sfus", "failed"),
        ({"w2": BAD}, "ssfs", "failed"),
        ({"s": BAD}, "fuuu", "failed"),
        ({"s": SKIP}, "kkkk", "success"),
        ({"t": BAD}, "sssf", "success"),
        ({"w": SKIP}, "skks", "success"),
    ],
)
async def test_endings(bench: Bench, ends: dict[str, Outcome], states: str, run_state: str) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.finish(lambda name: ends.get(name, OK))
    letters = {S.SUCCESS: "s", S.FAILED: "f", S.UPSTREAM_FAILED: "u", S.SKIPPED: "k"}
    found = bench.states("d", run)
    assert "".join(letters[found[name]] for name in ("s", "w", "w2", "t")) == states
    assert bench.run_state("d", run).value == run_state


async def test_a_teardown_that_counts_fails_the_run(bench: Bench) -> None:
    bench.load(dag("d", make("s"), task("w", "s"), undo("t", "s", "w", fail=True)))
    run = bench.trigger("d")
    bench.finish(lambda name: BAD if name == "t" else OK)
    assert bench.run_state("d", run) is RunState.FAILED


async def test_one_of_two_setups_fails_and_the_other_is_torn_down(bench: Bench) -> None:
    bench.load(dag("d", make("s1"), make("s2"), task("w", "s1", "s2"), undo("t", "s1", "s2", "w")))
    run = bench.trigger("d")
    bench.end("s2", BAD)
    assert bench.states("d", run)["w"] is S.UPSTREAM_FAILED
    assert bench.running() == ["s1"]
    bench.end("s1")
    assert bench.running() == ["t"]
    bench.end("t")
    assert bench.run_state("d", run) is RunState.FAILED


async def test_a_tolerant_task_further_on_does_not_go_without_its_setup(bench: Bench) -> None:
    tolerant = task("w2", "w", trigger_rule="all_done")
    bench.load(dag("d", make("s"), task("w", "s"), tolerant, undo("t", "s", "w2")))
    run = bench.trigger("d")
    bench.end("s", BAD)
    assert bench.states("d", run) == {
        "s": S.FAILED,
        "w": S.UPSTREAM_FAILED,
        "w2": S.UPSTREAM_FAILED,
        "t": S.UPSTREAM_FAILED,
    }
    reasons = {row.task_id: row.reason for row in bench.run("d", run).tasks}
    assert reasons["w2"] == "its setup did not succeed: s is failed"


async def test_it_waits_for_a_setup_that_is_no_parent_and_why_says_so(bench: Bench) -> None:
    late = dag(
        "d", make("s"), task("a"), task("b", "a", "s", trigger_rule="one_success"), undo("t", "s", "b")
    )
    bench.load(late)
    run = bench.trigger("d")
    bench.end("a")
    assert bench.states("d", run)["b"] is S.PENDING
    why = bench.loop.why("d", run, "b", -1)
    assert why.barriers[0].holders == ("s",)
    assert "s is running" in why.barriers[0].text
    bench.end("s")
    assert bench.running() == ["b"]


async def test_cancel_still_tears_down_what_was_set_up(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("s")
    plan = bench.loop.plan(Cancel(dag_id="d", run_id=run))
    assert [item.task_id for item in plan.items] == ["w", "w2"]
    assert plan.notes == ("1 teardown still to run; cancel once more to leave them out",)
    bench.act(Cancel(dag_id="d", run_id=run))
    assert bench.states("d", run) == {"s": S.SUCCESS, "w": S.STOPPING, "w2": S.CANCELLED, "t": S.PENDING}
    bench.end("w", KILLED)
    assert bench.running() == ["t"]
    assert bench.run_state("d", run) is RunState.RUNNING
    bench.end("t")
    assert bench.run_state("d", run) is RunState.CANCELLED
    assert bench.states("d", run)["t"] is S.SUCCESS


async def test_cancelling_once_more_does_without_the_teardown(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("s")
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("w", KILLED)
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("t", KILLED)
    assert bench.run_state("d", run) is RunState.CANCELLED
    assert bench.states("d", run)["t"] is S.CANCELLED


async def test_cancel_before_anything_was_set_up_leaves_nothing_to_do(bench: Bench) -> None:
    bench.load(usual(), dag("e", make("s"), task("w", "s"), undo("t", "s", "w"), max_active_runs=1))
    run = bench.trigger("d")
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("s", KILLED)
    assert bench.states("d", run) == {
        "s": S.CANCELLED, "w": S.CANCELLED, "w2": S.CANCELLED, "t": S.UPSTREAM_FAILED
    }  # fmt: skip
    assert bench.run_state("d", run) is RunState.CANCELLED
    first = bench.trigger("e")
    queued = bench.trigger("e", run_id="queued")
    assert bench.run_state("e", queued) is RunState.QUEUED
    bench.act(Cancel(dag_id="e", run_id=queued))
    assert bench.run_state("e", queued) is RunState.CANCELLED
    assert set(bench.states("e", queued).values()) == {S.CANCELLED}
    assert bench.run_state("e", first) is RunState.RUNNING


async def test_fail_fast_kills_the_work_and_tears_down(bench: Bench) -> None:
    spec = dag(
        "d", make("s"), task("w", "s"), task("beside", "s"), task("later", "w"),
        undo("t", "s", "w", "beside"), fail_fast=True,
    )  # fmt: skip
    bench.load(spec)
    run = bench.trigger("d")
    bench.end("s")
    bench.end("w", BAD)
    assert bench.states("d", run) == {
        "s": S.SUCCESS, "w": S.FAILED, "beside": S.STOPPING, "later": S.SKIPPED, "t": S.PENDING
    }  # fmt: skip
    bench.end("beside", KILLED)
    assert bench.running() == ["t"]
    bench.end("t")
    assert bench.states("d", run)["beside"] is S.FAILED
    assert bench.run_state("d", run) is RunState.FAILED


async def test_a_run_out_of_time_is_torn_down(bench: Bench) -> None:
    bench.load(usual(dagrun_timeout=60.0))
    run = bench.trigger("d")
    bench.end("s")
    bench.clock.forward(61)
    bench.tick()
    bench.end("w", KILLED)
    assert bench.running() == ["t"]
    bench.end("t")
    assert bench.states("d", run) == {"s": S.SUCCESS, "w": S.SKIPPED, "w2": S.SKIPPED, "t": S.SUCCESS}
    assert bench.run_state("d", run) is RunState.FAILED


async def test_a_teardown_of_an_ending_run_may_try_again(bench: Bench) -> None:
    bench.load(dag("d", make("s"), task("w", "s"), undo("t", "s", "w", retries=1, retry_delay=10.0)))
    run = bench.trigger("d")
    bench.end("s")
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("w", KILLED)
    bench.end("t", BAD)
    assert bench.states("d", run)["t"] is S.UP_FOR_RETRY
    bench.clock.forward(11)
    bench.tick()
    bench.end("t")
    assert bench.run_state("d", run) is RunState.CANCELLED


async def test_clear_takes_setup_and_teardown_along(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.finish()

    def touched(*tasks: str, **flags: bool) -> list[str]:
        plan = bench.loop.plan(Clear(dag_id="d", run_id=run, tasks=tasks, **flags))
        return [str(item.task_id) for item in plan.items]

    assert touched("w2") == ["s", "w2", "t"]
    assert touched("w") == ["s", "w", "t"]
    assert touched("s") == ["s", "t"]
    assert touched("t") == ["t"]
    assert touched("w", downstream=True) == ["s", "w", "w2", "t"]
    bench.act(Clear(dag_id="d", run_id=run, tasks=("w2",)))
    assert bench.running() == ["s"]
    bench.end("s")
    assert bench.running() == ["w2"]
    bench.end("w2")
    assert bench.running() == ["t"]


async def test_retry_sets_up_anew(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.finish(lambda name: BAD if name == "w2" else OK)
    plan = bench.loop.plan(Retry(dag_id="d", run_id=run))
    assert [item.task_id for item in plan.items] == ["s", "w2", "t"]
    only = bench.loop.plan(Clear(dag_id="d", run_id=run, only_failed=True))
    assert [item.task_id for item in only.items] == ["s", "w2", "t"]
    bench.act(Retry(dag_id="d", run_id=run))
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_it_is_the_same_after_a_restart_of_the_engine(bench: Bench) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.end("s")
    bench.act(Cancel(dag_id="d", run_id=run))
    await bench.restart()
    bench.end("w", KILLED)
    assert bench.running() == ["t"]
    bench.end("t")
    assert bench.run_state("d", run) is RunState.CANCELLED

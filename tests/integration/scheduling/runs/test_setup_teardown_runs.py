"""Setup and teardown while a run works: order, endings, acts. On the real loop, with scripted attempts."""

from __future__ import annotations

import pytest

from data.builders import dag, task
from data.mapped_dags import grouped, in_group, listed, mapped
from drive.loop import BAD, OK, Bench
from penstock.model.acts import Cancel, Clear, Freeze, Mark, Retry, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec, TaskSpec
from penstock.model.states import RunState, TaskState

S = TaskState
SKIP = Outcome(kind=OutcomeKind.SKIPPED)
KILLED = Outcome(kind=OutcomeKind.CANCELLED)


def make(task_id: str, *upstream: str) -> TaskSpec:
    return task(task_id, *upstream, is_setup=True)


def undo(task_id: str, *upstream: str, fail: bool = False, **fields: object) -> TaskSpec:
    return task(
        task_id,
        *upstream,
        is_teardown=True,
        on_failure_fail_dagrun=fail,
        trigger_rule="all_done_setup_success",
        **fields,
    )


def usual(**fields: object) -> DagSpec:
    """Set up, work in two steps, tear down."""
    return dag("d", make("s"), task("w", "s"), task("w2", "w"), undo("t", "s", "w2"), **fields)


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


# -- a teardown and its work are never at it together ---------------------------------------------


def chain() -> DagSpec:
    """The teardown's only parent but its setup is the last of three."""
    return dag("d", make("s"), task("long", "s"), task("short", "long"), undo("t", "s", "short"))


async def test_a_cleared_task_that_is_no_parent_is_waited_for_and_why_says_so(bench: Bench) -> None:
    bench.load(chain())
    run = bench.trigger("d")
    bench.finish()
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))
    bench.end("s")
    assert bench.running() == ["long"]
    bench.tick()
    barrier = bench.loop.why("d", run, "t", -1).barriers[0]
    assert barrier.text == "a teardown never runs together with its work: long is running"
    assert barrier.holders == ("long",)
    bench.end("long", BAD)
    assert bench.running() == ["t"]
    bench.end("t")
    # and again by `retry`, which takes what failed
    bench.act(Retry(dag_id="d", run_id=run))
    bench.end("s")
    assert bench.running() == ["long"]
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_one_that_waits_for_its_next_try_is_waited_for(bench: Bench) -> None:
    spec = dag(
        "d", make("s"), task("long", "s", retries=1, retry_delay=60.0), task("short", "long"),
        undo("t", "s", "short"),
    )  # fmt: skip
    bench.load(spec)
    run = bench.trigger("d")
    bench.finish()
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))
    bench.end("s")
    bench.end("long", BAD)
    assert bench.running() == []
    bench.clock.forward(61)
    bench.tick()
    assert bench.running() == ["long"]
    bench.end("long")
    assert bench.running() == ["t"]


async def test_work_cleared_while_it_runs_or_its_teardown_does(bench: Bench) -> None:
    bench.load(chain())
    run = bench.trigger("d")
    for each in ("s", "long"):
        bench.end(each)
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))  # short runs and goes on
    bench.end("s")
    assert bench.running() == ["long", "short"]
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))
    assert bench.states("d", run)["long"] is S.RESTARTING
    bench.end("short")
    assert bench.states("d", run)["t"] is S.PENDING
    bench.end("s")
    bench.end("long", KILLED)
    assert bench.running() == ["long"]
    bench.end("long")
    assert bench.running() == ["t"]
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))  # while it is torn down
    assert bench.states("d", run)["t"] is S.RESTARTING
    assert bench.running() == ["t"]
    assert "t is restarting" in bench.loop.why("d", run, "s", -1).barriers[0].text
    bench.end("t", KILLED)
    assert bench.running() == ["s"]
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_nested_setups_and_several_setups_of_one_teardown(bench: Bench) -> None:
    nested = dag(
        "n", make("s1"), make("s2", "s1"), task("w", "s2"), task("w2", "w"), undo("t2", "s2", "w2"),
        task("x", "t2"), undo("t1", "s1", "x"),
    )  # fmt: skip
    two = dag(
        "m", make("s1"), make("s2"), task("w1", "s1"), task("v1", "w1"), task("w2", "s2"),
        undo("t", "s1", "s2", "v1", "w2"),
    )  # fmt: skip
    bench.load(nested, two)
    run = bench.trigger("n")
    bench.finish()
    bench.act(Clear(dag_id="n", run_id=run, tasks=("w",)))
    for one in ("s1", "s2", "w", "t2", "t1"):
        assert bench.running() == [one]
        bench.end(one)
    run = bench.trigger("m")
    bench.finish()
    bench.act(Clear(dag_id="m", run_id=run, tasks=("w1",)))
    for one in ("s1", "w1", "t"):
        assert bench.running() == [one]
        bench.end(one)
    assert bench.run_state("m", run) is RunState.SUCCESS


async def test_two_teardowns_of_one_setup_do_not_wait_for_each_others_work(bench: Bench) -> None:
    bench.load(
        dag("d", make("s"), task("w1", "s"), undo("t1", "s", "w1"), task("w2", "t1"), undo("t2", "s", "w2"))
    )
    run = bench.trigger("d")
    for one in ("s", "w1", "t1", "w2", "t2"):
        assert bench.running() == [one]
        bench.end(one)
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_teardown_without_setups_waits_for_what_was_cleared_with_it(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a"), undo("t", "b")))
    run = bench.trigger("d")
    bench.finish()
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a", "t")))
    assert bench.running() == ["a"]
    bench.end("a")
    assert bench.running() == ["t"]


async def test_work_that_an_early_rule_leaves_behind_is_waited_for(bench: Bench) -> None:
    """The teardown's parent does not wait for the long task, so the teardown has to."""
    early = task("early", "long", "quick", trigger_rule="one_success")
    bench.load(dag("d", make("s"), task("long", "s"), task("quick", "s"), early, undo("t", "s", "early")))
    bench.trigger("d")
    for one in ("s", "quick", "early"):
        bench.end(one)
    assert bench.running() == ["long"]
    bench.end("long")
    assert bench.running() == ["t"]


async def test_a_mark_that_frees_what_was_torn_down_sets_it_up_again(
    bench: Bench,
) -> None:
    bench.load(usual())
    run = bench.trigger("d")
    bench.finish(lambda name: BAD if name == "w" else OK)
    before = bench.states("d", run)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("w",), state="success"))
    assert bench.states("d", run) == {"s": S.QUEUED, "w": S.SUCCESS, "w2": S.PENDING, "t": S.PENDING}
    for one in ("s", "w2", "t"):
        assert bench.running() == [one]
        bench.end(one)
    assert bench.run_state("d", run) is RunState.SUCCESS
    assert before["t"] is S.SUCCESS


async def test_in_a_mapped_group_each_teardown_waits_for_its_own_work(bench: Bench) -> None:
    tasks = (make("s"), task("long", "s"), task("short", "long"), undo("t", "s", "short"))
    bench.load(grouped(listed(2), *(in_group(each) for each in tasks)))
    run = bench.trigger("d")
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long[1]",)))
    bench.end("s[1]")
    assert bench.running() == ["long[1]"]
    bench.end("long[1]")
    assert bench.running() == ["t[1]"]
    bench.end("t[1]")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))
    bench.end("s[0]")
    bench.end("s[1]")
    bench.end("long[0]")
    assert bench.running() == ["long[1]", "t[0]"]
    bench.end("long[1]")
    assert bench.running() == ["t[0]", "t[1]"]


async def test_one_instance_of_mapped_work_between_is_waited_for(bench: Bench) -> None:
    spec = dag(
        "d", make("s"), mapped(task("w", "s"), listed(3)), task("after", "w"), undo("t", "s", "after")
    )  # fmt: skip
    bench.load(spec)
    run = bench.trigger("d")
    bench.finish()
    bench.act(Clear(dag_id="d", run_id=run, tasks=("w[1]",)))
    bench.end("s")
    assert bench.running() == ["w[1]"]
    bench.end("w[1]")
    assert bench.running() == ["t"]


async def test_undo_of_a_clear_leaves_everything_as_it_was(bench: Bench) -> None:
    bench.load(chain())
    run = bench.trigger("d")
    bench.finish()
    before = bench.run("d", run)
    bench.act(Freeze(dag_id="d"))
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("long",)))
    assert bench.states("d", run) == {"s": S.PENDING, "long": S.PENDING, "short": S.SUCCESS, "t": S.PENDING}
    bench.act(Undo(undo_id=done.undo_id))
    after = bench.run("d", run)
    assert [(row.task_id, row.state) for row in after.tasks] == [
        (row.task_id, row.state) for row in before.tasks
    ]
    assert after.run.state is RunState.SUCCESS
    bench.act(Unfreeze(dag_id="d"))
    assert bench.running() == []

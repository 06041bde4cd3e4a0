"""A teardown and its work are never at it together, whatever was cleared, marked or undone meanwhile."""

from __future__ import annotations

from data.builders import dag, task
from data.mapped_dags import grouped, in_group, listed, mapped
from data.setups import make, undo, usual
from drive.loop import BAD, OK, Bench
from penstock.model.acts import Clear, Freeze, Mark, Retry, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec
from penstock.model.states import RunState, TaskState

S = TaskState
SKIP = Outcome(kind=OutcomeKind.SKIPPED)
KILLED = Outcome(kind=OutcomeKind.CANCELLED)


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

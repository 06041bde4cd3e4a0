"""What a supervisor says of a task that runs reaches its reason and `why`, and leaves with it."""

from __future__ import annotations

import pytest

from data.builders import dag, task
from drive.loop import Bench
from penstock.execution.executor import Claimed
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import TaskState
from penstock.scheduling.why.why import explain

LATE = "out of time: ran longer than 5 s"
STUCK = "process 12 (sudo, user root) cannot be killed: belongs to another user"


def warnings(bench: Bench) -> tuple[str, ...]:
    """Return what the engine warns of now."""
    return bench.loop.warnings


def started(bench: Bench) -> tuple[str, str]:
    """Return the run and the attempt of a task that runs."""
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.tick()
    (attempt,) = bench.loop.world.attempts
    return run, attempt


def say(bench: Bench, attempt: str, note: str, kill_at: float | None = None) -> None:
    bench.executor.seen[attempt] = Claimed(4711, 0.0, note, kill_at)
    bench.loop.hint([attempt])
    bench.tick()


def why(bench: Bench, run: str) -> str:
    answer = explain(bench.loop.world, "d", run, "a", -1, parallelism=8)
    return answer.barriers[0].text


async def test_a_task_out_of_time_counts_down_and_one_that_lives_on_says_so(bench: Bench) -> None:
    run, attempt = started(bench)
    kill_at = bench.clock.time.timestamp() + 30
    say(bench, attempt, LATE, kill_at)
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.reason) == (TaskState.RUNNING, LATE)
    assert row.stop_deadline is not None
    assert row.stop_deadline.timestamp() == kill_at
    assert why(bench, run).endswith(f"({LATE}); it is killed at the latest")
    assert warnings(bench) == ()
    say(bench, attempt, f"{LATE}; {STUCK}")
    assert bench.run("d", run).tasks[0].reason == f"{LATE}; {STUCK}"
    assert why(bench, run).endswith(f"({LATE}; {STUCK})")  # and nothing of a kill that is to come
    assert warnings(bench) == (f"d {run} a: {LATE}; {STUCK}",)
    bench.end("a", Outcome(kind=OutcomeKind.TIMEOUT, signal=9, killed_after=30.0))
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.reason) == (TaskState.FAILED, "out of time, killed after 30 s")
    assert row.stop_deadline is None
    assert warnings(bench) == ()


async def test_a_success_keeps_nothing_of_it(bench: Bench) -> None:
    run, attempt = started(bench)
    say(bench, attempt, LATE, bench.clock.time.timestamp() + 30)
    bench.end("a")
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.reason, row.stop_deadline) == (TaskState.SUCCESS, None, None)


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_stopping_task_keeps_its_reason_beside_it(bench: Bench, forgotten: bool) -> None:
    run, attempt = started(bench)
    bench.act(acts.Cancel(dag_id="d", run_id=run, task_id="a"))
    before = bench.run("d", run).tasks[0].reason
    assert before
    say(bench, attempt, STUCK)
    if forgotten:  # as after a restart of the engine
        bench.loop.world.remarks.clear()
        bench.loop.hint([attempt])
        bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.reason) == (TaskState.STOPPING, f"{before}; {STUCK}")
    assert STUCK in why(bench, run)
    assert warnings(bench) == (f"d {run} a: {STUCK}",)
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED, signal=9))
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.reason) == (TaskState.CANCELLED, before)

"""The row of an attempt: what it says while the attempt lives, and that its end is written once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.builders import dag, task
from data.mapped_dags import mapped, over, states
from drive.loop import BAD, OK, Bench
from penstock.execution.executor import Accepted, Claimed, Exited, Lost
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, TaskState


async def test_a_live_attempt_says_since_when_and_in_which_process(bench: Bench) -> None:
    bench.executor.claim_at_once = False
    bench.load(dag("d", task("a", retries=1, retry_delay=0.0)))
    run = bench.trigger("d")
    attempt = bench.live()[f"{run}/a"]
    bench.tick()
    [row] = bench.engine.attempts("d", run, "a")
    assert (row.attempt_id, row.queued, row.start, row.end, row.pid) == (
        attempt, bench.clock.time, None, None, None
    )  # fmt: skip
    bench.clock.forward(3)
    begun = bench.clock.time - timedelta(seconds=1)
    bench.executor.seen[attempt] = Claimed(815, begun.timestamp())
    bench.tick()
    [row] = bench.engine.attempts("d", run, "a")
    assert (row.start, row.end, row.pid, row.outcome) == (begun, None, 815, None)
    await bench.restart()
    [row] = bench.engine.attempts("d", run, "a")
    assert (row.start, row.pid) == (begun, 815)
    bench.executor.claim_at_once = True
    bench.end("a", BAD)
    bench.tick()
    rows = bench.engine.attempts("d", run, "a")
    assert [(each.pid, each.end is None) for each in sorted(rows, key=lambda row: row.attempt_id)] == [
        (815, False),
        (4711, True),
    ]


@pytest.mark.parametrize(
    "late", [Exited(BAD, 1.0, 2.0), Lost("its supervisor vanished"), Claimed(1, 1.0), Accepted()]
)
async def test_a_report_over_an_attempt_that_has_ended_changes_nothing(bench: Bench, late: object) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    attempt = bench.live()[f"{run}/a"]
    bench.end("a", OK)
    before = bench.engine.attempts("d", run, "a"), bench.run("d", run).tasks[0]
    bench.clock.forward(60)
    bench.executor.seen[attempt] = late  # type: ignore[assignment]
    bench.loop.hint([attempt])
    bench.tick()
    bench.loop._turn([attempt])
    assert (bench.engine.attempts("d", run, "a"), bench.run("d", run).tasks[0]) == before
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_an_end_that_is_written_is_not_written_over(bench: Bench) -> None:
    """The gate alone, as if a later report had got through to it."""
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    attempt = bench.live()[f"{run}/a"]
    bench.end("a", OK)
    [before] = bench.engine.attempts("d", run, "a")
    gate = bench.loop.gate
    gate.end_attempt(attempt, start_us=1, end_us=2, outcome='{"kind": "lost"}', log_bytes=9)
    gate.commit()
    assert bench.engine.attempts("d", run, "a") == [before]


async def test_a_killed_attempt_that_reports_late_does_not_end_the_next(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    first = bench.live()[f"{run}/a"]
    bench.act(acts.Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED))
    second = bench.live()[f"{run}/a"]
    bench.executor.seen[first] = Exited(OK, 1.0, 2.0)
    bench.loop._turn([first, second])
    assert bench.states("d", run)["a"] is TaskState.RUNNING
    bench.end("a", BAD)
    assert bench.run_state("d", run) is RunState.FAILED
    ends = {row.attempt_id: row.outcome for row in bench.engine.attempts("d", run, "a")}
    kinds = [None if end is None else (end.kind, end.exit_code) for end in (ends[first], ends[second])]
    assert kinds == [(OutcomeKind.CANCELLED, None), (OutcomeKind.EXIT_CODE, 1)]


@pytest.mark.parametrize(
    ("sampled", "own", "wanted"), [(None, 50, 50), (80, 50, 80), (80, 90, 90), (80, None, 80)]
)
async def test_the_peak_is_the_larger_of_what_was_sampled_and_what_the_kernel_says(
    bench: Bench, sampled: int | None, own: int | None, wanted: int
) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.loop.world.run("d", run).tasks["a"].peak_rss = sampled
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, peak_rss=own))
    [row], [attempt] = bench.run("d", run).tasks, bench.engine.attempts("d", run, "a")
    assert row.peak_rss == wanted
    assert attempt.outcome is not None
    assert attempt.outcome.peak_rss == wanted


async def test_a_peak_of_another_attempt_is_not_the_next_ones(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=1, retry_delay=0.0)))
    run = bench.trigger("d")
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, peak_rss=900))
    bench.tick()
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, peak_rss=100))
    peaks = [row.outcome and row.outcome.peak_rss for row in bench.engine.attempts("d", run, "a")]
    assert sorted(peak or 0 for peak in peaks) == [100, 900]
    assert bench.run("d", run).tasks[0].peak_rss == 100


async def test_instances_of_a_command_count_when_they_left_something(bench: Bench) -> None:
    """A command does not measure what it returns: each instance that left a line is one item."""
    left = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, xcoms={"return_value": "x"})
    twice = mapped(task("g", "f"), over("f"))
    bench.load(dag("d", task("gen"), mapped(task("f", "gen"), over("gen")), twice))
    run = bench.trigger("d")
    bench.end("gen", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, mapped_length=3))
    bench.end("f[0]", left)
    bench.end("f[1]", OK)
    bench.end("f[2]", left)
    assert [key for key in states(bench, run) if key.startswith("g[")] == ["g[0]", "g[1]"]
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS

"""A run that is cleared keeps its first start, and what it worked is counted over all its turns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data.builders import dag, task
from drive.loop import BAD, Bench
from fakes.clock import START
from penstock.model.acts import Cancel, Clear, Hold, Mark, Release, Retry, RunNext, Undo
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState

KILLED = Outcome(kind=OutcomeKind.CANCELLED)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(dag("d", task("a"), task("b", "a"), max_active_runs=1))
    return bench


def row(bench: Bench, run: str) -> tuple[datetime | None, float | None]:
    """Return the start of a run and what it took."""
    found = bench.run("d", run).run
    return found.start, found.took(bench.clock.now())


def gos(bench: Bench, run: str) -> list[tuple[float, float | None, RunState | None]]:
    """Return each turn of a run: seconds from START to its start, what it took so far, and how it ended."""
    detail = bench.run("d", run)
    now = bench.clock.now()
    return [
        ((turn.start - START).total_seconds(), detail.turn_took(turn, now), turn.state)
        for turn in detail.turns
    ]


async def failed_after(bench: Bench, seconds: float) -> str:
    run = bench.trigger("d")
    bench.clock.forward(seconds)
    bench.end("a", BAD)
    assert bench.run_state("d", run) is RunState.FAILED
    return run


async def test_a_retry_keeps_the_first_start_and_adds_what_it_works(bench: Bench) -> None:
    run = await failed_after(bench, 100)
    assert row(bench, run) == (START, 100.0)
    bench.clock.forward(3600)
    assert row(bench, run) == (START, 100.0)
    bench.act(Retry(dag_id="d", run_id=run))
    bench.clock.forward(20)
    assert row(bench, run) == (START, 120.0)  # the hour between is nobody's work
    bench.end("a")
    bench.clock.forward(5)
    bench.end("b")
    bench.clock.forward(1000)
    assert row(bench, run) == (START, 125.0)
    assert bench.run("d", run).run.end == START + timedelta(seconds=3725)


async def test_it_counts_nothing_while_it_waits_in_the_queue_again(bench: Bench) -> None:
    run = await failed_after(bench, 10)
    bench.trigger("d", run_id="other")
    bench.act(Clear(dag_id="d", run_id=run))
    assert bench.run_state("d", run) is RunState.QUEUED
    bench.clock.forward(500)
    assert row(bench, run) == (START, 10.0)
    bench.finish()
    assert row(bench, run) == (START, 10.0)


async def test_a_restart_of_the_engine_forgets_no_turn(bench: Bench) -> None:
    run = await failed_after(bench, 10)
    bench.act(Retry(dag_id="d", run_id=run))
    bench.clock.forward(7)
    await bench.restart()
    assert row(bench, run) == (START, 17.0)


async def test_mark_and_undo(bench: Bench) -> None:
    run = await failed_after(bench, 10)
    bench.clock.forward(50)
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("b",)))
    assert row(bench, run) == (START, 10.0)
    bench.clock.forward(2)
    bench.act(Undo(undo_id=done.undo_id))
    assert row(bench, run) == (START, 10.0)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    bench.clock.forward(4)
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS
    assert row(bench, run) == (START, 14.0)
    bench.clock.forward(50)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("b",), state="failed"))
    assert bench.run_state("d", run) is RunState.FAILED
    assert row(bench, run) == (START, 14.0)


async def test_a_clear_takes_back_a_cancel_and_the_time_goes_on(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.clock.forward(10)
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.clock.forward(5)
    bench.act(Clear(dag_id="d", run_id=run))
    bench.clock.forward(5)
    bench.end("a", KILLED)
    assert row(bench, run) == (START, 20.0)
    bench.finish()
    assert row(bench, run) == (START, 20.0)


async def test_the_time_limit_is_that_of_the_present_turn(bench: Bench) -> None:
    bench.load(dag("limited", task("a"), dagrun_timeout=60.0))
    run = bench.trigger("limited")
    bench.clock.forward(50)
    bench.end("a", BAD)
    bench.act(Retry(dag_id="limited", run_id=run))
    bench.clock.forward(50)
    bench.tick()
    assert bench.run_state("limited", run) is RunState.RUNNING
    bench.clock.forward(11)
    bench.tick()
    bench.end("a", KILLED)
    assert bench.run_state("limited", run) is RunState.FAILED
    assert bench.run("limited", run).run.took(bench.clock.now()) == 111.0


async def test_a_run_that_never_started_took_nothing(bench: Bench) -> None:
    bench.trigger("d")
    waiting = bench.trigger("d", run_id="waiting")
    assert row(bench, waiting) == (None, None)
    bench.clock.forward(30)
    bench.act(Cancel(dag_id="d", run_id=waiting))
    assert row(bench, waiting)[1] == 0.0


async def test_what_a_run_stood_still_in_a_former_turn_does_not_lengthen_the_next(bench: Bench) -> None:
    """The time limit stands still while a run is held, and starts anew with a clear."""
    bench.load(dag("limited", task("a"), dagrun_timeout=60.0))
    run = bench.trigger("limited")
    bench.act(Hold(dag_id="limited", run_id=run))
    bench.clock.forward(1000)
    bench.act(Release(dag_id="limited", run_id=run))
    bench.end("a", BAD)
    bench.act(Clear(dag_id="limited", run_id=run))
    bench.tick()
    bench.clock.forward(59)
    bench.tick()
    assert bench.executor.stops == []
    bench.clock.forward(2)
    bench.tick()
    assert len(bench.executor.stops) == 1
    bench.end("a", KILLED)
    assert bench.run_state("limited", run) is RunState.FAILED


async def test_nor_that_of_a_turn_that_was_about_to_end(bench: Bench) -> None:
    bench.load(dag("limited", task("a"), dagrun_timeout=60.0))
    run = bench.trigger("limited")
    bench.act(Hold(dag_id="limited", run_id=run))
    bench.clock.forward(1000)
    bench.act(Release(dag_id="limited", run_id=run))
    bench.act(Cancel(dag_id="limited", run_id=run))
    bench.act(Clear(dag_id="limited", run_id=run))
    bench.end("a", KILLED)
    assert bench.running() == ["a"]
    stopped = len(bench.executor.stops)
    bench.clock.forward(61)
    bench.tick()
    assert len(bench.executor.stops) == stopped + 1
    bench.end("a", KILLED)
    assert bench.run_state("limited", run) is RunState.FAILED


async def test_a_rush_ends_with_the_turn_it_was_for(bench: Bench) -> None:
    """Who wanted a run next wanted that turn of it: cleared, it waits like the others."""
    bench.trigger("d", run_id="going")
    run = bench.trigger("d", run_id="rushed")
    bench.act(RunNext(dag_id="d", run_id=run))
    bench.act(Cancel(dag_id="d", run_id=run))
    assert bench.run_state("d", run) is RunState.CANCELLED
    bench.act(Clear(dag_id="d", run_id=run))
    assert (bench.run_state("d", run), bench.run("d", run).run.rush) == (RunState.QUEUED, None)


async def test_each_turn_is_kept_with_its_start_its_length_and_its_end(bench: Bench) -> None:
    run = await failed_after(bench, 100)
    assert gos(bench, run) == [(0, 100, RunState.FAILED)]
    bench.clock.forward(3600)
    bench.act(Retry(dag_id="d", run_id=run))
    bench.clock.forward(20)
    assert gos(bench, run) == [(0, 100, RunState.FAILED), (3700, 20, None)]
    bench.end("a", BAD)
    await bench.restart()
    bench.clock.forward(10)
    bench.act(Retry(dag_id="d", run_id=run))
    bench.clock.forward(3)
    bench.finish()
    assert gos(bench, run) == [
        (0, 100, RunState.FAILED),
        (3700, 20, RunState.FAILED),
        (3730, 3, RunState.SUCCESS),
    ]


async def test_a_turn_begins_when_a_cleared_run_gets_its_place(bench: Bench) -> None:
    run = await failed_after(bench, 10)
    bench.trigger("d", run_id="other")
    bench.act(Clear(dag_id="d", run_id=run))
    bench.clock.forward(500)
    assert gos(bench, run) == [(0, 10, RunState.FAILED)]
    bench.finish()
    assert gos(bench, run) == [(0, 10, RunState.FAILED), (510, 0, RunState.SUCCESS)]
    waiting = bench.trigger("d", run_id="waiting")
    assert gos(bench, waiting) == [(510, 0, None)]


async def test_a_turn_that_was_undone_is_none(bench: Bench) -> None:
    run = await failed_after(bench, 10)
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("b",)))
    bench.clock.forward(2)
    bench.act(Undo(undo_id=done.undo_id))
    assert gos(bench, run) == [(0, 10, RunState.FAILED)]


async def test_a_run_that_never_started_has_no_turn(bench: Bench) -> None:
    bench.trigger("d")
    waiting = bench.trigger("d", run_id="waiting")
    assert gos(bench, waiting) == []

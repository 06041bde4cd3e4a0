"""An older copy of the database is put back while attempts run that it does not know."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.attempts import marked
from drive.loop import BAD, Bench
from drive.waiting import eventually
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import Claimed, Exited, Lost, Unreachable
from penstock.execution.local.executor import LocalExecutor
from penstock.ids import new_attempt_id
from penstock.model.states import RunState, TaskState
from penstock.scheduling.world.orders import Stray, TakeIn
from penstock.service.strays import strays
from penstock.store.database import Database

S = TaskState


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(dag("d", task("a", retries=1, retry_delay=60.0), task("b", "a"), max_active_runs=1))
    return bench


def settle_strays(bench: Bench, run: str, task_id: str = "a", **facts: object) -> str:
    """Have an attempt found that runs for a task instance, and tick."""
    attempt = new_attempt_id()
    bench.executor.seen[attempt] = Claimed(4711, bench.clock.time.timestamp())
    stray = Stray(attempt, "d", run, task_id, **facts)  # type: ignore[arg-type]
    bench.loop.order(TakeIn((stray,)))
    bench.tick()
    return attempt


def kinds(bench: Bench) -> list[str]:
    return [event.kind for event in bench.engine.events(limit=50)]


async def test_what_waits_is_given_the_attempt_that_runs_for_it(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.end("a", BAD)
    assert bench.states("d", run)["a"] is S.UP_FOR_RETRY
    attempt = settle_strays(bench, run, try_number=2)
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number, row.attempt_id) == (S.RUNNING, 2, attempt)
    bench.clock.forward(120)
    bench.tick()
    assert list(bench.loop.world.attempts) == [attempt], "no retry was launched beside it"
    bench.end("a")
    assert bench.running() == ["b"]
    bench.end("b")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_later_try_than_the_database_allows_counts_as_the_last_one(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.end("a", BAD)
    settle_strays(bench, run, try_number=5)
    row = bench.run("d", run).tasks[0]
    assert (row.try_number, row.max_tries) == (5, 5)
    bench.end("a", BAD)
    assert bench.states("d", run)["a"] is S.FAILED


async def test_an_attempt_that_the_database_takes_for_live_is_looked_at_first(bench: Bench) -> None:
    run = bench.trigger("d")
    (older,) = bench.loop.world.attempts
    bench.executor.seen[older] = Exited(BAD, 1.0, 2.0)
    attempt = settle_strays(bench, run, try_number=2)
    bench.tick()
    assert list(bench.loop.world.attempts) == [attempt]
    assert [row.outcome is not None for row in bench.engine.attempts("d", run, "a")] == [True, False]


@pytest.mark.parametrize("late", [Lost("it was killed"), Unreachable(1.0)])
async def test_what_runs_for_nothing_is_ended_and_told(bench: Bench, late: Lost | Unreachable) -> None:
    run = bench.trigger("d")
    bench.finish()
    attempt = new_attempt_id()
    bench.executor.strays[attempt] = late
    bench.loop.order(TakeIn((Stray(attempt, "d", run, "a"), Stray(new_attempt_id(), "d", "gone", "a"))))
    bench.tick()
    assert [stop[1] for stop in bench.executor.stops] == ["kill", "kill"]
    assert kinds(bench).count("attempt_killed") == 2
    assert bench.run_state("d", run) is RunState.SUCCESS
    said = next(event.reason or "" for event in bench.engine.events() if event.run_id == run)
    assert ("cannot be killed" in said) == isinstance(late, Unreachable)


async def test_a_callbacks_attempt_is_ended(bench: Bench) -> None:
    bench.loop.order(TakeIn((Stray(new_attempt_id()),)))
    bench.tick()
    assert kinds(bench).count("attempt_killed") == 1


async def test_a_restored_database_is_followed_by_what_ran_meanwhile(tmp_path: Path) -> None:
    """With the real executor: a copy, a launch after it, the copy put back, and a new engine."""
    first = await Bench(tmp_path).open()
    first.load(dag("d", task("a")))
    run = first.trigger("d")
    with closing(sqlite3.connect(first.settings.database)) as source:
        source.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    executor = LocalExecutor(first.settings)
    await executor.start(lambda _: None)
    try:
        facts = {"DAG_ID": "d", "RUN_ID": run, "TASK_ID": "a", "MAP_INDEX": "-1", "TRY_NUMBER": "1"}
        env = {"PATH": "/usr/bin:/bin", **{f"PENSTOCK_CTX_{name}": text for name, text in facts.items()}}
        spec = AttemptSpec(new_attempt_id(), ("sleep", "300"), env=env)
        executor.submit([spec])
        await eventually(lambda: marked(spec.attempt_id), "it runs")
        first.close()
        shutil.copy(tmp_path / "copy.db", tmp_path / "other.db")
        database = Database.open(tmp_path / "other.db")
        for known in (True, False):
            assert strays(database, executor, known=known) == [Stray(spec.attempt_id, "d", run, "a", -1, 1)]
        executor.stop(spec.attempt_id, "kill", "enough")
        await eventually(lambda: not marked(spec.attempt_id), "it ends")
        await eventually(lambda: not strays(database, executor, known=True), "what ended is no stray")
        database.close()
    finally:
        await executor.close()

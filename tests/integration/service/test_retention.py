"""What is forgotten and what is not: by age, by size, per DAG, in slices, and after a crash half way."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import dag, task
from drive.checks import assert_events_replay
from drive.forgetting import count, forget, run_some, runs
from drive.loop import Bench
from penstock.attempts.files import attempt_path
from penstock.clock import to_us
from penstock.execution.configured import archive_of
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.service import retention
from penstock.store import tables
from penstock.store.upkeep import expire

DAY = 86_400
OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    kept: dict[str, Any] = {"long": {"days": 100}, "small": {"bytes": 2500}}
    made = await Bench(tmp_path, retention_days=7, keep_runs=1, retention=kept).open()
    yield made
    made.close()


async def test_each_dag_has_its_own_age(bench: Bench) -> None:
    bench.load(dag("d", task("a")), dag("long", task("a")))
    short, long = run_some(bench, "d", 3), run_some(bench, "long", 3)
    bench.clock.forward(6 * DAY)
    await forget(bench)
    assert (runs(bench, "d"), runs(bench, "long")) == (short, long)
    bench.clock.forward(2 * DAY)
    await forget(bench)
    assert (runs(bench, "d"), runs(bench, "long")) == (short[2:], long)
    bench.clock.forward(100 * DAY)
    await forget(bench)
    assert runs(bench, "long") == long[2:]
    assert_events_replay(bench.database)


async def test_logs_beyond_a_size_go_with_the_oldest_runs_however_young(bench: Bench) -> None:
    bench.load(dag("small", task("a")))
    made = run_some(bench, "small", 4)
    await forget(bench)
    assert runs(bench, "small") == made[2:]
    run_some(bench, "small", 1, log_bytes=9000)
    await forget(bench)
    assert len(runs(bench, "small")) == 1, "the newest stays, however large"


async def test_what_is_unfinished_is_never_touched(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    made = run_some(bench, "d", 2)
    held = bench.trigger("d")
    bench.act(acts.Hold(dag_id="d", run_id=held))
    bench.clock.forward(30 * DAY)
    bench.trigger("d")
    await forget(bench)
    assert held in runs(bench, "d")
    assert made[0] not in runs(bench, "d")


async def test_a_run_that_is_set_going_again_meanwhile_is_left_alone(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    made = run_some(bench, "d", 2)
    bench.clock.forward(30 * DAY)
    kept = bench.settings.kept_of("d")
    [found] = expire.old_runs(bench.database, "d", kept, now_us=to_us(bench.clock.time))
    assert found.run_id == made[0]
    bench.act(acts.Clear(dag_id="d", run_id=made[0]))
    assert expire.forget_slice(bench.database, found, tasks=10) == ([], True)
    bench.finish()
    assert runs(bench, "d") == made


async def test_a_large_run_goes_in_slices_and_the_engine_ticks_between(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_TASKS", 2)
    bench.load(dag("d", *(task(f"t{number}") for number in range(5))))
    run_some(bench, "d", 2)
    bench.clock.forward(30 * DAY)
    left: list[int] = []
    breathe = retention._breathe

    async def look() -> None:
        left.append(count(bench.database, tables.TaskInstanceRow))
        bench.tick()
        await breathe()

    monkeypatch.setattr(retention, "_breathe", look)
    await forget(bench)
    assert left[:3] == [8, 6, 5]
    assert len(runs(bench, "d")) == 1


async def test_what_a_crash_leaves_half_done_is_finished_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    bench.load(dag("d", *(task(f"t{number}") for number in range(5))))
    run_some(bench, "d", 2)
    bench.clock.forward(30 * DAY)

    def die(_: str) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_TASKS", 2)
        patch.setattr(bench.executor, "forget", die)
        with pytest.raises(Crash):
            await forget(bench)
    assert count(bench.database, tables.TaskInstanceRow) == 8
    await bench.restart()
    assert_events_replay(bench.database)
    await forget(bench)
    assert len(runs(bench, "d")) == 1
    assert count(bench.database, tables.TaskInstanceRow) == 5


async def test_folders_that_no_row_knows_are_swept_unless_somebody_works_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("d", task("a")))
    bench.trigger("d")
    [known] = bench.live().values()
    gone = ["018f00000000-0000000a", "018f00000000-0000000b", "018f00000000-0000000c"]
    callback = "018f00000000-0000000d"
    builders.insert(
        bench.database, tables.CallbackRow, run_pk=1, kind="run_success", facts="{}", created_us=1,
        attempt_id=callback,
    )  # fmt: skip
    for attempt_id in (known, callback, *gone):
        attempt_path(bench.settings.attempts, attempt_id).mkdir(parents=True)
    old = bench.clock.time.timestamp() - 2 * DAY
    for attempt_id in (known, callback, *gone[:2]):
        os.utime(attempt_path(bench.settings.attempts, attempt_id), (old, old))
    bench.executor.seen[gone[1]] = bench.executor.seen[known]  # a supervisor holds it
    forgotten: list[str] = []
    monkeypatch.setattr(bench.executor, "forget", forgotten.append)
    monkeypatch.setattr(bench.executor, "kept", archive_of(bench.settings).kept)
    await forget(bench)
    assert forgotten == [gone[0]], "one is known, one is worked in, one is young"


async def test_a_second_pass_finds_nothing_to_do(bench: Bench) -> None:
    """What one pass keeps the next keeps too: rows of every table are the same, down to the last field."""
    bench.load(dag("d", task("a"), task("b", "a")))
    run_some(bench, "d", 3)
    bench.clock.forward(30 * DAY)
    run_some(bench, "d", 2)
    await forget(bench)

    def everything() -> dict[str, list[Any]]:
        with bench.database.read() as connection:
            return {
                name: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {name}")).all()))
                for name in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                ).scalars()
            }

    kept = everything()
    assert kept["run"]
    assert kept["attempt"]
    for _ in range(2):
        await forget(bench)
        assert everything() == kept
    bench.clock.forward(60)
    bench.trigger("d")
    bench.finish()
    assert_events_replay(bench.database)


async def test_nothing_is_forgotten_where_everything_is_kept(tmp_path: Path) -> None:
    bench = await Bench(
        tmp_path, retention_days=0, retention_bytes=0, keep_runs=0, event_days=0, point_days=0
    ).open()
    bench.load(dag("d", task("a")))
    made = run_some(bench, "d", 3)
    bench.clock.forward(5000 * DAY)
    await forget(bench)
    assert runs(bench, "d") == made
    assert len(bench.engine.events(dag_id="d", limit=500)) > 10
    bench.close()


def test_forgetting_runs_beside_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The questions that read much are asked from another thread."""
    asked: list[bool] = []
    original = expire.old_runs

    def watched(*about: Any, **named: Any) -> Any:
        try:
            asyncio.get_running_loop()
            asked.append(True)
        except RuntimeError:
            asked.append(False)
        return original(*about, **named)

    async def work() -> None:
        bench = await Bench(tmp_path).open()
        bench.load(dag("d", task("a")))
        run_some(bench, "d", 1)
        bench.clock.forward(40 * DAY)
        await forget(bench)
        bench.close()

    monkeypatch.setattr(expire, "old_runs", watched)
    asyncio.run(work())
    assert asked == [False]


async def test_only_dags_with_runs_of_that_age_are_looked_through(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(dag("d", task("a")), dag("long", task("a")), dag("young", task("a")))
    run_some(bench, "d", 2)
    run_some(bench, "long", 2)
    bench.clock.forward(30 * DAY)
    run_some(bench, "young", 2, log_bytes=10)
    looked: list[str] = []
    original = expire.old_runs

    def watched(database: Any, dag_id: str, *about: Any, **named: Any) -> Any:
        looked.append(dag_id)
        return original(database, dag_id, *about, **named)

    monkeypatch.setattr(expire, "old_runs", watched)
    await forget(bench)
    assert looked == ["d"]
    assert (len(runs(bench, "d")), len(runs(bench, "long")), len(runs(bench, "young"))) == (1, 2, 2)


def test_all_folders_are_looked_at_now_and_then_and_after_a_clock_that_was_set() -> None:
    sweeps = retention.Sweeps()
    assert sweeps.begin(1_000_000.0) is None
    assert sweeps.begin(1_003_600.0) == 1_000_000.0 - 60
    assert sweeps.begin(1_007_200.0) == 1_003_600.0 - 60
    assert sweeps.begin(1_022_000.0) is None
    assert sweeps.begin(500_000.0) is None, "the clock was set back"


async def test_nothing_is_forgotten_on_the_day_after_the_clock_leapt_forward(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    before = run_some(bench, "d", 3)
    bench.clock.step(400 * DAY)
    bench.tick()
    await forget(bench)
    assert runs(bench, "d") == before
    bench.clock.forward(2 * DAY)  # nobody has put it right
    bench.tick()
    await forget(bench)
    assert runs(bench, "d") == before[-1:]


async def test_a_clock_that_was_wrong_for_an_hour_has_cost_nothing(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    before = run_some(bench, "d", 3)
    bench.clock.step(400 * DAY)
    bench.tick()
    bench.clock.step(-400 * DAY)
    bench.tick()
    await forget(bench)
    assert runs(bench, "d") == before


async def test_what_the_next_pass_deletes_is_told_before_and_what_it_did_after(bench: Bench) -> None:
    bench.load(dag("d", task("a")), dag("long", task("a")))
    run_some(bench, "d", 3)
    run_some(bench, "long", 3)
    bench.clock.forward(7 * DAY - 1200)
    at_us = to_us(bench.clock.now())
    assert retention.due_runs(bench.database, bench.settings, at_us) == {}
    await retention._tell_next(bench.database, bench.settings, bench.clock, 3600.0)
    told = retention.retention_facts(bench.database)
    assert (told.due, told.last, told.next) == ({"d": 2}, None, bench.clock.now() + timedelta(hours=1))
    bench.clock.forward(3600)
    removed, problem = await retention.forget_once(
        bench.loop, bench.database, bench.executor, bench.settings, bench.clock
    )
    assert (removed, problem) == (2, None)
    done = retention.Pass(bench.clock.now(), 0.5, removed, problem)
    await retention._tell_next(bench.database, bench.settings, bench.clock, 3600.0, done)
    told = retention.retention_facts(bench.database)
    assert (told.due, told.removed, told.took, told.last) == ({}, 2, 0.5, bench.clock.now())
    assert bench.engine.system().retention.removed == 2


async def test_the_last_pass_stays_known_to_the_next_engine(bench: Bench) -> None:
    done = retention.Pass(bench.clock.now(), 0.5, 4, "the disk is full")
    await retention._tell_next(bench.database, bench.settings, bench.clock, 3600.0, done)
    bench.clock.forward(DAY)
    await retention._tell_next(bench.database, bench.settings, bench.clock, 60.0)
    told = retention.retention_facts(bench.database)
    assert (told.removed, told.problem) == (4, "the disk is full")
    assert told.next == bench.clock.now() + timedelta(seconds=60)

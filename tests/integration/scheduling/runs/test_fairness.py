"""Many ready tasks of one DAG: nobody else waits for them, and a tick does not look through them all."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.life import spare_the_disk
from drive.loop import Bench
from fakes.clock import START
from penstock.model import acts
from penstock.model.spec import PoolSpec, ScheduleSpec
from penstock.model.states import RunState
from penstock.scheduling.world import readiness
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet

MINUTELY = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")
READY = 10_000


async def test_ten_thousand_ready_tasks_do_not_delay_anothers_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, parallelism=8)
    spare_the_disk(bench.database)
    await bench.open()
    bench.clock.time = START.replace(second=0)
    big = dag("big", *(task(f"t{number}") for number in range(READY)), max_active_tasks=READY)
    minute = dag(
        "minute", task("a"), task("b", "a"), schedule=MINUTELY, start_date=START + timedelta(seconds=1)
    )
    bench.load(big, minute)
    bench.trigger("big")
    assert len(bench.running()) == 8
    judged = 0
    judge = readiness.judge

    def counted(*about: object) -> object:
        nonlocal judged
        judged += 1
        return judge(*about)  # type: ignore[arg-type]

    monkeypatch.setattr("penstock.scheduling.steps.dispatch.judge", counted)
    for minutes in range(1, 11):
        bench.clock.time = START.replace(second=0) + timedelta(minutes=minutes)
        judged = 0
        bench.tick()
        [run] = bench.engine.runs("minute", limit=1)
        assert run.run_after == bench.clock.time
        assert run.state is RunState.RUNNING, "created and started in the tick in which it is due"
        for name in ("a", "b"):
            bench.end(next(each for each in bench.running() if each.startswith("t")))  # one slot comes free
            assert name in bench.running(), "it is the minute's, whoever else waits"
            bench.end(name, run_id=run.run_id)
        assert bench.run_state("minute", run.run_id) is RunState.SUCCESS
        assert judged < 100, "work of a tick grows with what can launch, not with what waits"
    assert [row.status for row in bench.engine.ledger("minute")] == ["ran"] * 10
    bench.close()


async def test_the_highest_weight_of_all_runs_of_a_dag_goes_first(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    bench.load(dag("d", task("first"), task("heavy", "first", priority_weight=9), task("light", "first")))
    older = bench.trigger("d", logical_date=START)
    bench.end("first")
    bench.clock.forward(60)
    newer = bench.trigger("d", logical_date=START + timedelta(minutes=1))
    order = []
    while live := bench.live():
        [place] = live
        order.append(place)
        bench.end(place.rpartition("/")[2])
    assert order == [
        f"{older}/heavy",
        f"{newer}/first",  # its weight is that of all that follows it
        f"{newer}/heavy",
        f"{older}/light",
        f"{newer}/light",
    ]
    bench.close()


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        ("downstream", ["root", "mid", "last", "leaf"]),
        ("upstream", ["last", "root", "mid", "leaf"]),
        ("absolute", ["last", "root", "mid", "leaf"]),
    ],
)
async def test_weight_rules_decide_who_gets_the_slot(tmp_path: Path, rule: str, order: list[str]) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    chain = (
        task("root", weight_rule=rule),
        task("mid", "root", weight_rule=rule),
        task("leaf", "mid", weight_rule=rule),
    )
    bench.load(dag("d", *chain, task("last", priority_weight=2, weight_rule=rule)))
    bench.trigger("d")
    seen = []
    while bench.running():
        seen += bench.running()
        bench.end(seen[-1])
    assert seen == order
    bench.close()


async def test_the_first_run_needs_no_past_and_the_next_waits_for_its_children(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("a", wait_for_downstream=True), task("b", "a"), task("c", "b")))
    first = bench.trigger("d", logical_date=START)
    second = bench.trigger("d", logical_date=START + timedelta(days=1))
    assert list(bench.live()) == [f"{first}/a"], "the first run is exempt"
    bench.end("a", run_id=first)
    assert list(bench.live()) == [f"{first}/b"], "the task itself is not enough"
    bench.end("b", run_id=first)
    assert sorted(bench.live()) == sorted([f"{first}/c", f"{second}/a"]), (
        "direct children are, theirs are not"
    )
    bench.close()


async def test_backfill_runs_have_a_limit_of_their_own(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    spec = dag(
        "d", task("a"), max_active_runs=1, start_date=START - timedelta(days=30),
        schedule=ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily"),
    )  # fmt: skip
    bench.load(spec, paused=True)
    bench.trigger("d")
    assert len(bench.running()) == 1
    first, last = START - timedelta(days=9), START - timedelta(days=1)
    bench.act(acts.CreateBackfill(dag_id="d", from_date=first, to_date=last, max_active_runs=3))
    assert len(bench.running()) == 4
    bench.trigger("d")
    assert len(bench.running()) == 4, "the DAG's own limit still counts for its own runs"
    bench.close()


async def test_a_task_that_needs_many_slots_waits_while_smaller_ones_go(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.act(acts.SetPool(name="p", slots=3))
    wide = task("wide", pool="p", pool_slots=3)
    bench.load(
        dag("d", task("s1", pool="p", priority_weight=9), wide, task("s2", pool="p"), task("s3", pool="p"))
    )
    bench.trigger("d")
    assert bench.running() == ["s1", "s2", "s3"]
    [pool] = [row for row in bench.engine.pools() if row.name == "p"]
    assert (pool.used, pool.waiting) == (3, 1)
    for name in ("s1", "s2"):
        bench.end(name)
        assert "wide" not in bench.running()
    bench.end("s3")
    assert bench.running() == ["wide"]
    bench.act(acts.SetPool(name="p", slots=1))
    bench.end("wide")
    bench.close()


async def test_a_pool_keeps_what_is_not_said_when_it_is_resized(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.act(acts.SetPool(name="p", slots=3, description="one writer", include_deferred=True))
    bench.act(acts.SetPool(name="p", slots=1))
    await bench.restart()
    [pool] = [row for row in bench.engine.pools() if row.name == "p"]
    assert (pool.slots, pool.description, pool.include_deferred) == (1, "one writer", True)
    bench.load(
        dag("d", task("a", pool="mine"), pools=(PoolSpec(name="mine", slots=2, include_deferred=True),))
    )
    bench.act(acts.SetPool(name="mine", slots=5, include_deferred=False))
    bench.load(dag("d", task("a", pool="mine"), pools=(PoolSpec(name="mine", slots=7),), doc="changed"))
    [pool] = [row for row in bench.engine.pools() if row.name == "mine"]
    assert (pool.slots, pool.include_deferred) == (5, False), "a file never changes what an operator set"
    bench.close()


def test_a_start_reads_what_is_unfinished_and_not_all_there_ever_was(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "penstock.db")
    asked: list[str] = []
    with database.raw() as raw:
        raw.set_trace_callback(asked.append)
    WorkingSet(database).active_runs()
    with database.raw() as raw:
        raw.set_trace_callback(None)
    assert any(statement.startswith("SELECT") for statement in asked)
    with database.read() as connection:
        for statement in asked:
            if statement.startswith("SELECT"):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}")
                lines = [row[3] for row in plan]
                assert not any(line.startswith("SCAN") and "INDEX" not in line for line in lines), lines
    database.close()

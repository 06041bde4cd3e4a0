"""What is about no run and no DAG: acts, files, backfills, pauses, orders and conditions that fail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import Bench
from drive.neighbours import assert_missed_nothing, bad_dag, live_minutes, neighbour
from penstock.errors import PenstockError, RefusedError
from penstock.model import acts
from penstock.model.acts import QuarantineRetry
from penstock.model.assets import AssetCondition
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.model.states import RunState, TaskState
from penstock.scheduling.acts import registry
from penstock.scheduling.moves import loaded_files, pause
from penstock.scheduling.steps import advance, asset_runs, create, reap
from penstock.scheduling.world.world import World
from penstock.settings import Settings

pytestmark = pytest.mark.ticks_fail


async def test_an_act_that_fails_is_answered_with_the_reason_and_stands_in_nobodys_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    original = registry._PLANNERS[acts.SetPool]

    def failing(world: World, act: Any) -> Any:
        raise KeyError("broken")

    with monkeypatch.context() as patch:
        patch.setitem(registry._PLANNERS, acts.SetPool, failing)
        with pytest.raises(PenstockError, match="KeyError: 'broken'"):
            bench.act(acts.SetPool(name="p", slots=2))
        await live_minutes(bench, 2, restart_at=0)
        assert_missed_nothing(bench, 2)
        (row,) = bench.engine.quarantine()
        assert (row.kind, row.id.startswith("order:pool_set-")) == ("order", True)
        with pytest.raises(PenstockError, match="KeyError: 'broken'"):
            bench.act(QuarantineRetry(subject=row.id))
        assert [each.id for each in bench.engine.quarantine()] == [row.id]
    assert original is registry._PLANNERS[acts.SetPool]
    bench.act(QuarantineRetry(subject=row.id))
    assert bench.loop.world.pools["p"].slots == 2
    assert bench.engine.quarantine() == []


async def test_a_file_that_fails_is_left_out_until_it_says_something_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    take = loaded_files._take_dag

    def failing(tick: Any, spec: DagSpec, source_hash: str) -> Any:
        if spec.doc == "broken":
            raise KeyError("broken")
        return take(tick, spec, source_hash)

    monkeypatch.setattr(loaded_files, "_take_dag", failing)
    bench.load(dag("bad", task("a"), doc="broken"))
    await live_minutes(bench, 2, restart_at=0)
    assert_missed_nothing(bench, 2)
    assert [(row.kind, row.id) for row in bench.engine.quarantine()] == [("dag", "bad")]
    bench.load(dag("bad", task("a"), doc="broken"))
    assert [row.id for row in bench.engine.quarantine()] == ["bad"], "the same content stays out"
    with pytest.raises(RefusedError, match="in quarantine"):
        bench.trigger("bad")
    bench.load(dag("bad", task("a"), doc="mended"))
    assert bench.engine.quarantine() == []
    bench.trigger("bad")


async def test_a_backfill_that_fails_is_left_out_alone_and_catches_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    begin = bench.clock.time - timedelta(minutes=5)
    serve = create._serve_backfill

    def failing(tick: Any, found: Any) -> None:
        if found.running:
            raise ZeroDivisionError("injected")
        serve(tick, found)

    with monkeypatch.context() as patch:
        bench.act(
            acts.CreateBackfill(dag_id="fine", from_date=begin, to_date=bench.clock.time, max_active_runs=1)
        )
        patch.setattr(create, "_serve_backfill", failing)
        await live_minutes(bench, 3, restart_at=1)
        (row,) = bench.engine.quarantine()
        assert (row.kind, row.id, row.dag_id) == ("row", "backfill:1", "fine")
        with pytest.raises(RefusedError, match="in quarantine"):
            bench.act(acts.CancelBackfill(backfill_id=1))
        with pytest.raises(RefusedError, match="in quarantine"):
            bench.act(acts.CreateBackfill(dag_id="fine", from_date=begin, to_date=bench.clock.time))
    scheduled = [run for run in bench.engine.runs("fine", limit=100) if run.backfill_id is None]
    assert len(scheduled) == 3
    bench.act(QuarantineRetry(subject="backfill:1"))
    await live_minutes(bench, 8, restart_at=20)
    assert bench.engine.backfill(1).state == "success"


async def test_a_pause_that_cannot_be_lifted_is_left_out_and_stays_in_force(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), bad_dag())
    bench.act(acts.PauseSchedule(dag_id="bad", until=bench.clock.time + timedelta(seconds=90)))
    lift = pause.lift_pause

    def failing(tick: Any, key: Any, **fields: Any) -> None:
        if key[1] == "bad":
            raise ZeroDivisionError("injected")
        lift(tick, key, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(reap, "lift_pause", failing)
        await live_minutes(bench, 4, restart_at=2)
        assert_missed_nothing(bench, 4)
        assert [(row.kind, row.id) for row in bench.engine.quarantine()] == [("row", "pause:schedule/bad")]
        assert bench.engine.runs("bad") == []
    bench.act(QuarantineRetry(subject="pause:schedule/bad"))
    await live_minutes(bench, 1, restart_at=5)
    assert len(bench.engine.runs("bad")) == 1


async def test_an_order_that_cannot_be_written_is_laid_to_its_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), bad_dag())
    submit = bench.executor.submit

    def failing(specs: Any) -> None:
        if any(spec.env.get("PENSTOCK_CTX_DAG_ID") == "bad" for spec in specs):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "a half of a character")
        submit(specs)

    with monkeypatch.context() as patch:
        patch.setattr(bench.executor, "submit", failing)
        await live_minutes(bench, 4, restart_at=2)
        assert_missed_nothing(bench, 4)
        rows = bench.engine.quarantine()
        assert {row.dag_id for row in rows} <= {"bad", None}
        assert "run" in {row.kind for row in rows}


async def test_an_attempt_that_cannot_be_looked_at_is_laid_to_its_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), dag("bad", task("a")))
    run = bench.trigger("bad")
    (broken,) = bench.loop.world.attempts
    observe = bench.executor.observe

    def failing(ids: Any) -> Any:
        if broken in ids:
            raise ValueError("a result that nobody can read")
        return observe(ids)

    with monkeypatch.context() as patch:
        patch.setattr(bench.executor, "observe", failing)
        for _ in range(3):
            bench.tick()
        assert [row.id for row in bench.engine.quarantine()] == [f"bad/{run}"]
        good = bench.trigger("fine")
        bench.end("a", run_id=good)
        assert bench.states("fine", good)["a"] is TaskState.SUCCESS
    bench.act(QuarantineRetry(subject=f"bad/{run}"))
    bench.end("a", run_id=run)
    assert bench.run_state("bad", run) is RunState.SUCCESS


async def test_a_wrong_asset_condition_hurts_its_dag_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = AssetCondition(kind="asset", name="x", uri="x")
    waits = dag("bad", task("a"), schedule=ScheduleSpec(assets=condition, text="x"))
    bench.load(neighbour(), waits)

    def failing(*_: Any) -> bool:
        raise ZeroDivisionError("injected")

    monkeypatch.setattr(asset_runs, "met", failing)
    bench.act(acts.EmitAsset(name="x"))
    await live_minutes(bench, 3, restart_at=1)
    assert_missed_nothing(bench, 3)
    assert [(row.kind, row.id) for row in bench.engine.quarantine()] == [("dag", "bad")]


def test_a_test_run_that_fails_inside_the_engine_ends_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    from penstock.service.foreground import run_test

    def failing(*_: Any) -> Any:
        raise ZeroDivisionError("injected")

    monkeypatch.setattr(advance, "_advance", failing)
    file = tmp_path / "d.py"
    file.write_text(
        "from penstock import DAG, EmptyOperator\nwith DAG('d', schedule=None): EmptyOperator(task_id='a')\n"
    )
    settings = Settings(home=tmp_path, dags_folder=tmp_path)
    with pytest.raises(PenstockError, match="injected"):
        run_test(file, None, task=None, logical_date=None, conf={}, log=io.StringIO(), settings=settings)

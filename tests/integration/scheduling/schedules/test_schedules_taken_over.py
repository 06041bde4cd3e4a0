"""Schedules as the engine takes them over: what is said at the first load, and what an older version took."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from data.builders import dag, task
from drive.loop import Bench
from penstock.model import acts
from penstock.model.spec import DagSpec, ScheduleSpec

MOVED = datetime(2026, 11, 29, 10, tzinfo=UTC)
MONTHLY = ScheduleSpec(kind="cron", crons=("0 0 28 * *",), text="0 0 28 * *")
HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="0 * * * *")
REFUSED = ScheduleSpec(kind="cron", crons=("0 0 6 * * 1-5",), text="0 0 6 * * 1-5")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    bench.clock.time = MOVED
    await bench.open()
    yield bench
    bench.close()


def spec(dag_id: str, schedule: ScheduleSpec, **fields: object) -> DagSpec:
    return dag(dag_id, task("only", launch="empty"), schedule=schedule, **fields)


def told(bench: Bench, kind: str, dag_id: str) -> list[str | None]:
    return [event.reason for event in bench.engine.events(dag_id=dag_id, limit=100) if event.kind == kind]


async def test_a_first_run_for_a_tick_before_the_first_load_is_said(bench: Bench) -> None:
    bench.load(spec("m", MONTHLY))
    (reason,) = told(bench, "first_run", "m")
    assert reason is not None
    assert reason.startswith("the tick of 2026-11-28 00:00 UTC, before this first load, runs as soon as")
    assert "run_immediately=False" in reason
    bench.tick()
    assert [run.run_after for run in bench.engine.runs("m")] == [datetime(2026, 11, 28, tzinfo=UTC)]


@pytest.mark.parametrize("catchup", ["latest", "all"])
async def test_run_immediately_false_waits_for_the_next_tick(bench: Bench, catchup: str) -> None:
    bench.load(spec("m", msgspec.structs.replace(MONTHLY, run_immediately=False), catchup=catchup))
    bench.tick()
    assert told(bench, "first_run", "m") == []
    assert bench.engine.runs("m") == []
    bench.clock.forward(30 * 86400)
    bench.tick()
    assert [run.run_after for run in bench.engine.runs("m")] == [datetime(2026, 12, 28, tzinfo=UTC)]


async def test_what_was_said_at_load_stays_with_the_dag(bench: Bench) -> None:
    bench.load(spec("m", MONTHLY, warnings=("mind the gap",)))
    assert bench.engine.dag("m").warnings == ("mind the gap",)


async def test_a_schedule_that_is_refused_by_now_hurts_only_itself(bench: Bench) -> None:
    bench.load(spec("old", REFUSED), spec("fine", HOURLY))
    bench.clock.forward(2 * 3600)
    bench.tick()
    assert "six fields" in (told(bench, "schedule_error", "old")[0] or "")
    assert len(bench.engine.runs("fine")) >= 1
    assert {row.dag_id: row.next_run is None for row in bench.engine.dags()} == {"old": True, "fine": False}
    assert bench.engine.next_points("old", 3) == []
    assert bench.engine.dag("old").words == "0 0 6 * * 1-5"
    assert bench.engine.dag("fine").words == "hourly at :00 UTC"
    now = bench.clock.time
    assert bench.engine.points("old", first=now - timedelta(days=1), last=now, limit=5) == []
    run_id = bench.act(acts.Trigger(dag_id="old", logical_date=now)).run_id
    assert run_id is not None
    bench.load(spec("old", HOURLY))
    bench.clock.forward(3600)
    bench.tick()
    assert len(bench.engine.runs("old")) == 2

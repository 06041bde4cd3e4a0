"""What becomes of schedule points when backfills, pauses and new versions of a DAG meet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from data.builders import dag, task
from drive.checks import assert_memory_is_the_store, stored_world
from drive.loop import BAD, Bench
from fakes.clock import START
from penstock.errors import RefusedError
from penstock.model import acts
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.timetable import due

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    yield bench
    assert_memory_is_the_store(bench, stored_world(bench))


def paused_daily(**fields: Any) -> DagSpec:
    return dag("d", task("a"), schedule=DAILY, start_date=datetime(2026, 1, 1, tzinfo=UTC), **fields)


def ledger(bench: Bench) -> list[tuple[int, int, int, str]]:
    rows = sorted(bench.engine.ledger("d"), key=lambda row: row.first)
    return [(row.first.day, row.last.day, row.count, row.status) for row in rows]


async def test_a_backfill_cuts_a_skipped_span_at_many_points_in_one_tick(bench: Bench) -> None:
    bench.load(paused_daily(), paused=True)
    bench.clock.forward(9 * 86_400)
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    bench.finish()
    assert ledger(bench) == [(3, 10, 8, "skipped"), (11, 11, 1, "ran_late")]
    bench.act(acts.CreateBackfill(dag_id="d", from_date=datetime(2026, 3, 5), to_date=datetime(2026, 3, 7)))
    bench.finish()
    assert ledger(bench) == [
        (3, 4, 2, "skipped"),
        (5, 5, 1, "backfilled"),
        (6, 6, 1, "backfilled"),
        (7, 7, 1, "backfilled"),
        (8, 10, 3, "skipped"),
        (11, 11, 1, "ran_late"),
    ]


async def test_points_that_were_backfilled_before_they_were_settled_are_recorded_once(bench: Bench) -> None:
    bench.load(paused_daily(), paused=True)
    bench.clock.forward(9 * 86_400)
    bench.act(acts.CreateBackfill(dag_id="d", from_date=datetime(2026, 3, 5), to_date=datetime(2026, 3, 11)))
    bench.finish()
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    bench.finish()
    expected = [(day, day, 1, "backfilled") for day in range(5, 12)]
    assert ledger(bench) == [(3, 4, 2, "skipped"), *expected]


async def test_skips_of_one_reason_are_one_span_even_in_a_busy_tick(bench: Bench) -> None:
    bench.load(dag("d", task("a"), schedule=HOURLY, overlap="skip", max_active_runs=1, catchup="all"))
    bench.load(dag("busy", task("t", retries=9, retry_delay=0.0)))
    bench.trigger("busy")
    for _ in range(5):
        bench.clock.forward(3600)
        bench.end("t", BAD)
    rows = sorted(bench.engine.ledger("d"), key=lambda row: row.first)
    assert [(row.status, row.count) for row in rows] == [("ran", 1), ("skipped", 5)]


async def test_points_that_are_not_due_are_left_to_the_schedule(bench: Bench) -> None:
    bench.load(paused_daily(), paused=True)
    act = acts.CreateBackfill(dag_id="d", from_date=datetime(2026, 3, 1), to_date=datetime(2026, 3, 9))
    plan = bench.loop.plan(act)
    assert [item.logical_date.day for item in plan.items if item.logical_date] == [1, 2]
    assert any("7 later dates are not due yet" in note for note in plan.notes)


async def test_a_cancelled_backfill_ends_with_its_last_run(bench: Bench) -> None:
    bench.load(paused_daily(), paused=True)
    span: dict[str, Any] = {"dag_id": "d", "from_date": datetime(2026, 1, 1)}
    done = bench.act(acts.CreateBackfill(**span, to_date=datetime(2026, 1, 4), max_active_runs=1))
    number = done.backfill_id
    assert number is not None
    bench.act(acts.CancelBackfill(backfill_id=number))
    row = bench.engine.backfill(number)
    assert (row.state, row.ended) == ("cancelled", None)
    for act in (acts.ResumeBackfill(backfill_id=number), acts.CancelBackfill(backfill_id=number)):
        with pytest.raises(RefusedError, match="was cancelled"):
            bench.act(act)
    with pytest.raises(RefusedError, match="still ending"):
        bench.act(acts.CreateBackfill(**span, to_date=datetime(2026, 1, 2)))
    await bench.restart()
    bench.end("a")
    row = bench.engine.backfill(number)
    assert row.state == "cancelled"
    assert row.ended is not None
    assert [slot.state for slot in row.points] == ["success", "cancelled", "cancelled", "cancelled"]


async def test_a_failed_run_of_a_backfill_that_is_retried_counts_as_it_ends_then(bench: Bench) -> None:
    bench.load(paused_daily(), paused=True)
    done = bench.act(
        acts.CreateBackfill(
            dag_id="d", from_date=datetime(2026, 1, 1), to_date=datetime(2026, 1, 2), max_active_runs=1
        )
    )
    assert done.backfill_id is not None
    first = next(iter(bench.live())).split("/")[0]
    bench.end("a", BAD)
    bench.act(acts.Retry(dag_id="d", run_id=first))
    assert len(bench.running()) == 1, "it waits for its turn in the backfill"
    bench.end("a")
    assert bench.engine.backfill(done.backfill_id).state == "running"
    bench.finish()
    row = bench.engine.backfill(done.backfill_id)
    assert (row.state, [slot.state for slot in row.points]) == ("success", ["success", "success"])


async def test_a_new_version_of_a_dag_goes_on_where_its_schedule_stood(bench: Bench) -> None:
    spec = dag("d", task("a"), schedule=HOURLY, start_date=START - timedelta(hours=5), catchup="all")
    bench.load(spec)
    bench.finish()
    before = (len(bench.engine.runs("d")), len(bench.engine.ledger("d")))
    assert before == (5, 5)
    bench.load(msgspec.structs.replace(spec, doc="changed"))
    assert (len(bench.engine.runs("d")), len(bench.engine.ledger("d"))) == before
    cursor = bench.loop.world.dag("d").cursor
    await bench.restart()
    assert bench.loop.world.dag("d").cursor == cursor


async def test_a_schedule_that_breaks_hurts_its_own_dag_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(spec: DagSpec, **facts: Any) -> Any:
        if spec.dag_id == "bad":
            raise ValueError("no such day")
        return due.decide(spec, **facts)

    monkeypatch.setattr("penstock.scheduling.steps.create.decide", broken)
    for name in ("bad", "good"):
        bench.load(dag(name, task("a"), schedule=HOURLY, start_date=START, catchup="none"))
    bench.clock.forward(3600)
    bench.tick()
    assert len(bench.engine.runs("good")) == 1
    assert bench.engine.runs("bad") == []
    assert any(event.kind == "schedule_error" for event in bench.engine.events(dag_id="bad"))

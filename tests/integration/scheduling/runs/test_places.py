"""Runs that wait for an earlier date, and the place that date needs: no circle stands, whatever the limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from penstock.model.acts import (
    Clear,
    CreateBackfill,
    Freeze,
    Hold,
    Mark,
    Release,
    Retry,
    SetPool,
    Trigger,
    Unfreeze,
)
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.model.states import RunState, TaskState

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
FIRST = datetime(2026, 2, 27, tzinfo=UTC)


def daily(*tasks: object, most: int = 1, catchup: str = "all", **fields: object) -> DagSpec:
    given = {"start_date": FIRST, "catchup": catchup, "max_active_runs": most, "schedule": DAILY, **fields}
    return dag("d", *tasks, **given)  # type: ignore[arg-type]


def runs(bench: Bench) -> dict[int, str]:
    """Return run ids by day of the month."""
    return {row.logical_date.day: row.run_id for row in bench.engine.runs("d") if row.logical_date}


def going(bench: Bench) -> list[int]:
    """Return the days of the runs that are running, oldest first."""
    found = [row for row in bench.engine.runs("d") if row.state is RunState.RUNNING]
    return sorted(row.logical_date.day for row in found if row.logical_date)


async def test_a_retried_date_goes_before_the_later_one_that_waits_for_it(bench: Bench) -> None:
    bench.load(daily(task("load", depends_on_past=True)))
    bench.end("load")  # the 27th
    bench.end("load", BAD)  # the 28th
    days = runs(bench)
    assert going(bench) == [1]
    assert bench.running() == []
    why = bench.loop.why("d", days[1], None, -1)
    assert why.barriers[0].text == (
        f"load: it depends on the past: load is failed in {days[28]}; run it again "
        f"(penstock retry d {days[28]}) or let it pass (penstock mark success d {days[28]} load)"
    )
    chain = bench.loop.why("d", days[2], None, -1).chain
    assert "allows 1 run at once" in chain[0]
    assert f"load: it depends on the past: load is failed in {days[28]}" in chain[1]
    assert "load is failed: it has ended: failed (exit 1)" in chain[-1]
    bench.act(Retry(dag_id="d", run_id=days[28]))
    assert going(bench) == [28]
    assert bench.run_state("d", days[1]) is RunState.QUEUED
    said = [
        row.reason for row in bench.engine.events(dag_id="d", run_id=days[1]) if row.kind == "run_give_way"
    ]
    assert said == [f"gives its place to {days[28]}, for which it waits"]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_it_fails_again_and_is_retried_again_also_over_a_restart(bench: Bench) -> None:
    bench.load(daily(task("load", depends_on_past=True)))
    bench.end("load")
    bench.end("load", BAD)
    day = runs(bench)[28]
    for _ in range(3):
        bench.act(Retry(dag_id="d", run_id=day))
        await bench.restart()
        bench.tick()
        assert going(bench) == [28]
        bench.end("load", BAD)
        assert going(bench) == [1]
    bench.act(Mark(dag_id="d", run_id=day, tasks=("load",), state="success"))
    bench.finish()
    assert bench.run_state("d", runs(bench)[2]) is RunState.SUCCESS


async def test_the_latest_of_several_that_wait_gives_its_place(bench: Bench) -> None:
    bench.load(daily(task("load", depends_on_past=True), most=2))
    bench.end("load")
    bench.end("load", BAD)
    days = runs(bench)
    assert going(bench) == [1, 2]
    bench.act(Clear(dag_id="d", run_id=days[28]))
    assert going(bench) == [1, 28]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_a_later_run_with_work_of_its_own_keeps_its_place_until_that_is_done(bench: Bench) -> None:
    bench.load(daily(task("load", depends_on_past=True), task("own", retries=1, retry_delay=60.0)))
    bench.end("own")
    bench.end("load")
    bench.end("own")
    bench.end("load", BAD)
    days = runs(bench)
    assert bench.running() == ["own"]
    bench.act(Retry(dag_id="d", run_id=days[28]))
    assert going(bench) == [1]
    bench.end("own", BAD)
    assert going(bench) == [1]  # its next try is to come
    bench.clock.forward(61)
    bench.tick()
    bench.end("own")
    assert going(bench) == [28]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_wait_for_downstream_counts_the_children_of_the_day_before(bench: Bench) -> None:
    bench.load(daily(task("load", wait_for_downstream=True), task("after", "load")))
    for each in ("load", "after", "load"):
        bench.end(each)
    bench.end("after", BAD)
    days = runs(bench)
    assert going(bench) == [1]
    bench.act(Retry(dag_id="d", run_id=days[28]))
    assert going(bench) == [28]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_a_date_that_waits_itself_passes_its_place_on(bench: Bench) -> None:
    """Two dates are cleared; the one that got a place needs the other before it."""
    bench.load(daily(task("load", depends_on_past=True)))
    bench.end("load")
    bench.end("load")
    bench.end("load", BAD)  # the 1st of March
    days = runs(bench)
    assert going(bench) == [2]
    bench.act(Clear(dag_id="d", run_id=days[28], future=True))
    assert going(bench) == [28]
    bench.finish()
    bench.act(Clear(dag_id="d", run_id=days[1]))
    bench.act(Clear(dag_id="d", run_id=days[28]))  # while the later one runs
    assert going(bench) == [1]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_what_is_held_gets_no_place(bench: Bench) -> None:
    bench.load(daily(task("load", depends_on_past=True)))
    bench.end("load")
    bench.end("load", BAD)
    days = runs(bench)
    bench.act(Freeze(dag_id="d"))
    bench.act(Retry(dag_id="d", run_id=days[28]))
    bench.act(Hold(dag_id="d", run_id=days[28]))
    bench.act(Unfreeze(dag_id="d"))
    assert going(bench) == [1]
    bench.act(Release(dag_id="d", run_id=days[28]))
    assert going(bench) == [28]


async def test_a_backfill_of_one_run_at_a_time(bench: Bench) -> None:
    bench.load(daily(task("load", depends_on_past=True), catchup="none"), paused=True)
    act = CreateBackfill(dag_id="d", from_date=FIRST, to_date=FIRST + timedelta(days=3), max_active_runs=1)
    bench.act(act)
    bench.end("load")
    bench.end("load", BAD)
    days = runs(bench)
    assert going(bench) == [1]
    bench.act(Retry(dag_id="d", run_id=days[28]))
    assert going(bench) == [28]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}
    assert bench.loop.world.backfills == {}


async def test_a_run_that_its_own_dag_triggered_and_waits_for_is_named_with_the_way_out(bench: Bench) -> None:
    go = task("go", operator="TriggerDagRunOperator", launch="python")
    bench.load(dag("d", go, max_active_runs=1))
    outer = bench.trigger("d", run_id="outer")
    bench.tick()
    bench.loop.commit(Trigger(dag_id="d", run_id="inner"), expect=None, actor="task d.go", act_id=None)
    text = bench.loop.why("d", "inner", None, -1).barriers[0].text
    assert text == (
        "d allows 1 run at once (max_active_runs); go of outer may wait for this run, and then both are "
        "stuck: penstock run-now d inner starts it ignoring the limit"
    )
    assert bench.run_state("d", outer) is RunState.RUNNING


async def test_a_pool_held_by_what_waits_for_runs_is_named_with_the_way_out(bench: Bench) -> None:
    sensor = task("sensor", operator="ExternalTaskSensor", launch="python", pool="one")
    bench.load(dag("s", sensor), dag("d", task("work", pool="one")))
    bench.act(SetPool(name="one", slots=1))
    bench.trigger("s")
    run = bench.trigger("d")
    text = bench.loop.why("d", run, "work", -1).barriers[0].text
    assert text.endswith(
        "the task that holds it waits for runs, perhaps for this one: "
        f"penstock run-now d {run} work ignores the limit"
    )
    assert bench.states("d", run)["work"] is TaskState.SCHEDULED
    bench.finish(lambda _: OK)

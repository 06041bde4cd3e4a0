"""Who launches first, and that what may not launch stands in nobody's way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from data.builders import dag, task
from drive.loop import BAD, Bench, opened
from penstock.model import acts
from penstock.model.spec import ScheduleSpec
from penstock.model.states import RunState, TaskState


async def test_of_one_dags_runs_the_one_that_was_due_first_goes_first(tmp_path: Path) -> None:
    """A run that was triggered before points of the past were made up for comes after them."""
    daily = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
    async with opened(tmp_path, parallelism=1) as bench:
        bench.load(dag("busy", task("x")))
        bench.trigger("busy")
        first = datetime(2026, 2, 28, tzinfo=UTC)
        bench.load(dag("d", task("a"), schedule=daily, start_date=first, catchup="all"), paused=True)
        by_hand = bench.trigger("d")
        bench.act(acts.UnpauseSchedule(dag_id="d"))
        bench.end("x")
        order = []
        while bench.live():
            [name] = bench.live()
            order.append(name.removesuffix("/a"))
            bench.end("a")
        assert order[-1] == by_hand
        assert order[:-1] == [f"scheduled__2026-{day}T00:00:00+00:00" for day in ("02-28", "03-01", "03-02")]


async def test_a_run_in_the_queue_launches_nothing_though_its_tasks_wait_for_slots(bench: Bench) -> None:
    """A run that an undo took back to the queue has tasks that were ready before: they wait for its turn."""
    bench.load(dag("d", task("a"), task("b", "a"), max_active_runs=1))
    first = bench.trigger("d")
    bench.act(acts.Hold(dag_id="d", run_id=first, task_id="b"))
    bench.end("a")
    bench.act(acts.Mark(dag_id="d", run_id=first, tasks=("b",), state="skipped"))
    assert bench.run_state("d", first) is RunState.SUCCESS
    second = bench.trigger("d", run_id="second")
    bench.act(acts.Undo(dag_id="d", run_id=first))
    bench.act(acts.Release(dag_id="d", run_id=first, task_id="b"))
    assert bench.run_state("d", first) is RunState.QUEUED
    assert bench.states("d", first)["b"] is TaskState.PENDING
    for _ in range(3):
        bench.tick()
        assert list(bench.live()) == [f"{second}/a"]
    bench.end("a")
    bench.end("b", run_id=second)
    assert list(bench.live()) == [f"{first}/b"]
    bench.finish()
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_a_run_that_is_set_aside_lets_those_behind_it_start(bench: Bench) -> None:
    """Held runs, and those of the future, are passed over: the next in the queue starts in the same tick."""
    bench.load(dag("d", task("a"), max_active_runs=2))
    bench.act(acts.Freeze(dag_id="d"))
    names = [f"r{number}" for number in range(4)]
    for name in names:
        bench.trigger("d", run_id=name)
    bench.act(acts.Hold(dag_id="d", run_id="r0"))
    bench.act(acts.Unfreeze(dag_id="d"))
    assert [bench.run_state("d", name) for name in names] == ["queued", "running", "running", "queued"]
    bench.finish()
    assert [bench.run_state("d", name) for name in names] == ["queued", "success", "success", "success"]
    bench.act(acts.Release(dag_id="d", run_id="r0"))
    bench.finish()
    assert bench.run_state("d", "r0") is RunState.SUCCESS


async def test_what_waits_for_its_past_lets_the_runs_behind_it_start(bench: Bench) -> None:
    """One queued run has nobody to take a place from; the one behind it has."""
    bench.load(dag("d", task("load", depends_on_past=True), max_active_runs=1))
    days = [bench.trigger("d", logical_date=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3)]
    bench.end("load")
    bench.end("load", BAD)
    assert bench.run_state("d", days[2]) is RunState.RUNNING
    bench.trigger("d", run_id="held", logical_date=datetime(2025, 12, 1, tzinfo=UTC))
    bench.act(acts.Hold(dag_id="d", run_id="held"))
    bench.act(acts.Retry(dag_id="d", run_id=days[1]))
    assert bench.run_state("d", "held") is RunState.QUEUED
    assert bench.run_state("d", days[1]) is RunState.RUNNING
    bench.finish()
    assert [bench.run_state("d", day) for day in days] == ["success"] * 3


async def test_a_task_that_is_held_lets_those_behind_it_launch(tmp_path: Path) -> None:
    async with opened(tmp_path, parallelism=2) as bench:
        bench.load(dag("d", task("gate"), *(task(name, "gate") for name in "abcd")))
        run = bench.trigger("d")
        bench.act(acts.Hold(dag_id="d", run_id=run, task_id="a"))
        bench.act(acts.RunNext(dag_id="d", run_id=run, task_id="a"))
        bench.end("gate")
        assert bench.running() == ["b", "c"]
        bench.end("b")
        assert bench.running() == ["c", "d"]
        bench.finish()
        assert bench.states("d", run)["a"] is TaskState.SCHEDULED
        bench.act(acts.Release(dag_id="d", run_id=run, task_id="a"))
        bench.finish()
        assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_row_takes_no_slot_before_the_task_that_does_its_work(tmp_path: Path) -> None:
    """With rows as many as there are slots, their task would wait for ever for one."""
    async with opened(tmp_path, parallelism=2) as bench:
        bench.act(acts.SetPool(name="one", slots=1))
        bench.load(dag("other", task("z", pool="one")))
        bench.trigger("other", run_id="there")
        rows = [task(name, row_of="work", priority_weight=9) for name in ("a", "b", "c")]
        bench.load(dag("d", task("work", pool="one"), *rows))
        run = bench.trigger("d")
        assert set(bench.live()) == {"there/z"}
        bench.end("z")
        assert set(bench.live()) == {f"{run}/work", f"{run}/a"}
        bench.end("work")
        assert set(bench.live()) == {f"{run}/a", f"{run}/b"}
        bench.end("a")
        bench.act(acts.Clear(dag_id="d", run_id=run, tasks=("work", "a")))
        assert set(bench.live()) == {f"{run}/b", f"{run}/c"}
        bench.end("b")
        assert set(bench.live()) == {f"{run}/work", f"{run}/c"}


async def test_a_row_runs_in_a_run_without_its_task(bench: Bench) -> None:
    """Where the task is over, or was marked, the row starts and finds out by itself."""
    bench.load(dag("d", task("work"), task("a", row_of="work")))
    run = bench.trigger("d")
    bench.act(acts.Mark(dag_id="d", run_id=run, tasks=("work",), state="success"))
    assert f"{run}/a" in bench.live()

"""Stories about what happens at the same time: lists that shrink under tasks, files in the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.builders import dag, task
from data.mapped_dags import mapped, over, returned
from drive.loop import BAD, OK
from drive.story import Story
from penstock.model.acts import (
    Cancel,
    CancelBackfill,
    Clear,
    CreateBackfill,
    EmitAsset,
    Hold,
    RunNow,
    Trigger,
    Undo,
)
from penstock.model.assets import AssetSpec
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
MINUTES = ScheduleSpec(kind="cron", crons=("*/5 * * * *",), text="*/5 * * * *")
KILLED = Outcome(kind=OutcomeKind.CANCELLED, signal=15)


async def lists_that_change_under_way(story: Story) -> None:
    """Instances that run, or are being killed, when what they are mapped over gets shorter and longer."""
    each = mapped(task("each", "make", launch="python"), over("make"))
    story.load(dag("d", task("make", launch="python"), each, task("end", "each", trigger_rule="all_done")))
    run = story.trigger("d")
    story.end("make", returned(3))
    story.end("each[0]")
    story.act(Clear(dag_id="d", run_id=run, tasks=("make", "each[0]")))
    story.end("make", returned(1))
    story.look()
    story.act(Cancel(dag_id="d", run_id=run, task_id="each[2]"))
    story.act(Clear(dag_id="d", run_id=run, tasks=("make", "each[0]")))
    story.end("make", returned(3))
    story.look()
    story.end("each[1]", KILLED)
    story.end("each[2]", KILLED)
    story.look()
    story.finish()
    for again in ("each[0]", "each[1]"):  # the other one runs on, until nothing is left to map over
        story.act(Clear(dag_id="d", run_id=run, tasks=("make", "each")))
        story.end("make", returned(2))
        story.act(Clear(dag_id="d", run_id=run, tasks=("make", again)))
        story.end(again, KILLED)
        story.end("make", returned(0))
        story.look()
        story.finish(KILLED)
        story.look()
    story.act(Clear(dag_id="d", run_id=run, tasks=("make", "each")))
    story.end("make", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, mapped_length=100_000))
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("make", "each")))
    story.end("make", returned(2))
    story.act(Cancel(dag_id="d", run_id=run))
    story.finish(KILLED)
    story.look()


async def backfills_run_again(story: Story) -> None:
    """A run of a backfill that is cleared while it goes on, cancelled, and held back by another one."""
    story.load(dag("d", task("a"), schedule=DAILY, catchup="none", max_active_runs=1))
    start = datetime(2026, 2, 1, tzinfo=UTC)
    story.act(
        CreateBackfill(dag_id="d", from_date=start, to_date=start + timedelta(days=4), max_active_runs=1)
    )
    first = story.bench.engine.runs("d")[0].run_id
    story.end("a", BAD)
    story.act(Clear(dag_id="d", run_id=first))
    story.look()
    story.act(Undo(dag_id="d", run_id=first))
    story.act(Clear(dag_id="d", run_id=first))
    story.act(Hold(dag_id="d", run_id=first))
    story.act(CancelBackfill(backfill_id=1))
    story.look()
    story.finish()
    story.look()
    story.act(
        CreateBackfill(dag_id="d", from_date=start, to_date=start + timedelta(days=2), max_active_runs=1)
    )
    story.act(Trigger(dag_id="d", logical_date=start + timedelta(days=2)))
    story.look()
    story.finish()
    story.finish()
    story.look()


async def files_in_the_way(story: Story) -> None:
    """Files that make the same DAG, DAGs that cannot be scheduled, and files that are half right."""
    there = "/dev/null"  # a file that everybody has
    story.load(dag("d", task("a"), file=there), dag("good", task("x"), file=there))
    story.load(dag("d", task("other"), file="second.py"), source="1")
    circle = dag("circle", task("a", "b"), task("b", "a"), file="third.py", line=7)
    story.load(circle, dag("beside", task("x"), file="third.py"), source="2")
    story.look()
    story.break_file(there, dag("good", task("x"), task("y", "x"), file=there))
    story.look()
    story.load(dag("d", task("other"), file="second.py"), source="1")
    story.remove_file(there)
    story.load(dag("d", task("other"), file="second.py"), source="1")
    story.load(dag("beside", task("x"), file="third.py"), source="3")
    story.remove_file("third.py")
    story.look()
    story.load(dag("beside", task("x"), file="third.py"), source="3")
    story.look()


async def waiting_for_each_other(story: Story) -> None:
    """Runs that wait for runs that wait for them, runs of the future, rows, and assets of the same name."""
    sensor = task("watch", operator="ExternalTaskSensor")
    story.load(
        dag("d", sensor, task("x", "watch"), max_active_runs=1),
        dag("full", task("t", operator="TriggerDagRunOperator", pool="one"), task("u", pool="one")),
        dag("rows", task("work", "before"), task("before"), task("row", row_of="work"), max_active_tasks=1),
        dag("once", task("t", max_active_tis_per_dag=1), task("u", max_active_tis_per_dagrun=1)),
        dag("two", task("t", outlets=(AssetSpec(name="a", uri="s3://a"), AssetSpec(name="a", uri="s3://b")))),
    )
    now = story.bench.clock.time
    story.trigger("d", logical_date=now)
    story.trigger("d", logical_date=now - timedelta(days=1))
    story.trigger("d", logical_date=now + timedelta(days=1))
    story.trigger("full")
    rows = story.trigger("rows")
    story.trigger("once")
    story.trigger("once")
    story.look()
    story.ask(EmitAsset(name="a"), EmitAsset(name="s3://a"), Trigger(dag_id="nothing"))
    story.act(EmitAsset(name="s3://b", extra={"k": 1}))
    story.act(RunNow(dag_id="rows", run_id=rows, task_id="row"))
    story.end("before")
    story.look()
    story.finish()
    story.finish()
    story.look()


async def points_of_the_future(story: Story) -> None:
    """Runs that were queued before the clock was set back wait for their time, unless they run now."""
    story.load(
        dag("d", task("t"), schedule=MINUTES, catchup="all", max_active_runs=1, paused_upon_creation=False),
        dag("skips", task("t"), schedule=MINUTES, overlap="skip", max_active_runs=1,
            paused_upon_creation=False, catchup="all"),
    )  # fmt: skip
    story.forward(300)
    story.forward(300)
    story.look()
    story.step_clock(-1800)
    story.look()
    story.end("t", OK, run=story.bench.engine.runs("d")[-1].run_id)
    story.look()
    story.act(RunNow(dag_id="d", run_id=story.bench.engine.runs("d")[0].run_id))
    story.look()
    story.finish()
    story.wait()
    story.forward(1800)
    story.finish()
    story.look()


STORIES = {
    each.__name__: each
    for each in (
        lists_that_change_under_way,
        backfills_run_again,
        files_in_the_way,
        waiting_for_each_other,
        points_of_the_future,
    )
}

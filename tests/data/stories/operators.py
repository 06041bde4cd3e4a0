"""Stories about what operators do to runs and tasks, and about taking it back."""

from __future__ import annotations

from datetime import timedelta

from data.builders import dag, task
from data.mapped_dags import listed, mapped, over, returned
from drive.loop import BAD, OK
from drive.story import Story
from fakes.clock import START
from penstock.model.acts import (
    Cancel,
    Clear,
    DeletePool,
    Freeze,
    Hold,
    Mark,
    PauseSchedule,
    Release,
    Rerun,
    Retry,
    RunNext,
    RunNow,
    SetPool,
    Trigger,
    Undo,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ParamSpec, ScheduleSpec, SensorSpec

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
KILLED = Outcome(kind=OutcomeKind.CANCELLED, signal=15)


async def cleared_and_undone(story: Story) -> None:
    """Clear, retry and mark, each taken back, and the run driven to its end after each."""
    chain = dag("d", task("a"), task("b", "a"), task("c", "b"), task("side", "a", trigger_rule="all_done"))
    story.load(chain)
    run = story.trigger("d", logical_date=START - timedelta(days=1))
    story.end("a", BAD)
    story.finish()
    story.look()
    story.act(Undo(dag_id="d", run_id=run))
    story.act(Freeze(dag_id="d"))
    for act in (
        Mark(dag_id="d", run_id=run, tasks=("a",), state="success"),
        Mark(dag_id="d", run_id=run, tasks=("a",), state="skipped", downstream=True),
        Mark(dag_id="d", run_id=run, tasks=("c",), state="success", upstream=True),
        Retry(dag_id="d", run_id=run),
        Retry(dag_id="d", run_id=run, tasks=("a",)),
        Clear(dag_id="d", run_id=run),
        Clear(dag_id="d", run_id=run, tasks=("side",)),
    ):
        story.act(act)
        story.look()
        story.forward(5)
        story.act(Undo(dag_id="d", run_id=run))
    story.look()
    story.act(Clear(dag_id="d", run_id=run, tasks=("a",), downstream=True))
    story.act(Clear(dag_id="d", run_id=run, tasks=("b",)))
    story.act(Undo(undo_id=8))
    story.act(Undo(dag_id="d"))
    story.act(Undo())
    story.act(Undo(undo_id=1))
    story.act(Undo(undo_id=99))
    story.act(Retry(dag_id="d", run_id=run))
    story.act(Unfreeze(dag_id="d"))
    story.act(Undo(dag_id="d", run_id=run))
    story.end("a", OK)
    story.end("b", BAD)
    story.finish()
    story.look()
    story.act(Mark(dag_id="d", run_id=run, tasks=("b",), state="success"))
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("c",), upstream=True))
    story.act(Mark(dag_id="d", run_id=run, tasks=("a", "b"), state="failed"))
    story.end("a", OK)
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("b",)), stale=True)
    story.act(Clear(dag_id="d", run_id=run, tasks=("nope",)))
    story.act(Clear(dag_id="d", run_id="none"))
    story.act(Clear(dag_id="none", run_id=run))
    story.act(Mark(dag_id="d", run_id=run, tasks=("c",), state="success"))
    story.look()


async def through_time(story: Story) -> None:
    """Acts that reach into runs before and after; tasks that depend on the past; a newer version."""
    spec = dag(
        "d",
        task("a", depends_on_past=True),
        task("b", "a", wait_for_downstream=True),
        task("free", retries=1, retry_delay=60.0),
    )
    story.load(spec)
    days = [START - timedelta(days=back) for back in (3, 2, 1)]
    first, second, third = [story.trigger("d", logical_date=day) for day in days]
    story.look()
    story.end("a", run=first)
    story.end("free", BAD, run=third)
    story.end("b", BAD, run=first)
    story.look()
    story.act(Clear(dag_id="d", run_id=second, tasks=("free",), past=True, future=True))
    story.act(Mark(dag_id="d", run_id=second, tasks=("a",), state="success", past=True))
    story.act(Mark(dag_id="d", run_id=first, tasks=("b",), state="success", future=True))
    story.act(Undo(dag_id="d", run_id=first))
    story.look()
    changed = dag("d", task("a", depends_on_past=True), task("b", "a"), task("new", "b"))
    story.load(changed, source="1")
    story.act(Clear(dag_id="d", run_id=first, tasks=("a",), downstream=True, latest_version=True))
    story.look()
    story.finish()
    story.act(Retry(dag_id="d", run_id=second, latest_version=True))
    story.act(Clear(dag_id="d", run_id=third, only_failed=True, latest_version=True))
    story.finish()
    story.act(Cancel(dag_id="d", run_id=second))
    story.act(Cancel(dag_id="d", run_id=third, task_id="a"))
    story.look()


async def reruns(story: Story) -> None:
    """Runs for dates, with params, the same again, and the names that they get."""
    params = {
        "day": ParamSpec(default="today", json_schema={"type": "string"}),
        "rows": ParamSpec(required=True, json_schema={"type": "integer"}),
    }
    story.load(dag("d", task("a", launch="python"), params=params, schedule=DAILY, catchup="none"))
    story.act(UnpauseSchedule(dag_id="d"))
    day = START - timedelta(days=9)
    story.act(UnpauseSchedule(dag_id="d"))
    story.act(Trigger(dag_id="d"))
    run = story.trigger("d", conf={"rows": 3}, logical_date=day)
    for conf in ({"rows": "x"}, {"rows": 3}, {"rows": 3, "other": 1}):
        story.act(Trigger(dag_id="d", conf=conf, logical_date=day))
    story.finish()
    story.act(Rerun(dag_id="d", run_id=run))
    story.act(Rerun(dag_id="d", run_id=run, conf={"rows": 4}))
    story.act(Rerun(dag_id="d", run_id=run, conf={"rows": 5}, new_run_id="mine"))
    story.act(Rerun(dag_id="d", run_id="mine", new_run_id="mine"))
    story.act(Rerun(dag_id="d", run_id="mine", new_run_id="not/allowed"))
    story.look()
    story.finish()
    for back, outcome in ((8, BAD), (7, OK), (5, KILLED)):
        story.trigger("d", conf={"rows": back}, logical_date=START - timedelta(days=back))
        story.end("a", outcome)
    story.trigger("d", conf={"rows": 6}, logical_date=START - timedelta(days=6))
    story.finish()
    story.trigger("d", conf={"rows": 4}, logical_date=START - timedelta(days=4))
    story.finish()
    named = story.trigger("d", conf={"rows": 1}, run_id="by_hand")
    story.act(Cancel(dag_id="d", run_id=named))
    story.end("a", KILLED)
    story.look()


async def pauses(story: Story) -> None:
    """Pauses of every kind, over each other, with an end and without."""
    poll = SensorSpec(mode="reschedule", poke_interval=30.0, timeout=50.0)
    story.load(
        dag(
            "d",
            task("a", retries=1, retry_delay=20.0),
            task("b", "a"),
            task("s", launch="python", sensor=poll),
            schedule=ScheduleSpec(kind="cron", crons=("*/10 * * * *",), text="*/10 * * * *"),
            catchup="all",
            start_date=START - timedelta(minutes=25),
            dagrun_timeout=100.0,
            max_active_runs=2,
        )
    )
    story.look()
    story.act(UnpauseSchedule(dag_id="d"))
    story.look()
    one, two = [row.run_id for row in reversed(story.bench.engine.runs("d"))][:2]
    story.act(PauseSchedule(dag_id="d", why="enough", until=START + timedelta(seconds=40)))
    story.act(PauseSchedule(dag_id="d", why="more"))
    story.act(PauseSchedule(dag_id="d", until=START - timedelta(seconds=1)))
    story.act(PauseSchedule(dag_id="d", why="soon over", until=START + timedelta(seconds=40)))
    story.act(Freeze(dag_id="d", why="the disk", until=START + timedelta(seconds=50)))
    story.act(Hold(dag_id="d", run_id=one, why="let me look"))
    story.act(Hold(dag_id="d", run_id=two, task_id="a", until=START + timedelta(seconds=30)))
    story.end("a", BAD, run=one)
    now = story.bench.clock.time.timestamp()
    story.end("s", Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=now + 5), run=one)
    story.look()
    story.forward(35)
    story.look()
    story.wait()
    story.look()
    story.act(Unfreeze(dag_id="d"))
    story.act(Unfreeze(dag_id="d"))
    story.act(Release(dag_id="d", run_id=one))
    story.act(Release(dag_id="d", run_id=one))
    story.look()
    story.finish()
    story.act(Freeze(dag_id="d"))
    story.forward(1200)
    story.act(Hold(dag_id="d", run_id=one))
    story.act(Hold(dag_id="d", run_id=one, task_id="nope"))
    story.act(Hold(dag_id="d", run_id="nope"))
    story.look()
    story.act(Unfreeze(dag_id="d"))
    story.finish()
    story.act(UnpauseSchedule(dag_id="d"))
    story.finish()
    story.look()


async def rushes(story: Story) -> None:
    """Who is to go first, or now, whatever the limits say."""
    story.load(
        dag(
            "d",
            task("small", pool="narrow"),
            task("big", pool="narrow", pool_slots=2),
            task("last", "small", launch="empty"),
            max_active_runs=1,
        )
    )
    story.act(SetPool(name="narrow", slots=1))
    one, two, three = story.trigger("d"), "", ""
    story.bench.clock.forward(1)
    two = story.trigger("d")
    story.bench.clock.forward(1)
    three = story.trigger("d")
    story.look()
    story.act(RunNext(dag_id="d", run_id=three))
    story.act(RunNext(dag_id="d", run_id=three))
    story.act(RunNow(dag_id="d", run_id=two))
    story.act(RunNext(dag_id="d", run_id=two, task_id="small"))
    story.act(RunNow(dag_id="d", run_id=one, task_id="big"))
    story.act(RunNow(dag_id="d", run_id=one, task_id="last"))
    story.act(RunNow(dag_id="d", run_id=one, task_id="small"))
    story.look()
    story.act(SetPool(name="narrow", slots=2, description="two of them"))
    story.act(RunNext(dag_id="d", run_id=two, task_id="big"))
    story.end("small", run=one)
    story.look()
    story.act(Clear(dag_id="d", run_id=one, tasks=("small",)))
    story.finish()
    story.act(RunNow(dag_id="d", run_id=one))
    story.act(DeletePool(name="narrow"))
    story.act(SetPool(name="other", slots=3, include_deferred=True))
    story.act(SetPool(name="other", slots=3))
    story.act(SetPool(name="default_pool", slots=1))
    story.act(DeletePool(name="other"))
    story.act(DeletePool(name="default_pool"))
    story.act(DeletePool(name="other"))
    story.act(SetPool(name="bad", slots=-2))
    story.look()


async def mapped_and_undone(story: Story) -> None:
    """Mapped tasks whose lists grow and shrink, and acts on one instance of many."""
    story.load(
        dag(
            "d",
            task("make", launch="python"),
            mapped(task("each", "make", launch="python", retries=1), over("make"), map_index_template="x"),
            mapped(task("fixed", launch="python"), listed(2)),
            task("sum", "each", "fixed"),
        )
    )
    run = story.trigger("d")
    story.look()
    story.end("make", returned(3))
    story.end("each[1]", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, rendered_map_index="b"))
    story.look()
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("each[0]",), downstream=True))
    story.finish()
    story.act(Mark(dag_id="d", run_id=run, tasks=("each[2]",), state="failed"))
    story.act(Undo(dag_id="d", run_id=run))
    story.act(Clear(dag_id="d", run_id=run, tasks=("make",), downstream=True))
    story.act(Undo(dag_id="d", run_id=run))
    story.end("make", returned(1))
    story.finish()
    story.look()
    story.act(Clear(dag_id="d", run_id=run, tasks=("make",)))
    story.end("make", returned(0))
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("make", "each", "sum")))
    story.end("make", returned(2))
    story.act(Cancel(dag_id="d", run_id=run, task_id="each[1]"))
    story.end("each[1]", KILLED)
    story.act(Hold(dag_id="d", run_id=run, task_id="sum"))
    story.finish()
    story.look()
    story.act(Release(dag_id="d", run_id=run, task_id="sum"))
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("make",), downstream=True))
    story.end("make", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0))
    story.finish()
    story.look()


STORIES = {
    each.__name__: each
    for each in (cleared_and_undone, through_time, reruns, pauses, rushes, mapped_and_undone)
}

"""Stories about what is planned, refused and said: the plans of every act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.builders import dag, task
from data.mapped_dags import listed, mapped
from drive.loop import BAD
from drive.story import Story
from fakes.clock import START
from penstock.model.acts import (
    AnyAct,
    Cancel,
    CancelBackfill,
    Clear,
    ClearBreakpoint,
    CreateBackfill,
    Freeze,
    Hold,
    Mark,
    PauseAll,
    PauseBackfill,
    PauseSchedule,
    Release,
    Rerun,
    ResizeBackfill,
    ResumeBackfill,
    Retry,
    RunInTurn,
    RunNext,
    RunNow,
    SetBreakpoint,
    SetNote,
    Trigger,
    Undo,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.assets import AssetSpec
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DagSpec, GroupSpec, ParamSpec, ScheduleSpec
from penstock.model.trigger_rules import TriggerRule

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
MINUTES = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")
SKIPPED = Outcome(kind=OutcomeKind.SKIPPED, exit_code=99)
RULE = TriggerRule.ALL_DONE_SETUP_SUCCESS.value
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)


def days(dag_id: str, first: int, last: int, **fields: object) -> CreateBackfill:
    """A backfill of days of February."""
    span = {"from_date": FEBRUARY + timedelta(days=first - 1), "to_date": FEBRUARY + timedelta(days=last - 1)}
    return CreateBackfill(dag_id=dag_id, **span, **fields)  # type: ignore[arg-type]


def wide(**fields: object) -> DagSpec:
    """A DAG with a bit of everything that an act can name."""
    return dag(
        "d",
        task("make", launch="python", outlets=(AssetSpec(name="a", uri="s3://a"),)),
        task("up", "make", is_setup=True, group="g"),
        task("work", "up", group="g"),
        task("down", "work", "up", group="g", is_teardown=True, trigger_rule=RULE),
        mapped(task("each", "make", launch="python", retries=1), listed(3)),
        task("end", "work", "each", trigger_rule="all_done"),
        groups=(GroupSpec(group_id="g"), GroupSpec(group_id="h")),
        **fields,
    )


def about_tasks(run: str, *names: str) -> list[AnyAct]:
    """Every act on tasks, on these and on all."""
    found: list[AnyAct] = [
        Clear(dag_id="d", run_id=run),
        Clear(dag_id="d", run_id=run, only_failed=True),
        Retry(dag_id="d", run_id=run),
        Cancel(dag_id="d", run_id=run),
        Hold(dag_id="d", run_id=run, why="wait for me"),
        Release(dag_id="d", run_id=run),
        RunNext(dag_id="d", run_id=run),
        RunNow(dag_id="d", run_id=run),
        RunInTurn(dag_id="d", run_id=run),
        SetNote(dag_id="d", run_id=run, note="look at this"),
        SetNote(dag_id="d", run_id=run),
        ClearBreakpoint(dag_id="d", run_id=run),
    ]
    for name in names:
        found += [
            Clear(dag_id="d", run_id=run, tasks=(name,)),
            Clear(dag_id="d", run_id=run, tasks=(name,), upstream=True, past=True),
            Clear(dag_id="d", run_id=run, tasks=(name,), downstream=True, future=True, only_failed=True),
            Retry(dag_id="d", run_id=run, tasks=(name,)),
            *(
                Mark(dag_id="d", run_id=run, tasks=(name,), state=state)
                for state in ("success", "failed", "skipped")
            ),
            Mark(dag_id="d", run_id=run, tasks=(name,), state="success", upstream=True, downstream=True),
            Cancel(dag_id="d", run_id=run, task_id=name),
            Hold(dag_id="d", run_id=run, task_id=name),
            Release(dag_id="d", run_id=run, task_id=name),
            RunNext(dag_id="d", run_id=run, task_id=name),
            RunNow(dag_id="d", run_id=run, task_id=name),
            RunInTurn(dag_id="d", run_id=run, task_id=name),
            SetNote(dag_id="d", run_id=run, task_id=name, note="why?"),
            SetBreakpoint(dag_id="d", run_id=run, tasks=(name,), why="to see"),
            SetBreakpoint(dag_id="d", run_id=run, tasks=(name,), where="after"),
            ClearBreakpoint(dag_id="d", run_id=run, tasks=(name,), where="before"),
        ]
    return found


async def plans(story: Story) -> None:
    """What every act on a run and its tasks would do, while they wait, run and have ended."""
    story.load(wide(max_active_tasks=3))
    names = ("make", "g", "down", "each", "each[1]")
    run = story.trigger("d", logical_date=START - timedelta(days=1))
    story.ask(*about_tasks(run, *names, "each[7]", "h", "nothing"))
    story.end("make")
    story.end("up", run=run)
    story.end("each[1]", BAD)
    story.act(Hold(dag_id="d", run_id=run, task_id="each", why="slowly"))
    story.act(Hold(dag_id="d", run_id=run, task_id="each"))
    story.ask(*about_tasks(run, *names))
    story.act(Release(dag_id="d", run_id=run, task_id="each"))
    story.end("work", BAD)
    story.ask(*about_tasks(run, "work", "end"))
    story.finish(BAD)
    story.wait()
    story.finish(BAD)
    story.look()
    story.ask(*about_tasks(run, *names))
    story.ask(
        Mark(dag_id="d", run_id=run, tasks=(), state="success"),
        Mark(dag_id="d", run_id=run, tasks=("g", "each[0]"), state="skipped", downstream=True, past=True),
        Clear(dag_id="d", run_id=run, tasks=("make", "end")),
        Rerun(dag_id="d", run_id=run),
        Rerun(dag_id="d", run_id="none"),
        SetBreakpoint(dag_id="d", tasks=()),
        SetNote(dag_id="d", run_id=run, note="x" * 10_001),
        SetNote(dag_id="d", run_id=run, task_id="each[1]", note="x" * 10_000),
    )


async def other_versions(story: Story) -> None:
    """Plans over runs of several versions of a DAG, whose file then goes."""
    story.load(wide())
    runs = [story.trigger("d", logical_date=START - timedelta(days=back)) for back in (3, 2, 1)]
    story.finish()
    changed = dag(
        "d", task("make"), task("new", "make"), mapped(task("work", "new"), listed(2)), task("each")
    )
    story.load(changed, source="1")
    latest = story.trigger("d", logical_date=START)
    story.finish(BAD)
    for run in (runs[1], latest):
        story.ask(
            Clear(dag_id="d", run_id=run),
            Clear(dag_id="d", run_id=run, latest_version=True),
            Clear(dag_id="d", run_id=run, tasks=("work",), past=True, future=True),
            Clear(dag_id="d", run_id=run, tasks=("work",), past=True, future=True, latest_version=True),
            Clear(dag_id="d", run_id=run, tasks=("new",), past=True),
            Clear(dag_id="d", run_id=run, tasks=("g",), future=True),
            Clear(dag_id="d", run_id=run, tasks=("each[1]",), future=True, latest_version=True),
            Clear(dag_id="d", run_id=run, tasks=("new",), latest_version=True, downstream=True),
            Retry(dag_id="d", run_id=run, latest_version=True),
            Mark(dag_id="d", run_id=run, tasks=("new", "up"), state="failed", past=True, future=True),
            Mark(dag_id="d", run_id=run, tasks=("make",), state="failed", past=True, future=True),
        )
    story.act(Clear(dag_id="d", run_id=runs[0], tasks=("work",), latest_version=True, future=True))
    story.look()
    story.act(Undo(dag_id="d"))
    story.act(Clear(dag_id="d", run_id=runs[0], tasks=("up",)))
    story.ask(Clear(dag_id="d", run_id=runs[0], latest_version=True))
    story.act(Undo(dag_id="d"))
    story.finish()
    story.look()
    story.remove_file("d.py")
    story.ask(
        Trigger(dag_id="d"),
        Rerun(dag_id="d", run_id=latest),
        days("d", 1, 2),
        Clear(dag_id="d", run_id=latest, latest_version=True),
        Clear(dag_id="d", run_id=runs[0]),
        SetBreakpoint(dag_id="d", tasks=("make",)),
        PauseSchedule(dag_id="d"),
        UnpauseSchedule(dag_id="d"),
        PauseAll(),
    )


async def backfills_planned(story: Story) -> None:
    """What is said of backfills before, while and after they run, and those that are refused."""
    params = {"rows": ParamSpec(required=True, json_schema={"type": "integer"})}
    story.load(
        dag("d", task("a"), schedule=DAILY, catchup="none"),
        dag("past", task("a", depends_on_past=True), schedule=DAILY, catchup="none"),
        dag("wants", task("a"), params=params, schedule=DAILY, catchup="none"),
        dag("often", task("a"), schedule=MINUTES, catchup="none"),
        dag("short", task("a"), schedule=DAILY, catchup="none", timezone="Europe/Berlin",
            start_date=FEBRUARY, end_date=FEBRUARY + timedelta(days=3, hours=5)),
        dag("manual", task("a")),
    )  # fmt: skip
    run = story.trigger("d", logical_date=FEBRUARY)
    story.end("a", BAD, run=run)
    story.trigger("d", logical_date=FEBRUARY + timedelta(days=1))
    story.finish()
    story.trigger("d", logical_date=FEBRUARY + timedelta(days=2))
    naive, hour = datetime(2026, 2, 3), timedelta(hours=1)
    story.ask(
        *(days("d", 1, 4, reprocess=each) for each in ("none", "failed", "completed")),
        days("d", 4, 60, backwards=True, canary=True, stop_after=3, max_active_runs=4, conf={"x": [1]}),
        days("d", 60, 61),
        days("d", 60, 60),
        days("d", 3, 3),
        days("d", 4, 3),
        days("d", 4, 4, max_active_runs=0),
        days("d", 4, 4, stop_after=0),
        days("d", 4, 4, max_active_runs=1, stop_after=1),
        days("past", 1, 2, backwards=True),
        days("past", 1, 2),
        days("wants", 1, 2),
        days("wants", 1, 2, conf={"rows": 3}),
        days("often", 1, 15),
        days("manual", 1, 2),
        days("short", 10, 12),
        days("short", -10, -5),
        days("short", 3, 9),
        days("nothing", 1, 2),
        CreateBackfill(dag_id="short", from_date=naive, to_date=naive),
        CreateBackfill(dag_id="d", from_date=FEBRUARY + hour, to_date=FEBRUARY + hour),
    )
    story.act(days("d", 1, 8, max_active_runs=2, reprocess="failed"))
    story.act(days("short", 1, 2, max_active_runs=1))

    def lives(key: int) -> list[AnyAct]:
        return [
            PauseBackfill(backfill_id=key),
            ResumeBackfill(backfill_id=key),
            CancelBackfill(backfill_id=key),
            ResizeBackfill(backfill_id=key, max_active_runs=7),
            ResizeBackfill(backfill_id=key, max_active_runs=0),
            days("d", 1, 2),
        ]

    story.ask(*lives(1), *lives(2), *lives(3))
    story.act(PauseBackfill(backfill_id=1))
    story.ask(*lives(1))
    story.look()
    story.act(ResumeBackfill(backfill_id=1))
    story.act(ResizeBackfill(backfill_id=1, max_active_runs=1))
    story.act(Freeze(dag_id="d"))
    story.end("a", run=story.bench.loop.world.runs[min(story.bench.loop.world.runs)].record.run_id)
    story.look()
    story.act(Unfreeze(dag_id="d"))
    story.act(CancelBackfill(backfill_id=1))
    story.ask(*lives(1))
    story.look()
    story.finish()
    story.ask(*lives(1))
    story.act(days("d", 1, 2))
    story.act(days("d", 60, 61))
    story.look()


STORIES = {each.__name__: each for each in (plans, other_versions, backfills_planned)}

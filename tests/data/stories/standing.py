"""Stories about breakpoints, pauses of all, failures, turns and tasks that wait for triggers."""

from __future__ import annotations

from datetime import timedelta

from data.builders import dag, task
from data.mapped_dags import listed, mapped
from data.stories.plans import about_tasks, days
from drive.loop import BAD, OK
from drive.story import Story
from fakes.clock import START
from penstock.model.acts import (
    AcknowledgeFailures,
    Cancel,
    Clear,
    ClearBreakpoint,
    Freeze,
    Hold,
    Looked,
    Mark,
    PauseAll,
    PauseSchedule,
    Release,
    ReopenFailures,
    ResumeAll,
    Retry,
    RunInTurn,
    RunNext,
    RunNow,
    SetBreakpoint,
    SetPool,
    SnoozeFailures,
    Undo,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import GroupSpec, ScheduleSpec

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
MINUTES = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")
SKIPPED = Outcome(kind=OutcomeKind.SKIPPED, exit_code=99)


async def breakpoints(story: Story) -> None:
    """Runs that stop before and after tasks, of this run and of the next, and go on."""
    story.load(
        dag(
            "d",
            task("a"),
            task("b", "a", group="g"),
            task("c", "b", group="g"),
            task("e", "a", launch="empty"),
            mapped(task("m", "a"), listed(2)),
            task("z", "c", "e", "m"),
            groups=(GroupSpec(group_id="g"),),
            dagrun_timeout=500.0,
        )
    )
    run = story.trigger("d")
    story.act(SetBreakpoint(dag_id="d", run_id=run, tasks=("a", "g", "m[1]", "e", "z"), why="look first"))
    story.act(SetBreakpoint(dag_id="d", run_id=run, tasks=("g",), where="after"))
    story.act(SetBreakpoint(dag_id="d", run_id=run, tasks=("b",), why="again"))
    story.ask(
        SetBreakpoint(dag_id="d", run_id=run, tasks=("nothing",)),
        SetBreakpoint(dag_id="d", run_id=run, tasks=("m[7]",)),
        SetBreakpoint(dag_id="d", tasks=("g[1]",)),
        ClearBreakpoint(dag_id="d", run_id=run, tasks=("m",), where="after"),
        ClearBreakpoint(dag_id="d", run_id=run, tasks=("m", "e")),
        ClearBreakpoint(dag_id="d", run_id=run, where="after"),
        ClearBreakpoint(dag_id="d"),
        ClearBreakpoint(dag_id="d", run_id="none"),
    )
    story.look()
    story.forward(10)
    story.end("a")
    story.look()
    story.finish()
    story.look()
    story.act(RunNow(dag_id="d", run_id=run, task_id="b"))
    story.act(SetBreakpoint(dag_id="d", run_id=run, tasks=("b",), why="it stands there"))
    story.act(ClearBreakpoint(dag_id="d", run_id=run, tasks=("b",)))
    story.look()
    story.act(Hold(dag_id="d", run_id=run))
    story.forward(7)
    story.act(ClearBreakpoint(dag_id="d", run_id=run, tasks=("m", "e")))
    story.forward(3)
    story.act(Release(dag_id="d", run_id=run))
    story.ask(*about_tasks(run, "b", "m"))
    story.finish()
    story.act(ClearBreakpoint(dag_id="d", run_id=run))
    story.finish()
    story.look()
    story.act(SetBreakpoint(dag_id="d", run_id=run, tasks=("c",), where="after"))
    story.act(SetBreakpoint(dag_id="d", run_id=run, tasks=("z",), where="after"))
    story.ask(SetBreakpoint(dag_id="d", run_id=run, tasks=("a",)))
    story.act(Clear(dag_id="d", run_id=run, tasks=("c",), downstream=True))
    story.finish()
    story.look()
    story.act(Undo(dag_id="d", run_id=run))
    story.act(Clear(dag_id="d", run_id=run, tasks=("c",)))
    story.look()
    story.finish()
    story.act(ClearBreakpoint(dag_id="d", run_id=run, tasks=("c",)))
    story.finish()
    story.look()
    story.act(Cancel(dag_id="d", run_id=run))
    story.look()
    story.act(SetBreakpoint(dag_id="d", tasks=("z", "m[1]"), where="before", why="next time"))
    story.act(SetBreakpoint(dag_id="d", tasks=("a",), where="after"))
    story.act(ClearBreakpoint(dag_id="d", tasks=("z",)))
    story.look()
    story.load(dag("d", task("a"), task("y", "a")), source="1")
    story.forward(5)
    await story.open()
    run = story.trigger("d")
    story.finish()
    story.look()
    story.step_clock(3600)
    story.look()
    story.act(ClearBreakpoint(dag_id="d", run_id=run))
    story.finish()
    story.look()


async def paused_together(story: Story) -> None:
    """All DAGs paused and frozen at once, what somebody paused alone, and all of it resumed."""
    minutes = {"schedule": MINUTES, "paused_upon_creation": False}
    story.load(
        dag("a", task("t"), catchup="all", **minutes),
        dag("b", task("t"), catchup="latest", **minutes),
        dag("c", task("t")),
        dag("gone", task("t"), **minutes),
    )
    story.remove_file("gone.py")
    story.act(PauseSchedule(dag_id="b", why="mine"))
    story.ask(PauseAll(until=START), PauseAll(freeze=True, until=START + timedelta(hours=1), why="release"))
    story.act(ResumeAll())
    story.act(PauseAll(why="release", until=START + timedelta(seconds=400)))
    story.act(PauseAll(freeze=True))
    story.ask(PauseAll(), PauseAll(freeze=True), ResumeAll())
    story.trigger("a")
    story.look()
    story.forward(130)
    story.ask(ResumeAll(), UnpauseSchedule(dag_id="a"), UnpauseSchedule(dag_id="b"))
    story.act(Unfreeze(dag_id="a"))
    story.act(PauseSchedule(dag_id="a", why="now mine"))
    await story.open()
    story.act(ResumeAll())
    story.act(ResumeAll())
    story.look()
    story.act(UnpauseSchedule(dag_id="c"))
    story.act(PauseAll(until=story.bench.clock.time + timedelta(seconds=70)))
    story.wait()
    story.look()
    story.finish()
    story.act(UnpauseSchedule(dag_id="a"))
    story.act(UnpauseSchedule(dag_id="b"))
    story.finish()
    story.look()


async def failures(story: Story) -> None:
    """What failed, what was said about it, until when that holds, and who has seen it."""
    story.load(
        dag("d", task("a"), task("b", "a")), dag("e", task("x"), task("y", retries=1, retry_delay=5.0))
    )

    def seen() -> list[str]:
        page = story.bench.engine.failures(everything=True, person="tester")
        story.tell("failures", page)
        return [group.fingerprint for group in page.failures]

    def fail(dag_id: str, name: str, line: str) -> str:
        run = story.trigger(dag_id)
        attempt_id = story.bench.live()[f"{run}/{name}"]
        story.bench.executor.logs[attempt_id] = f"2026-03-01 06:00:00 ERROR {line}\n".encode()
        story.end(name, BAD, run=run)
        return run

    first = fail("d", "a", "no rows for day 7")
    fail("e", "x", "no rows for day 8")
    late = fail("d", "a", "disk is full")
    rows, disk = seen()[::-1]
    soon = story.bench.clock.time + timedelta(seconds=30)
    story.ask(
        AcknowledgeFailures(fingerprint=rows, why="known"),
        AcknowledgeFailures(fingerprint=disk),
        SnoozeFailures(fingerprint=rows, until=START),
        SnoozeFailures(fingerprint=rows, until=soon),
        ReopenFailures(fingerprint=rows),
        AcknowledgeFailures(fingerprint="0" * 8),
    )
    story.act(Looked(place="failures", upto=2))
    story.act(Looked(place="failures", upto=1))
    story.act(Looked(place="digest", upto=0))
    story.act(Looked(place="digest", upto=5, failures=1))
    story.act(AcknowledgeFailures(fingerprint=rows, why="known"))
    story.act(SnoozeFailures(fingerprint=disk, until=soon, why="tomorrow"))
    story.act(SnoozeFailures(fingerprint=rows, until=soon + timedelta(hours=1)))
    seen()
    story.ask(
        AcknowledgeFailures(fingerprint=rows),
        SnoozeFailures(fingerprint=disk, until=soon + timedelta(hours=2)),
        ReopenFailures(fingerprint=rows),
        ReopenFailures(fingerprint=disk),
    )
    story.wait()
    seen()
    story.act(ReopenFailures(fingerprint=rows))
    story.act(ReopenFailures(fingerprint=rows))
    fail("d", "a", "no rows for day 9")
    story.act(Retry(dag_id="d", run_id=first))
    story.end("a", OK, run=first)
    story.act(Mark(dag_id="d", run_id=late, tasks=("b",), state="failed"))
    story.finish(BAD)
    story.act(AcknowledgeFailures(fingerprint=rows))
    seen()
    story.look()


async def turns(story: Story) -> None:
    """Who runs first of those that are alike, what is taken back, and runs that give their place away."""
    story.load(
        dag("d", *(task(name, pool="p") for name in ("a", "b", "c")), task("big", pool="p", pool_slots=2),
            task("wait", retries=1, retry_delay=50.0), max_active_runs=2),
        dag("back", task("a", depends_on_past=True, pool="p"), schedule=DAILY, catchup="none",
            max_active_runs=1),
        dag("later", task("a", depends_on_past=True), max_active_runs=1),
    )  # fmt: skip
    story.act(SetPool(name="p", slots=2))
    one = story.trigger("d")
    two = story.trigger("d")
    three = story.trigger("d")
    story.look()
    for rush in (RunNext, RunNow):
        story.ask(
            *(rush(dag_id="d", run_id=run) for run in (one, two, three)),
            *(rush(dag_id="d", run_id=run, task_id="a") for run in (one, two, three)),
            rush(dag_id="d", run_id=one, task_id="wait"),
        )
    story.act(RunNext(dag_id="d", run_id=two, task_id="c"))
    story.act(RunNext(dag_id="d", run_id=two, task_id="big"))
    story.act(RunNow(dag_id="d", run_id=three))
    story.act(RunInTurn(dag_id="d", run_id=two, task_id="c"))
    story.act(RunInTurn(dag_id="d", run_id=two, task_id="c"))
    story.act(RunInTurn(dag_id="d", run_id=one, task_id="a"))
    story.end("wait", BAD, run=one)
    story.look()
    story.act(RunNext(dag_id="d", run_id=one, task_id="wait"))
    story.act(RunNow(dag_id="d", run_id=one, task_id="wait"))
    story.end("wait", OK, run=one)
    story.end("a", run=one)
    story.look()
    story.end("b", run=one)
    story.look()
    story.act(days("back", 1, 4, max_active_runs=3))
    story.look()
    story.finish()
    story.finish()
    new = story.trigger("later", logical_date=START)
    story.trigger("later", logical_date=START - timedelta(days=1))
    story.look()
    story.act(Clear(dag_id="later", run_id=new))
    story.finish()
    story.finish()
    old = story.trigger("later", logical_date=START + timedelta(days=1))
    story.end("a", BAD, run=old)
    story.act(Clear(dag_id="later", run_id=new))
    story.act(Retry(dag_id="later", run_id=old))
    story.look()
    story.finish()
    story.look()


async def deferred(story: Story) -> None:
    """Tasks that wait for a trigger, the process that runs triggers, and what becomes of both."""
    limited = task("limited", launch="python", execution_timeout=60.0, retries=1, retry_delay=1.0)
    story.load(dag("d", task("free", launch="python"), limited, task("end", "free", "limited")))
    run = story.trigger("d")
    clock, executor = story.bench.clock, story.bench.executor

    def until(seconds: float | None) -> Outcome:
        by = None if seconds is None else clock.time.timestamp() + seconds
        return Outcome(kind=OutcomeKind.DEFERRED, exit_code=0, trigger="FileTrigger(/x)", resume_by=by)

    attempts = story.bench.live()
    story.forward(2)
    story.end("free", until(None))
    story.look()
    story.end("limited", until(100))
    story.look()
    story.forward(10)
    story.act(Freeze(dag_id="d"))
    story.forward(20)
    story.act(Unfreeze(dag_id="d"))
    story.look()
    story.act(Hold(dag_id="d", run_id=run, task_id="limited"))
    story.forward(5)
    story.act(Release(dag_id="d", run_id=run, task_id="limited"))
    executor.has_fired.add(attempts[f"{run}/free"])
    story.tick()
    story.tick()
    story.look()
    while not any(name.endswith("/limited") for name in story.bench.live()):
        story.wait()  # its time was made longer twice
    story.end("limited", until(None))
    story.look()
    story.act(Cancel(dag_id="d", run_id=run, task_id="limited"))
    story.finish()
    story.look()


STORIES = {each.__name__: each for each in (breakpoints, paused_together, failures, turns, deferred)}

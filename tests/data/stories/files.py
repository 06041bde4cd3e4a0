"""Stories about DAG files that change, callbacks, setups, stored values and what goes wrong."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from data.builders import dag, task
from data.mapped_dags import grouped, in_group, listed, mapped, over, returned
from drive.loop import BAD, OK
from drive.story import Story
from fakes.clock import START
from penstock.model.acts import (
    Cancel,
    Clear,
    DeleteConnection,
    DeleteVariable,
    Freeze,
    Mark,
    QuarantineDrop,
    QuarantineRetry,
    Retry,
    SetConnection,
    SetVariable,
    Undo,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import DeadlineSpec, GroupSpec, PoolSpec, ScheduleSpec
from penstock.model.trigger_rules import TriggerRule

KILLED = Outcome(kind=OutcomeKind.CANCELLED, signal=15)
RULE = TriggerRule.ALL_DONE_SETUP_SUCCESS.value
EVERY = ("execute", "success", "failure", "retry", "skipped")


async def versions(story: Story) -> None:
    """A file that changes, breaks, goes and comes back, with runs under way."""
    story.load(dag("d", task("a"), task("b", "a"), pools=(PoolSpec(name="p", slots=2),)))
    run = story.trigger("d")
    story.load(dag("d", task("a"), task("b", "a"), task("c", "b"), description="more"), source="1")
    story.load(dag("d", task("a"), task("b", "a"), task("c", "b"), description="more"), source="1")
    story.look()
    story.end("a", run=run)
    story.break_file("d.py")
    story.look()
    story.trigger("d")
    story.break_file("d.py")
    story.break_file("new.py")
    story.finish()
    story.load(dag("d", task("a")), dag("also", task("x"), file="d.py"), source="2")
    story.look()
    story.load(dag("also", task("x"), file="d.py"), source="3")
    story.look()
    story.act(UnpauseSchedule(dag_id="d"))
    story.act(Retry(dag_id="d", run_id=run))
    story.load(dag("d", task("a"), file="elsewhere.py"), source="4")
    story.load(dag("also", task("x"), file="twice.py"), source="5")
    story.remove_file("new.py")
    story.remove_file("d.py")
    story.remove_file("unknown.py")
    story.look()
    await story.open()
    story.act(Clear(dag_id="d", run_id=run, latest_version=True))
    story.finish()
    story.look()


async def callbacks(story: Story) -> None:
    """Who is told what, when; deadlines; schedules that pause themselves."""
    minutes = ScheduleSpec(kind="cron", crons=("*/5 * * * *",), text="*/5 * * * *")
    story.load(
        dag(
            "d",
            task("a", retries=1, retry_delay=10.0, callbacks=EVERY),
            task("b", "a", callbacks=("success", "skipped")),
            task("c", "a", launch="empty", callbacks=("success",)),
            callbacks=("success", "failure"),
            deadlines=(
                DeadlineSpec(reference="queued", seconds=30.0, name="soon"),
                DeadlineSpec(reference="started", seconds=5.0),
                DeadlineSpec(reference="fixed", seconds=-10.0, at=START + timedelta(seconds=100)),
                DeadlineSpec(reference="logical_date", seconds=86_400.0),
                DeadlineSpec(reference="due", seconds=40.0),
            ),
            max_active_runs=1,
        ),
        dag("bad", task("t"), schedule=minutes, catchup="none", max_consecutive_failed_runs=2,
            paused_upon_creation=False),
    )  # fmt: skip
    run = story.trigger("d", logical_date=START - timedelta(days=1) + timedelta(seconds=20))
    waiting = story.trigger("d")
    story.look()
    story.deliver()
    story.forward(6)
    story.deliver()
    story.end("a", BAD, run=run)
    story.deliver(BAD)
    story.wait()
    story.deliver()
    story.wait()
    story.deliver(Outcome(kind=OutcomeKind.LOST, reason="gone"))
    story.deliver(Outcome(kind=OutcomeKind.TIMEOUT, reason="too long"))
    story.look()
    story.end("a", OK, run=run)
    bell = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, xcoms={"bell": ["ring", "twice"]})
    story.deliver(bell)
    story.deliver()
    story.end("b", Outcome(kind=OutcomeKind.SKIPPED), run=run)
    story.deliver()
    story.deliver()
    story.look()
    story.act(Cancel(dag_id="d", run_id=waiting))
    story.finish(KILLED)
    story.deliver()
    story.act(Clear(dag_id="d", run_id=run, tasks=("b",)))
    story.forward(100)
    story.look()
    await story.open()
    story.deliver()
    story.act(Mark(dag_id="d", run_id=run, tasks=("b",), state="failed"))
    story.finish()
    story.deliver()
    for _ in range(3):
        story.forward(300)
        story.finish(BAD)
    story.look()
    story.act(UnpauseSchedule(dag_id="bad"))
    story.forward(300)
    story.finish()
    story.look()


async def setups(story: Story) -> None:
    """Setups and teardowns: what needs them, what they need, and acts on parts of it."""
    story.load(
        dag(
            "d",
            task("up", is_setup=True),
            task("work", "up"),
            task("more", "work"),
            task("down", "more", "up", is_teardown=True, trigger_rule=RULE),
            task("strict", "more", "up", is_teardown=True, trigger_rule=RULE, on_failure_fail_dagrun=True),
            task("after", "more"),
        )
    )
    run = story.trigger("d")
    story.look()
    story.end("up")
    story.end("work", BAD)
    story.look()
    story.end("down", BAD)
    story.finish()
    story.look()
    story.act(Clear(dag_id="d", run_id=run, tasks=("work",)))
    story.look()
    story.end("up")
    story.act(Cancel(dag_id="d", run_id=run))
    story.end("work", KILLED)
    story.look()
    story.finish()
    story.act(Retry(dag_id="d", run_id=run))
    story.end("up", BAD)
    story.finish()
    story.act(Mark(dag_id="d", run_id=run, tasks=("up",), state="success"))
    story.finish()
    story.act(Clear(dag_id="d", run_id=run, tasks=("down",)))
    story.act(Cancel(dag_id="d", run_id=run, task_id="down"))
    story.finish(KILLED)
    story.look()


async def groups(story: Story) -> None:
    """A mapped group with tasks in a row, over a list that changes."""
    story.load(
        grouped(
            over("make"),
            task("make", launch="python"),
            in_group(task("g.one", "make", launch="python")),
            in_group(task("g.two", "g.one", launch="python", retries=1, retry_delay=5.0)),
            task("end", "g.two", trigger_rule="all_done"),
        ),
        dag(
            "nested",
            task("a", group="outer.inner"),
            task("b", "a", group="outer"),
            mapped(task("c", "b", launch="python"), listed(0)),
            task("z", "c", trigger_rule="none_failed"),
            groups=(GroupSpec(group_id="outer"), GroupSpec(group_id="outer.inner", parent="outer")),
        ),
    )
    run = story.trigger("d")
    story.end("make", returned(2))
    story.look()
    story.end("g.one[1]")
    story.end("g.two[1]", BAD)
    story.end("g.one[0]", BAD)
    story.look()
    story.wait()
    story.finish()
    story.look()
    story.act(Freeze(dag_id="d"))
    story.act(Clear(dag_id="d", run_id=run, tasks=("g.one",), downstream=True))
    story.act(Undo(dag_id="d", run_id=run))
    story.act(Clear(dag_id="d", run_id=run, tasks=("g.two[1]",), upstream=True))
    story.look()
    story.act(Unfreeze(dag_id="d"))
    story.end("make", returned(3))
    story.finish()
    story.act(Mark(dag_id="d", run_id=run, tasks=("g.one[2]",), state="skipped", downstream=True))
    story.finish()
    story.trigger("nested")
    story.finish()
    story.look()


async def values(story: Story) -> None:
    """Variables and connections of the store."""
    story.act(SetVariable(name="region", value="eu", description="where"))
    story.act(SetVariable(name="region", value="eu"))
    story.act(SetVariable(name="region", value="us"))
    story.act(SetVariable(name="token", secret="env:TOKEN"))
    story.act(SetVariable(name="both", value="x", secret="env:X"))
    story.act(SetVariable(name="", value="x"))
    story.act(SetConnection(conn_id="db", entry={"uri": "pg://h/db", "secrets": {"password": "env:P"}}))
    story.act(SetConnection(conn_id="db", entry={"uri": "pg://h/other", "secrets": {"password": "env:P"}}))
    story.act(SetConnection(conn_id="bad", entry={"nothing": "known"}))
    story.look()
    await story.open()
    story.act(DeleteVariable(name="region"))
    story.act(DeleteVariable(name="region"))
    story.act(DeleteConnection(conn_id="db"))
    story.act(DeleteConnection(conn_id="db"))
    story.look()


async def quarantine(story: Story) -> None:
    """Rows that cannot be read are left out, and everything else goes on."""
    story.load(dag("good", task("a")), dag("d", task("a"), task("b", "a")))
    run, other = story.trigger("d"), story.trigger("good")
    with story.bench.database.write() as connection:
        connection.execute(sa.text("UPDATE run SET conf = 'not JSON' WHERE dag_id = 'd'"))
        connection.execute(sa.text("UPDATE task_instance SET outcome = 'not JSON' WHERE run_pk = 2"))
    await story.open()
    story.look(why=False)
    subjects = [row.id for row in story.bench.engine.quarantine()]
    for subject in subjects:
        story.act(QuarantineRetry(subject=subject))
    story.look(why=False)
    with story.bench.database.write() as connection:
        connection.execute(sa.text("UPDATE run SET conf = '{}' WHERE dag_id = 'd'"))
    for subject in subjects:
        story.act(QuarantineRetry(subject=subject))
        story.act(QuarantineDrop(subject=subject))
    story.act(QuarantineDrop(subject="run:nothing/none"))
    story.forward(60)
    story.finish()
    story.look(why=False)
    assert {run, other}


STORIES = {each.__name__: each for each in (versions, callbacks, setups, groups, values, quarantine)}

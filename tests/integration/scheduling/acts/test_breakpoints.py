"""Breakpoints: where a run stops, what it says, and how it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.builders import dag, task
from data.mapped_dags import in_group, listed, mapped
from drive.loop import BAD, OK, Bench
from penstock.errors import UnknownError, UsageError
from penstock.model.acts import (
    Cancel,
    Clear,
    ClearBreakpoint,
    Hold,
    Mark,
    Release,
    Rerun,
    Retry,
    RunNow,
    SetBreakpoint,
    Undo,
)
from penstock.model.spec import DagSpec, GroupSpec
from penstock.model.states import RunState, TaskState
from penstock.model.views.pauses import BreakpointRow


def line(**more: object) -> DagSpec:
    """A line of three tasks, and one beside it."""
    return dag("d", task("a"), task("b", "a"), task("c", "b"), task("beside"), **more)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(line())
    return bench


def standing(bench: Bench, run: str | None = None) -> list[BreakpointRow]:
    return [each for each in bench.engine.breakpoints("d") if run is None or each.run_id == run]


def stop(bench: Bench, run: str | None, *tasks: str, where: str = "before", why: str | None = None) -> None:
    bench.act(SetBreakpoint(dag_id="d", run_id=run, tasks=tasks, where=where, why=why))  # type: ignore[arg-type]


def go(bench: Bench, run: str | None, *tasks: str) -> None:
    bench.act(ClearBreakpoint(dag_id="d", run_id=run, tasks=tasks))
    bench.tick()


def kinds(bench: Bench) -> list[str]:
    found = [event.kind for event in reversed(bench.engine.events(dag_id="d", limit=500))]
    return [kind for kind in found if kind.startswith("breakpoint")]


async def test_a_run_stops_before_a_task_says_so_and_goes_on(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b", why="look at the file")
    assert standing(bench)[0].reached is None
    assert bench.run("d", run).run.held is None
    bench.end("beside")
    bench.end("a")
    assert bench.running() == []
    detail = bench.run("d", run)
    assert detail.run.held is not None
    assert (detail.run.held.breakpoint, detail.run.held.why) == ("before b", "look at the file")
    held = {each.task_id: each.held for each in detail.tasks}
    assert [name for name, info in held.items() if info] == ["b"]
    assert detail.breakpoints[0].reached == bench.clock.now()
    listed = bench.engine.dags()[0].last_run
    assert listed is not None
    assert listed.held == detail.run.held
    for answer in (bench.engine.why("d", run), bench.engine.why("d", run, "b")):
        text = next(each.text for each in answer.barriers if each.kind == "breakpoint")
        assert "stopped before b since" in text
        assert "set by tester (look at the file)" in text
        assert f"penstock breakpoint clear d {run} b" in text
    assert "breakpoint" in bench.engine.why("d", run, "c").root
    go(bench, run, "b")
    assert bench.running() == ["b"]
    assert standing(bench) == []
    assert kinds(bench) == ["breakpoint_set", "breakpoint_reached", "breakpoint_clear"]
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_after_a_task_what_depends_on_it_waits_and_nothing_else(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "a", where="after")
    bench.end("a")
    assert bench.running() == ["beside"]
    assert bench.states("d", run)["b"] is TaskState.PENDING
    why = bench.engine.why("d", run, "b")
    assert [each.kind.value for each in why.barriers] == ["breakpoint"]
    assert "stopped after a" in why.root
    assert not any(each.kind == "breakpoint" for each in bench.engine.why("d", run, "beside").barriers)
    waiting = bench.engine.live().waiting
    assert [(each.run_id, each.task_id, each.kind.value) for each in waiting] == [(run, None, "breakpoint")]
    go(bench, run)
    assert bench.running() == ["b", "beside"]


@pytest.mark.parametrize("outcome", [OK, BAD])
async def test_after_the_last_task_the_run_does_not_end(bench: Bench, outcome: object) -> None:
    run = bench.trigger("d")
    stop(bench, run, "c", where="after")
    bench.finish(lambda name: outcome if name == "c" else OK)  # type: ignore[arg-type,return-value]
    assert bench.run_state("d", run) is RunState.RUNNING
    await bench.restart()
    bench.tick()
    assert bench.run_state("d", run) is RunState.RUNNING
    go(bench, run, "c")
    assert bench.run_state("d", run) is (RunState.SUCCESS if outcome is OK else RunState.FAILED)


async def test_after_a_failure_nothing_is_blocked_until_it_goes_on(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "a", where="after")
    bench.end("a", BAD)
    bench.end("beside")
    assert bench.states("d", run)["b"] is TaskState.PENDING
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    go(bench, run, "a")
    assert bench.running() == ["b"]


async def test_the_next_run_takes_it_over_once(bench: Bench) -> None:
    first = bench.trigger("d")
    stop(bench, None, "b", "c")
    assert {each.run_id for each in standing(bench)} == {None}
    second = bench.trigger("d")
    third = bench.trigger("d")
    assert [(each.run_id, each.task_id) for each in standing(bench)] == [(second, "b"), (second, "c")]
    bench.finish()
    states = {run: bench.states("d", run)["b"] for run in (first, second, third)}
    assert states == {first: TaskState.SUCCESS, second: TaskState.SCHEDULED, third: TaskState.SUCCESS}
    go(bench, second, "b")
    bench.finish()
    held = bench.run("d", second).run.held
    assert held is not None
    assert held.breakpoint == "before c"


async def test_what_the_next_run_does_not_have_is_dropped_and_said(bench: Bench) -> None:
    stop(bench, None, "c")
    bench.load(dag("d", task("a"), task("b", "a")))
    bench.trigger("d")
    assert standing(bench) == []
    assert kinds(bench) == ["breakpoint_set", "breakpoint_dropped"]


async def test_it_is_taken_back_before_it_is_reached(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b")
    plan = bench.loop.plan(ClearBreakpoint(dag_id="d", run_id=run, tasks=("b",)))
    assert plan.title == "Clear before b"
    go(bench, run, "b")
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS
    nothing = bench.loop.plan(ClearBreakpoint(dag_id="d", run_id=run))
    assert nothing.items == ()
    assert "nothing to do" in nothing.notes[0]
    assert "nothing to do" in bench.act(ClearBreakpoint(dag_id="d", run_id=run)).message


@pytest.mark.parametrize("reached", [False, True])
async def test_what_was_taken_away_is_named_or_counted(bench: Bench, *, reached: bool) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b")
    stop(bench, run, "c")
    if reached:
        bench.end("a")
    verb = "goes on from" if reached else "no longer stops"
    one = bench.act(ClearBreakpoint(dag_id="d", run_id=run, tasks=("b",)))
    assert one.message == f"{run} of d {verb} before b"
    stop(bench, run, "b")
    both = bench.act(ClearBreakpoint(dag_id="d", run_id=run))
    assert both.message.endswith(" 2 breakpoints")
    assert both.touched == 2


async def test_of_a_group_all_in_it_are_taken_away_for_the_next_run_as_its_file_is_now(bench: Bench) -> None:
    inner = dag("d", task("a"), in_group(task("g.b", "a")), groups=(GroupSpec(group_id="g"),))
    bench.load(inner)
    stop(bench, None, "g")
    stop(bench, None, "a")
    assert [each.task_id for each in standing(bench)] == ["a", "g.b"]
    go(bench, None, "g")
    assert [each.task_id for each in standing(bench)] == ["a"]


async def test_a_retry_does_not_stop_again_and_one_set_meanwhile_does(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=2, retry_delay=10.0)))
    run = bench.trigger("d")
    stop(bench, run, "a")  # it runs already
    bench.end("a", BAD)
    bench.clock.forward(60)
    bench.tick()
    assert bench.states("d", run)["a"] is TaskState.SCHEDULED
    go(bench, run, "a")
    bench.end("a", BAD)
    bench.clock.forward(60)
    bench.tick()
    assert bench.running() == ["a"]


async def test_a_run_that_is_cleared_stops_where_it_never_got_to(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "c")
    bench.finish(lambda name: BAD if name == "a" else OK)
    assert bench.run_state("d", run) is RunState.FAILED
    assert len(standing(bench, run)) == 1
    bench.act(Retry(dag_id="d", run_id=run))
    bench.finish()
    assert bench.states("d", run)["c"] is TaskState.SCHEDULED
    assert bench.run("d", run).run.held is not None
    again = bench.act(Rerun(dag_id="d", run_id=run)).run_id
    assert again is not None
    bench.finish()
    assert bench.run_state("d", again) is RunState.SUCCESS  # a breakpoint is of one run


async def test_one_set_on_an_ended_run_counts_for_a_clear_and_undo_takes_the_clear_back(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.finish()
    done = SetBreakpoint(dag_id="d", run_id=run, tasks=("a",))
    assert "after a clear or retry" in bench.loop.plan(done).notes[0]
    bench.act(done)
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a", "b", "c")))
    bench.tick()
    assert standing(bench, run)[0].reached is not None
    bench.act(Undo())
    bench.tick()
    assert bench.run_state("d", run) is RunState.SUCCESS
    assert [each.reached for each in standing(bench, run)] == [None]


async def test_clearing_what_it_stopped_after_lets_it_stop_there_again(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "a", where="after")
    bench.end("a")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.tick()
    assert bench.running() == ["a", "beside"]
    assert standing(bench, run)[0].reached is None
    bench.end("a")
    assert standing(bench, run)[0].reached is not None
    assert kinds(bench).count("breakpoint_reached") == 2


async def test_cancelling_ends_a_run_that_has_stopped(bench: Bench) -> None:
    for where, at in (("before", "b"), ("after", "a")):
        run = bench.trigger("d")
        stop(bench, run, at, where=where)
        bench.finish()
        assert bench.run("d", run).run.held is not None
        bench.act(Cancel(dag_id="d", run_id=run))
        bench.tick()
        assert bench.run_state("d", run) is RunState.CANCELLED
        assert standing(bench, run) == []  # it has stopped once


async def test_holds_and_breakpoints_are_independent(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b")
    bench.act(Hold(dag_id="d", run_id=run, task_id="b"))
    bench.finish()
    go(bench, run, "b")
    assert bench.running() == []
    bench.act(Release(dag_id="d", run_id=run, task_id="b"))
    assert bench.running() == ["b"]


async def test_run_now_does_not_jump_over_it(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b")
    bench.finish()
    bench.act(RunNow(dag_id="d", run_id=run, task_id="b"))
    bench.tick()
    assert bench.running() == []


async def test_the_event_is_written_once_and_all_outlives_the_engine(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b")
    stop(bench, None, "a")
    bench.finish()
    since = standing(bench, run)[0].reached
    for _ in range(2):
        bench.clock.forward(60)
        await bench.restart()
        bench.tick()
    assert standing(bench, run)[0].reached == since
    assert kinds(bench).count("breakpoint_reached") == 1
    assert bench.running() == []
    other = bench.trigger("d")
    assert [each.run_id for each in standing(bench, other)] == [other]


async def test_the_time_limit_of_a_run_stands_still_there(bench: Bench) -> None:
    bench.load(line(dagrun_timeout=100.0))
    run = bench.trigger("d")
    stop(bench, run, "b")
    bench.finish()
    bench.clock.forward(3600)
    bench.tick()
    assert bench.run_state("d", run) is RunState.RUNNING
    go(bench, run, "b")
    bench.clock.forward(50)
    bench.tick()
    assert bench.run_state("d", run) is RunState.RUNNING
    bench.clock.forward(60)
    bench.tick()
    assert "dagrun_timeout" in (bench.run("d", run).run.reason or "")


async def test_mapped_tasks_stop_as_a_whole_or_one_by_one(bench: Bench) -> None:
    bench.load(dag("d", task("a"), mapped(task("each", "a"), listed(3))))
    whole = bench.trigger("d")
    stop(bench, whole, "each")
    one = bench.trigger("d")
    stop(bench, one, "each[1]")
    last = bench.trigger("d")
    stop(bench, last, "each", where="after")
    bench.finish()
    by_state = {
        run: [each.state.value for each in bench.run("d", run).tasks if each.task_id == "each"]
        for run in (whole, one, last)
    }
    assert by_state == {
        whole: ["scheduled"] * 3,
        one: ["success", "scheduled", "success"],
        last: ["success"] * 3,
    }
    assert bench.run_state("d", last) is RunState.RUNNING
    assert kinds(bench).count("breakpoint_reached") == 3
    for run in (whole, one, last):
        go(bench, run)
    bench.finish()
    assert {bench.run_state("d", run) for run in (whole, one, last)} == {RunState.SUCCESS}


async def test_a_group_means_its_first_tasks_or_its_last(bench: Bench) -> None:
    inside = (task("g.one", "a"), task("g.two", "g.one"), task("g.three", "g.one"))
    around = (task("a"), task("z", "g.two", "g.three"))
    members = [in_group(each) for each in inside]
    bench.load(dag("d", *around, *members, groups=(GroupSpec(group_id="g"),)))
    run = bench.trigger("d")
    stop(bench, run, "g")
    assert [each.task_id for each in standing(bench)] == ["g.one"]
    stop(bench, run, "g", where="after")
    assert sorted(each.task_id for each in standing(bench)) == ["g.one", "g.three", "g.two"]
    bench.finish()
    assert bench.states("d", run)["g.one"] is TaskState.SCHEDULED
    bench.act(ClearBreakpoint(dag_id="d", run_id=run, tasks=("g",), where="before"))
    bench.finish()
    assert bench.states("d", run)["z"] is TaskState.PENDING
    go(bench, run, "g")
    assert bench.running() == ["z"]


async def test_an_empty_task_stops_too(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("join", "a", launch="empty"), task("z", "join")))
    run = bench.trigger("d")
    stop(bench, run, "join")
    bench.finish()
    assert bench.states("d", run)["join"] is TaskState.SCHEDULED
    go(bench, run, "join")
    assert bench.running() == ["z"]


async def test_the_plan_says_what_it_means_and_what_is_wrong_is_refused(bench: Bench) -> None:
    run = bench.trigger("d")
    plan = bench.loop.plan(SetBreakpoint(dag_id="d", run_id=run, tasks=("b",), where="after", why="x y"))
    assert plan.title == "Stop after b"
    assert plan.cli == f"penstock breakpoint set d {run} b --after --why 'x y'"
    assert [(item.task_id, item.before, item.after) for item in plan.items] == [
        ("b", "pending", "stops after it")
    ]
    with pytest.raises(UsageError, match="name a task"):
        bench.act(SetBreakpoint(dag_id="d", run_id=run, tasks=()))
    for act in (
        SetBreakpoint(dag_id="d", run_id=run, tasks=("nope",)),
        SetBreakpoint(dag_id="d", run_id=run, tasks=("a[7]",)),
        SetBreakpoint(dag_id="d", run_id="nope", tasks=("a",)),
        SetBreakpoint(dag_id="nope", tasks=("a",)),
        SetBreakpoint(dag_id="d", tasks=("nope",)),
    ):
        with pytest.raises(UnknownError):
            bench.act(act)
    assert standing(bench) == []


async def test_a_clock_that_is_set_moves_it_along(bench: Bench) -> None:
    run = bench.trigger("d")
    stop(bench, run, "b")
    bench.finish()
    assert standing(bench)[0].reached == bench.clock.now()
    since = standing(bench)[0].reached
    assert since is not None
    bench.tick()
    bench.clock.step(3600)
    bench.tick()
    assert standing(bench)[0].reached == since + timedelta(hours=1)

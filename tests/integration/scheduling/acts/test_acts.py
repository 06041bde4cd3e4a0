"""What operators do, on the real loop and a real database, with scripted attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from penstock.errors import PlanStaleError, RefusedError, UnknownError, UsageError
from penstock.model.acts import (
    AnyAct,
    Cancel,
    CancelBackfill,
    Clear,
    CreateBackfill,
    Freeze,
    Hold,
    Mark,
    PauseBackfill,
    PauseSchedule,
    Release,
    ResizeBackfill,
    ResumeBackfill,
    Retry,
    SetPool,
    Trigger,
    Unfreeze,
    UnpauseSchedule,
)
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ParamSpec, ScheduleSpec
from penstock.model.states import RunState, RunType, TaskState

S = TaskState
KILLED = Outcome(kind=OutcomeKind.CANCELLED)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b"), task("other")))
    return bench


async def failed_run(bench: Bench) -> str:
    run = bench.trigger("d")
    bench.end("other")
    bench.end("a", BAD)
    assert bench.run_state("d", run) is RunState.FAILED
    return run


async def test_retry_runs_the_failed_and_the_blocked_again(bench: Bench) -> None:
    run = await failed_run(bench)
    plan = bench.loop.plan(Retry(dag_id="d", run_id=run))
    assert [item.task_id for item in plan.items] == ["a", "b", "c"]
    assert plan.cli == f"penstock retry d {run}"
    done = bench.act(Retry(dag_id="d", run_id=run), expect=plan.fingerprint)
    assert done.touched == 3
    bench.finish()
    detail = bench.run("d", run)
    assert detail.run.state is RunState.SUCCESS
    first = detail.tasks[0]
    assert (first.try_number, first.attempts) == (2, 2)
    assert [row.try_number for row in bench.engine.attempts("d", run, "a")] == [1, 2]


async def test_a_plan_that_is_no_longer_true_is_refused(bench: Bench) -> None:
    run = await failed_run(bench)
    plan = bench.loop.plan(Retry(dag_id="d", run_id=run))
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    with pytest.raises(PlanStaleError, match="since this was shown: a is no longer changed; now: Retry 2"):
        bench.act(Retry(dag_id="d", run_id=run), expect=plan.fingerprint)
    plan = bench.loop.plan(Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.end("a", BAD)
    with pytest.raises(PlanStaleError, match=r"a is failed now \(was \w+\)"):
        bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)), expect=plan.fingerprint)
    with pytest.raises(PlanStaleError, match="now: Clear 1 task"):
        bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)), expect="from another engine")


async def test_the_same_act_id_acts_once(bench: Bench) -> None:
    first = bench.act(Trigger(dag_id="d"), act_id="x1")
    bench.clock.forward(5)
    again = bench.act(Trigger(dag_id="d"), act_id="x1")
    assert again == first
    assert len(bench.engine.runs("d")) == 1


async def test_clear_scopes(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.finish()

    def chosen(**flags: bool) -> list[str | None]:
        return [
            item.task_id
            for item in bench.loop.plan(Clear(dag_id="d", run_id=run, tasks=("b",), **flags)).items
        ]

    assert chosen() == ["b"]
    assert chosen(upstream=True) == ["a", "b"]
    assert chosen(downstream=True) == ["b", "c"]
    assert chosen(only_failed=True) == []
    with pytest.raises(UnknownError):
        bench.loop.plan(Clear(dag_id="d", run_id=run, tasks=("nope",)))


async def test_clear_reaches_past_and_future_runs(bench: Bench) -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    runs = [bench.trigger("d", logical_date=day) for day in days]
    bench.finish()
    plan = bench.loop.plan(Clear(dag_id="d", run_id=runs[1], tasks=("a",), past=True))
    assert [item.run_id for item in plan.items] == runs[:2]
    plan = bench.loop.plan(Clear(dag_id="d", run_id=runs[1], tasks=("a",), past=True, future=True))
    assert [item.run_id for item in plan.items] == runs
    bench.act(Clear(dag_id="d", run_id=runs[1], tasks=("a",), past=True, future=True))
    assert len(bench.running()) == 3


async def test_clearing_a_running_task_kills_it_and_runs_it_again(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    assert bench.states("d", run)["a"] is S.RESTARTING
    bench.end("a", KILLED)
    bench.tick()
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number) == (S.RUNNING, 2)


async def test_cancel_waits_until_everything_is_dead(bench: Bench) -> None:
    run = bench.trigger("d")
    done = bench.act(Cancel(dag_id="d", run_id=run))
    assert done.touched == 4
    assert bench.run_state("d", run) is RunState.RUNNING
    assert bench.states("d", run) == {
        "a": S.STOPPING,
        "b": S.CANCELLED,
        "c": S.CANCELLED,
        "other": S.STOPPING,
    }
    bench.end("a", KILLED)
    bench.end("other", OK)
    assert bench.run_state("d", run) is RunState.CANCELLED
    assert bench.states("d", run)["a"] is S.CANCELLED
    assert bench.states("d", run)["other"] is S.SUCCESS, "a success that won the race is kept"
    with pytest.raises(RefusedError):
        bench.act(Cancel(dag_id="d", run_id=run))


async def test_a_cancelled_run_can_be_retried(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Cancel(dag_id="d", run_id=run))
    bench.end("a", KILLED)
    bench.end("other", KILLED)
    bench.act(Retry(dag_id="d", run_id=run))
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_cancelling_one_task_lets_the_rest_go_on(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Cancel(dag_id="d", run_id=run, task_id="other"))
    bench.end("other", KILLED)
    bench.finish()
    assert bench.states("d", run) == {"a": S.SUCCESS, "b": S.SUCCESS, "c": S.SUCCESS, "other": S.CANCELLED}
    assert bench.run_state("d", run) is RunState.FAILED


async def test_marking_a_failure_as_success_frees_what_it_blocked(bench: Bench) -> None:
    run = await failed_run(bench)
    plan = bench.loop.plan(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    assert {item.task_id: item.after for item in plan.items} == {
        "a": "success",
        "b": "pending",
        "c": "pending",
    }
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    assert bench.running() == ["b"]
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_marking_a_running_task_kills_it_first(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="failed"))
    assert bench.states("d", run)["a"] is S.STOPPING
    bench.end("a", OK)
    assert bench.states("d", run)["a"] is S.FAILED


async def test_a_late_report_changes_no_terminal_state(bench: Bench) -> None:
    run = bench.trigger("d")
    attempt = bench.live()[f"{run}/a"]
    bench.end("a")
    bench.loop.hint([attempt])
    bench.tick()
    assert bench.states("d", run)["a"] is S.SUCCESS


async def test_hold_and_freeze_let_the_running_finish_and_start_nothing(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, why="look first"))
    bench.end("a")
    bench.end("other")
    assert bench.running() == []
    assert bench.run("d", run).run.held is not None
    bench.act(Freeze(dag_id="d"))
    bench.act(Release(dag_id="d", run_id=run))
    assert bench.running() == [], "lifting one pause leaves the other"
    bench.act(Unfreeze(dag_id="d"))
    assert bench.running() == ["b"]


async def test_a_held_task_waits_alone(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.end("a")
    bench.act(Hold(dag_id="d", run_id=run, task_id="c"))
    bench.end("b")
    bench.end("other")
    assert bench.running() == []
    assert bench.states("d", run)["c"] is S.SCHEDULED
    bench.act(Release(dag_id="d", run_id=run, task_id="c"))
    assert bench.running() == ["c"]


async def test_a_pause_with_an_end_lifts_itself(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, until=bench.clock.now() + timedelta(minutes=5)))
    bench.end("a")
    assert bench.running() == ["other"]
    bench.clock.forward(301)
    bench.tick()
    assert bench.running() == ["b", "other"]
    assert bench.run("d", run).run.held is None


async def test_a_run_timeout_stands_still_while_held(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("t", task("a"), task("b", "a"), dagrun_timeout=100.0))
    run = bench.trigger("t")
    bench.act(Hold(dag_id="t", run_id=run))
    bench.end("a")
    bench.clock.forward(1000)
    bench.tick()
    assert bench.run_state("t", run) is RunState.RUNNING
    bench.act(Release(dag_id="t", run_id=run))
    assert bench.running() == ["b"]
    bench.clock.forward(99)
    bench.tick()
    assert bench.run_state("t", run) is RunState.RUNNING
    bench.clock.forward(2)
    bench.tick()
    bench.end("b", KILLED)
    assert bench.run_state("t", run) is RunState.FAILED
    bench.close()


async def test_a_paused_schedule_creates_nothing_but_can_be_triggered(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    hourly = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")
    spec = dag("h", task("a"), schedule=hourly, start_date=bench.clock.now(), catchup="none")
    bench.load(spec, paused=True)
    bench.clock.forward(7200)
    bench.tick()
    assert bench.engine.runs("h") == []
    bench.trigger("h")
    assert len(bench.engine.runs("h")) == 1
    bench.act(UnpauseSchedule(dag_id="h"))
    bench.clock.forward(3600)
    bench.tick()
    assert [row.run_type for row in bench.engine.runs("h")].count(RunType.SCHEDULED) == 1
    bench.act(PauseSchedule(dag_id="h", why="maintenance"))
    row = next(row for row in bench.engine.dags() if row.dag_id == "h")
    assert row.paused is not None
    assert (row.paused.by, row.paused.why) == ("tester", "maintenance")
    bench.close()


async def test_trigger_checks_conf_and_dates(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    params = {"n": ParamSpec(default=1, json_schema={"type": "integer"})}
    bench.load(dag("p", task("a"), params=params))
    with pytest.raises(UsageError, match="'n'"):
        bench.trigger("p", conf={"n": "many"})
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    bench.trigger("p", conf={"n": 3}, logical_date=moment)
    with pytest.raises(RefusedError, match="already"):
        bench.trigger("p", logical_date=moment)
    with pytest.raises(UnknownError):
        bench.trigger("nope")
    bench.close()


async def test_a_backfill_is_paused_resized_resumed_and_cancelled(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    daily = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
    bench.load(dag("b", task("a"), schedule=daily, start_date=datetime(2026, 1, 1, tzinfo=UTC)), paused=True)
    done = bench.act(
        CreateBackfill(
            dag_id="b", from_date=datetime(2026, 1, 1), to_date=datetime(2026, 1, 9), max_active_runs=1
        )
    )
    number = done.backfill_id
    assert number is not None
    with pytest.raises(RefusedError):
        bench.act(CreateBackfill(dag_id="b", from_date=datetime(2026, 1, 1), to_date=datetime(2026, 1, 2)))
    bench.act(PauseBackfill(backfill_id=number))
    bench.end("a")
    assert bench.running() == []
    bench.act(ResumeBackfill(backfill_id=number))
    bench.act(ResizeBackfill(backfill_id=number, max_active_runs=3))
    assert len(bench.running()) == 3
    bench.act(CancelBackfill(backfill_id=number))
    bench.finish()
    row = bench.engine.backfill(number)
    assert row.state == "cancelled"
    assert len(bench.engine.runs("b")) == 4
    bench.close()


async def test_why_names_the_pool_and_its_holder(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.act(SetPool(name="one", slots=1))
    bench.load(dag("w", task("x", pool="one", priority_weight=9), task("y", pool="one"), task("z", "y")))
    run = bench.trigger("w")
    answer = bench.loop.why("w", run, "y", -1)
    assert [gate.kind for gate in answer.barriers] == ["pool"]
    assert answer.barriers[0].holders == (f"w/{run}/x",)
    chain = bench.loop.why("w", run, "z", -1).chain
    assert "pool one" in chain[-2]
    assert chain[-1].startswith("x is")
    bench.act(SetPool(name="one", slots=2))
    assert bench.running() == ["x", "y"]
    bench.close()


async def test_every_move_and_act_is_an_event(bench: Bench) -> None:
    run = await failed_run(bench)
    events = bench.engine.events(dag_id="d", run_id=run, limit=500)
    trail = [(event.task_id, event.before, event.after) for event in reversed(events) if event.task_id == "a"]
    assert trail == [
        ("a", "pending", "scheduled"),
        ("a", "scheduled", "queued"),
        ("a", "queued", "running"),
        ("a", "running", "failed"),
    ]
    assert any(event.kind == "act_trigger" and event.actor == "tester" for event in events)


async def test_a_mark_does_not_change_when_things_were(bench: Bench) -> None:
    run = await failed_run(bench)
    before = bench.run("d", run)
    bench.clock.forward(600)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("other",), state="failed"))
    after = bench.run("d", run)
    assert [(task.task_id, task.start, task.end) for task in after.tasks] == [
        (task.task_id, task.start, task.end) for task in before.tasks
    ]
    assert (after.run.state, after.run.start) == (RunState.FAILED, before.run.start)
    bench.clock.forward(600)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    assert bench.run("d", run).run.turn == bench.clock.time, "what the mark has freed runs anew"


async def test_what_was_blocked_by_a_task_that_later_succeeded_alone_says_so(bench: Bench) -> None:
    run = await failed_run(bench)

    def said() -> dict[str, str | None]:
        return {row.task_id: row.reason for row in bench.run("d", run).tasks}

    assert said()["b"] == "all_success cannot be met: a is failed"
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    assert said()["b"] == "blocked by a, which runs again"
    bench.end("a", BAD)
    assert said()["b"] == "all_success cannot be met: a is failed"
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    bench.end("a")
    assert bench.run_state("d", run) is RunState.FAILED
    way = f"blocked by a, which has succeeded since: run it with: penstock retry d {run} b"
    assert said()["b"] == way
    assert said()["c"] == "all_success cannot be met: b is upstream_failed"
    assert bench.loop.why("d", run, "b", -1).barriers[0].text == f"it has ended: upstream_failed ({way})"
    assert way in bench.loop.why("d", run, "c", -1).root
    plan = bench.loop.plan(Retry(dag_id="d", run_id=run))
    assert [item.task_id for item in plan.items] == ["b", "c"]
    bench.act(Retry(dag_id="d", run_id=run, tasks=("b",)))
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS
    assert set(said().values()) == {None}


async def test_a_task_blocked_by_two_says_so_when_both_have_succeeded_since(bench: Bench) -> None:
    bench.load(
        dag("e", task("a"), task("b"), task("c", "a", "b"), task("skips", "c", trigger_rule="one_failed"))
    )
    run = bench.trigger("e")
    bench.end("a", BAD)
    bench.end("b", BAD)
    bench.finish()
    bench.act(Clear(dag_id="e", run_id=run, tasks=("a",)))
    bench.end("a")
    row = next(row for row in bench.run("e", run).tasks if row.task_id == "c")
    assert row.reason is not None
    assert row.reason.startswith("all_success cannot be met")
    bench.clock.forward(60)
    bench.act(Clear(dag_id="e", run_id=run, tasks=("b",)))
    bench.end("b")
    row = next(row for row in bench.run("e", run).tasks if row.task_id == "c")
    assert row.reason == f"blocked by b, which has succeeded since: run it with: penstock retry e {run} c"


@pytest.mark.parametrize(
    "act",
    [
        Clear(dag_id="d", run_id="r", tasks=("b", "c")),
        Retry(dag_id="d", run_id="r"),
        Mark(dag_id="d", run_id="r", tasks=("b", "c"), state="success"),
    ],
)
async def test_a_plan_is_stale_once_a_task_that_it_touches_has_moved(tmp_path: Path, act: AnyAct) -> None:
    """Also where the run's own row did not change and the state is the same again."""
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("a"), task("b"), task("c"), task("last", "a")))
    bench.trigger("d", run_id="r")
    bench.end("b", BAD)
    plan = bench.loop.plan(act)
    assert bench.loop.plan(act).fingerprint == plan.fingerprint
    bench.act(Retry(dag_id="d", run_id="r", tasks=("b",)))
    bench.end("b", BAD)
    with pytest.raises(PlanStaleError):
        bench.act(act, expect=plan.fingerprint)
    bench.close()


@pytest.mark.parametrize("state", ["success", "failed"])
async def test_a_marked_task_lets_its_run_come_to_its_end(
    bench: Bench, state: Literal["success", "failed"]
) -> None:
    run = bench.trigger("d")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state=state))
    bench.finish(lambda name: KILLED if name == "a" else OK)
    done = {"success": "success", "failed": "upstream_failed"}[state]
    assert bench.states("d", run) == {"a": state, "b": done, "c": done, "other": "success"}
    assert bench.run_state("d", run) == state

"""Run next, run now and re-run, on the real loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.loop import BAD, Bench
from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.model.acts import Freeze, Hold, Rerun, RunInTurn, RunNext, RunNow, SetPool, Unfreeze
from penstock.model.spec import ParamSpec, ScheduleSpec
from penstock.model.states import RunState, RunType, TaskState

S = TaskState


async def test_what_runs_next_goes_before_weight_and_age(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    bench.load(dag("d", task("heavy", priority_weight=9), task("light"), task("other", priority_weight=5)))
    run = bench.trigger("d")
    assert bench.running() == ["heavy"]
    plan = bench.loop.plan(RunNext(dag_id="d", run_id=run, task_id="light"))
    assert plan.cli == f"penstock run-next d {run} light"
    bench.act(RunNext(dag_id="d", run_id=run, task_id="light"), expect=plan.fingerprint)
    assert bench.running() == ["heavy"], "no limit is passed"
    assert {row.task_id: row.rush for row in bench.run("d", run).tasks}["light"] == "next"
    await bench.restart()
    bench.end("heavy")
    assert bench.running() == ["light"]
    assert {row.task_id: row.rush for row in bench.run("d", run).tasks}["light"] is None
    bench.close()


@pytest.mark.parametrize("rush", [RunNext, RunNow])
async def test_a_rush_is_said_by_why_and_can_be_taken_back(
    tmp_path: Path, rush: type[RunNext | RunNow]
) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    bench.load(dag("d", task("first"), task("heavy", "first", priority_weight=9), task("light", "first")))
    run = bench.trigger("d")
    place = {"dag_id": "d", "run_id": run, "task_id": "light"}
    bench.act(rush(**place))
    why = bench.engine.why("d", run, "light")
    assert why.rush == ("now" if rush is RunNow else "next")
    plan = bench.loop.plan(RunInTurn(**place))
    assert (plan.cli, plan.items[0].before) == (f"penstock run-in-turn d {run} light", f"runs {why.rush}")
    assert bench.act(RunInTurn(**place), expect=plan.fingerprint).touched == 1
    assert bench.engine.why("d", run, "light").rush is None
    again = bench.act(RunInTurn(**place))
    assert (again.touched, again.message) == (0, "nothing to do: light waits in its turn")
    await bench.restart()
    bench.end("first")
    assert bench.running() == ["heavy"], "light waits in its turn"
    bench.close()


async def test_a_rush_of_a_run_is_taken_back(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("a"), max_active_runs=1))
    first = bench.trigger("d", logical_date=datetime(2026, 1, 1, tzinfo=UTC))
    second, third = (
        bench.trigger("d", logical_date=datetime(2026, 1, day, tzinfo=UTC), run_id=f"r{day}")
        for day in (2, 3)
    )
    bench.act(RunNext(dag_id="d", run_id=third))
    assert bench.engine.why("d", third).rush == bench.engine.why("d", third, "a").rush == "next"
    bench.act(RunInTurn(dag_id="d", run_id=third))
    assert bench.run("d", third).run.rush is None
    bench.end("a", run_id=first)
    assert bench.running() == ["a"]
    assert bench.run_state("d", second) is RunState.RUNNING
    with pytest.raises(RefusedError, match="no longer waits: it is running"):
        bench.act(RunInTurn(dag_id="d", run_id=second))
    bench.close()


async def test_room_in_a_pool_is_kept_for_what_runs_next(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.act(SetPool(name="p", slots=2))
    small = [task(f"s{number}", pool="p", priority_weight=9) for number in range(6)]
    bench.load(dag("d", *small, task("big", pool="p", pool_slots=2)))
    run = bench.trigger("d")
    bench.act(RunNext(dag_id="d", run_id=run, task_id="big"))
    bench.end("s0")
    assert bench.running() == ["s1"], "the slot that came free is kept"
    bench.end("s1")
    assert bench.running() == ["big"]
    bench.close()


async def test_run_now_passes_every_limit_for_one_launch(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=2).open()
    bench.act(SetPool(name="p", slots=1))
    bench.load(
        dag(
            "d",
            task("a", pool="p", priority_weight=9, max_active_tis_per_dag=1),
            task("b", pool="p"),
            task("c", "b"),
            max_active_tasks=1,
        )
    )
    run = bench.trigger("d")
    second = bench.trigger("d", logical_date=datetime(2026, 1, 1, tzinfo=UTC))
    assert list(bench.live()) == [f"{run}/a"], "the one that was triggered first"
    for each, name in ((run, "a"), (run, "b"), (second, "a"), (second, "b")):
        if f"{each}/{name}" not in bench.live():
            bench.act(RunNow(dag_id="d", run_id=each, task_id=name))
    assert bench.running() == ["a", "a", "b", "b"]
    events = bench.engine.events(dag_id="d", run_id=run, limit=200)
    assert any(event.kind == "act_run_now" and event.actor == "tester" for event in events)
    bench.close()


async def test_run_now_waits_for_dependencies_and_pauses(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    bench.load(dag("d", task("a"), task("b", "a"), task("z", priority_weight=9)))
    run = bench.trigger("d")
    assert bench.running() == ["z"]
    plan = bench.loop.plan(RunNow(dag_id="d", run_id=run, task_id="b"))
    assert any("dependencies" in note for note in plan.notes)
    bench.act(RunNow(dag_id="d", run_id=run, task_id="b"))
    assert bench.running() == ["z"]
    bench.act(Hold(dag_id="d", run_id=run, task_id="a"))
    bench.act(RunNow(dag_id="d", run_id=run, task_id="a"))
    assert bench.running() == ["z"], "it is held"
    bench.act(Freeze(dag_id="d"))
    from penstock.model.acts import Release

    bench.act(Release(dag_id="d", run_id=run, task_id="a"))
    assert bench.running() == ["z"], "the DAG is frozen"
    bench.act(Unfreeze(dag_id="d"))
    assert bench.running() == ["a", "z"]
    bench.end("a")
    assert bench.running() == ["b", "z"], "it went as soon as it could, past parallelism"
    bench.close()


async def test_run_now_does_not_wait_for_a_retry_delay(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("a", retries=1, retry_delay=3600.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    assert bench.states("d", run)["a"] is S.UP_FOR_RETRY
    bench.act(RunNext(dag_id="d", run_id=run, task_id="a"))
    assert bench.running() == []
    bench.act(RunNow(dag_id="d", run_id=run, task_id="a"))
    assert bench.running() == ["a"]
    assert bench.run("d", run).tasks[0].try_number == 2
    bench.clock.forward(4000)
    bench.tick()
    assert len(bench.engine.attempts("d", run, "a")) == 2, "the delay that was passed rings no more"
    with pytest.raises(RefusedError, match="does not wait"):
        bench.act(RunNow(dag_id="d", run_id=run, task_id="a"))
    bench.finish()
    with pytest.raises(RefusedError, match="penstock clear d"):
        bench.act(RunNow(dag_id="d", run_id=run, task_id="a"))
    with pytest.raises(UnknownError, match="there are a"):
        bench.act(RunNow(dag_id="d", run_id=run, task_id="nope"))
    bench.close()


async def test_a_queued_run_goes_next_or_now(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("a"), max_active_runs=1))
    runs = [bench.trigger("d", logical_date=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3, 4)]

    def states() -> list[str]:
        return [bench.run_state("d", run).value for run in runs]

    assert states() == ["running", "queued", "queued", "queued"]
    bench.act(RunNext(dag_id="d", run_id=runs[2]))
    assert states() == ["running", "queued", "queued", "queued"]
    bench.end("a", run_id=runs[0])
    assert states() == ["success", "queued", "running", "queued"]
    plan = bench.loop.plan(RunNow(dag_id="d", run_id=runs[3]))
    bench.act(RunNow(dag_id="d", run_id=runs[3]), expect=plan.fingerprint)
    assert states() == ["success", "queued", "running", "running"]
    assert bench.run("d", runs[3]).run.rush is None
    with pytest.raises(RefusedError, match="has started"):
        bench.act(RunNext(dag_id="d", run_id=runs[3]))
    plan = bench.loop.plan(RunNow(dag_id="d", run_id=runs[1]))
    bench.act(Hold(dag_id="d", run_id=runs[1]))
    bench.act(RunNext(dag_id="d", run_id=runs[1]))
    done = bench.act(RunNow(dag_id="d", run_id=runs[1]), expect=plan.fingerprint)
    assert done.message == f"{runs[1]} runs now"
    assert states()[1] == "queued"  # it is held all the same
    bench.close()


# -- re-run ------------------------------------------------------------------------------------


async def test_a_rerun_is_a_linked_run_for_the_same_date(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    params = {"n": ParamSpec(default=1, json_schema={"type": "integer"}), "who": ParamSpec(default="me")}
    daily = ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",), text="@daily")
    bench.load(dag("p", task("a", launch="python"), params=params, schedule=daily), paused=True)
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    first = bench.trigger("p", logical_date=moment, conf={"n": 3, "who": "you"})
    bench.finish()
    with pytest.raises(UsageError, match="'n'"):
        bench.loop.plan(Rerun(dag_id="p", run_id=first, conf={"n": "many"}))
    act = Rerun(dag_id="p", run_id=first, conf={"n": 4, "who": "you"})
    plan = bench.loop.plan(act)
    assert "n: 3 -> 4" in plan.notes
    bench.clock.forward(60)
    done = bench.act(act, expect=plan.fingerprint, act_id="x")
    assert bench.act(act, act_id="x") == done
    assert done.run_id is not None
    run = bench.run("p", done.run_id).run
    old = bench.run("p", first)
    assert (run.rerun_of, run.stands_for, run.logical_date) == (first, moment, None)
    assert (run.data_interval_start, run.data_interval_end) == (
        old.run.data_interval_start,
        old.run.data_interval_end,
    )
    assert (run.conf, run.run_type, old.reruns) == ({"n": 4, "who": "you"}, RunType.MANUAL, (done.run_id,))
    assert old.run.state is RunState.SUCCESS
    (order,) = [
        spec for spec in bench.executor.specs.values() if spec.env["PENSTOCK_CTX_RUN_ID"] == done.run_id
    ]
    assert order.env["PENSTOCK_CTX_LOGICAL_DATE"] == moment.isoformat()
    assert order.context["logical_date"] == moment.isoformat()
    assert order.context["params"]["n"] == 4
    bench.finish()
    again = bench.act(Rerun(dag_id="p", run_id=done.run_id))
    assert again.run_id is not None
    last = bench.run("p", again.run_id).run
    assert (last.rerun_of, last.stands_for, last.conf) == (done.run_id, moment, run.conf)
    bench.close()


async def test_a_rerun_is_of_the_present_version_and_leaves_the_dates_alone(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("p", task("a", depends_on_past=True)))
    runs = [bench.trigger("p", logical_date=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2)]
    bench.end("a", BAD)
    bench.load(dag("p", task("a", depends_on_past=True), task("b", "a")))
    done = bench.act(Rerun(dag_id="p", run_id=runs[0]))
    assert done.run_id is not None
    assert bench.states("p", done.run_id).keys() == {"a", "b"}
    bench.end("a", run_id=done.run_id)
    assert bench.states("p", runs[1])["a"] is S.PENDING, "the run of that date is still the failed one"
    assert bench.clock.now() - timedelta(days=1) > datetime(2026, 1, 2, tzinfo=UTC)
    bench.close()

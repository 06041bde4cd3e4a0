"""The rules of a run, on the real loop and a real database, with scripted attempts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from penstock.execution.executor import Absent, Accepted, Exited
from penstock.model.acts import Clear, CreateBackfill
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec, SensorSpec
from penstock.model.states import RunState, TaskState

S = TaskState


async def test_tasks_run_in_order_and_the_run_succeeds(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b")))
    run = bench.trigger("d")
    assert bench.running() == ["a"]
    bench.end("a")
    assert bench.running() == ["b"]
    bench.end("b")
    bench.end("c")
    assert bench.run_state("d", run) is RunState.SUCCESS
    assert set(bench.states("d", run).values()) == {S.SUCCESS}


async def test_a_failure_blocks_what_follows_and_fails_the_run(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a"), task("side")))
    run = bench.trigger("d")
    bench.end("side")
    bench.end("a", BAD)
    detail = bench.run("d", run)
    assert bench.states("d", run) == {"a": S.FAILED, "b": S.UPSTREAM_FAILED, "side": S.SUCCESS}
    assert detail.run.state is RunState.FAILED
    assert "a" in (detail.run.reason or "")


async def test_a_failed_task_under_a_tolerant_leaf_leaves_a_mark_on_a_green_run(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a", trigger_rule="all_done")))
    run = bench.trigger("d")
    bench.end("a", BAD)
    bench.end("b")
    detail = bench.run("d", run)
    assert detail.run.state is RunState.SUCCESS
    assert detail.run.failed_inside


async def test_retries_wait_their_delay_and_count_tries(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=2, retry_delay=30.0)))
    run = bench.trigger("d")
    bench.end("a", BAD)
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number, row.max_tries) == (S.UP_FOR_RETRY, 1, 3)
    bench.clock.forward(29)
    bench.tick()
    assert bench.running() == []
    bench.clock.forward(1)
    bench.tick()
    assert bench.running() == ["a"]
    bench.end("a", BAD)
    bench.clock.forward(30)
    bench.tick()
    bench.end("a", BAD)
    row = bench.run("d", run).tasks[0]
    assert (row.state, row.try_number, row.attempts) == (S.FAILED, 3, 3)


async def test_fail_without_retry_uses_no_further_try(bench: Bench) -> None:
    bench.load(dag("d", task("a", retries=5)))
    run = bench.trigger("d")
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1, fail_without_retry=True))
    assert bench.states("d", run)["a"] is S.FAILED


@pytest.mark.parametrize(
    ("on_lost", "retries", "state"),
    [("retry", 1, S.UP_FOR_RETRY), ("retry", 0, S.FAILED), ("fail", 3, S.FAILED)],
)
async def test_a_lost_attempt_is_like_a_failure_unless_it_must_fail(
    bench: Bench, on_lost: str, retries: int, state: TaskState
) -> None:
    bench.load(dag("d", task("a", on_lost=on_lost, retries=retries)))
    run = bench.trigger("d")
    bench.lose("a")
    row = bench.run("d", run).tasks[0]
    assert row.state is state
    assert row.outcome is not None
    assert row.outcome.kind is OutcomeKind.LOST


async def test_a_branch_skips_what_it_did_not_choose_even_after_a_clear_below_it(bench: Bench) -> None:
    from penstock.model.acts import Clear

    rule = "none_failed_min_one_success"
    bench.load(
        dag(
            "d", task("pick"), task("x", "pick"), task("y", "pick"), task("join", "x", "y", trigger_rule=rule)
        )
    )
    run = bench.trigger("d")
    bench.end("pick", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, skips=("y",)))
    assert bench.running() == ["x"]
    bench.end("x")
    bench.end("join")
    assert bench.states("d", run)["y"] is S.SKIPPED
    bench.act(Clear(dag_id="d", run_id=run, tasks=("y",)))
    assert bench.states("d", run)["y"] is S.SKIPPED
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_empty_tasks_need_no_attempt(bench: Bench) -> None:
    spec = dag("d", task("a", launch="empty", operator="EmptyOperator"), task("b", "a", launch="empty"))
    bench.load(spec)
    run = bench.trigger("d")
    assert bench.run_state("d", run) is RunState.SUCCESS
    assert [row.attempts for row in bench.run("d", run).tasks] == [0, 0]


async def test_a_sensor_between_pokes_holds_no_slot_and_stays_in_one_try(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    sensor = SensorSpec(mode="reschedule", poke_interval=10)
    bench.load(dag("d", task("wait", sensor=sensor, priority_weight=9), task("work")))
    run = bench.trigger("d")
    assert bench.running() == ["wait"]
    later = bench.clock.now().timestamp() + 10
    bench.end("wait", Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=later))
    assert bench.running() == ["work"]
    bench.end("work")
    bench.clock.forward(10)
    bench.tick()
    assert bench.running() == ["wait"]
    bench.end("wait")
    row = next(row for row in bench.run("d", run).tasks if row.task_id == "wait")
    assert (row.state, row.try_number, row.attempts) == (S.SUCCESS, 1, 2)
    bench.close()


async def test_a_result_seen_before_the_claim_is_enough(bench: Bench) -> None:
    bench.executor.claim_at_once = False
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    assert bench.states("d", run)["a"] is S.QUEUED
    bench.end("a")
    assert bench.states("d", run)["a"] is S.SUCCESS


async def test_a_launch_nobody_claims_is_revoked_and_repeated_in_the_same_try(bench: Bench) -> None:
    bench.executor.claim_at_once = False
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    first = next(iter(bench.loop.world.attempts))
    bench.clock.forward(11)
    bench.tick()
    second = next(iter(bench.loop.world.attempts))
    assert first != second
    row = bench.run("d", run).tasks[0]
    assert (row.try_number, row.attempts) == (1, 2)
    assert bench.engine.attempts("d", run, "a")[0].outcome == Outcome(kind=OutcomeKind.REVOKED)


@pytest.mark.ticks_fail
async def test_launches_that_could_not_be_written_are_repeated_later(bench: Bench) -> None:
    bench.executor.fail_submit = True
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    attempt = next(iter(bench.loop.world.attempts))
    assert isinstance(bench.executor.observe([attempt])[attempt], Absent)
    bench.executor.fail_submit = False
    bench.tick()
    assert bench.states("d", run)["a"] is S.SCHEDULED
    bench.clock.forward(6)
    bench.tick()
    assert bench.running() == ["a"]
    bench.end("a")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_pools_and_limits_are_never_exceeded(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=5, pools={"one": 1}).open()
    from penstock.store.engine.pools import ensure_pools

    ensure_pools(bench.database, {"one": 1})
    bench.loop.world.reload()
    pooled = [task(f"p{number}", pool="one") for number in range(4)]
    free = [task(f"f{number}") for number in range(10)]
    bench.load(dag("d", *pooled, *free, max_active_tasks=4))
    run = bench.trigger("d")
    most = 0
    for _ in range(100):
        live = bench.running()
        most = max(most, len(live))
        assert sum(name.startswith("p") for name in live) <= 1
        if not live:
            break
        bench.end(live[0])
    assert most == 4
    assert bench.run_state("d", run) is RunState.SUCCESS
    bench.close()


async def test_higher_weight_goes_first_when_slots_are_scarce(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=1).open()
    bench.load(dag("d", task("low"), task("high", priority_weight=5), task("mid", priority_weight=3)))
    bench.trigger("d")
    order = []
    while bench.running():
        order += bench.running()
        bench.end(order[-1])
    assert order == ["high", "mid", "low"]
    bench.close()


async def test_a_full_dag_does_not_keep_another_waiting(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, parallelism=4).open()
    bench.load(dag("big", *(task(f"t{number}") for number in range(200)), max_active_tasks=200))
    bench.load(dag("small", task("only")))
    bench.trigger("big")
    assert len(bench.running()) == 4
    bench.trigger("small")
    bench.end(bench.running()[0])
    assert "only" in bench.running()
    bench.close()


async def test_max_active_runs_queues_the_rest_in_order(bench: Bench) -> None:
    bench.load(dag("d", task("a"), max_active_runs=1))
    first = bench.trigger("d")
    bench.clock.forward(1)
    second = bench.trigger("d")
    assert bench.run_state("d", second) is RunState.QUEUED
    bench.end("a", run_id=first)
    assert bench.run_state("d", second) is RunState.RUNNING


async def test_depends_on_past_waits_for_the_run_before(bench: Bench) -> None:
    from datetime import UTC, datetime

    bench.load(dag("d", task("a", depends_on_past=True)))
    first = bench.trigger("d", logical_date=datetime(2026, 1, 1, tzinfo=UTC))
    second = bench.trigger("d", logical_date=datetime(2026, 1, 2, tzinfo=UTC))
    assert list(bench.live()) == [f"{first}/a"]
    bench.end("a", BAD)
    assert bench.states("d", second)["a"] is S.PENDING
    from penstock.model.acts import Mark

    bench.act(Mark(dag_id="d", run_id=first, tasks=("a",), state="success"))
    assert list(bench.live()) == [f"{second}/a"]


async def test_a_run_out_of_time_fails_and_its_rest_is_skipped(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a"), dagrun_timeout=60.0))
    run = bench.trigger("d")
    bench.clock.forward(61)
    bench.tick()
    assert [mode for _, mode, _ in bench.executor.stops] == ["term"]
    assert bench.run_state("d", run) is RunState.RUNNING
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED))
    assert bench.run_state("d", run) is RunState.FAILED
    assert bench.states("d", run) == {"a": S.SKIPPED, "b": S.SKIPPED}


async def test_the_first_failure_may_end_a_run(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b"), task("c", "b"), task("retried", retries=1), fail_fast=True))
    run = bench.trigger("d")
    bench.end("retried", BAD)
    assert bench.executor.stops == []
    bench.end("a", BAD)
    assert [mode for _, mode, _ in bench.executor.stops] == ["term"]
    assert bench.run_state("d", run) is RunState.RUNNING
    bench.end("b", Outcome(kind=OutcomeKind.CANCELLED))
    assert bench.run_state("d", run) is RunState.FAILED
    assert bench.states("d", run) == {"a": S.FAILED, "b": S.FAILED, "c": S.SKIPPED, "retried": S.SKIPPED}
    # What was cleared has a second chance, although another task is still failed.
    bench.act(Clear(dag_id="d", run_id=run, tasks=("b", "c")))
    bench.tick()
    assert bench.run_state("d", run) is RunState.RUNNING


async def test_a_new_engine_goes_on_where_the_last_one_died(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a", retries=1, retry_delay=5.0), task("c", "b")))
    run = bench.trigger("d")
    await bench.restart()
    assert bench.running() == ["a"]
    bench.end("a")
    bench.end("b", BAD)
    await bench.restart()
    bench.clock.forward(5)
    bench.tick()
    bench.end("b")
    await bench.restart()
    bench.end("c")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_task_that_ended_while_no_engine_ran_has_ended_then(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b")))
    run = bench.trigger("d")
    began = bench.clock.time
    for (place, attempt_id), outcome in zip(sorted(bench.live().items()), (OK, BAD), strict=True):
        end = began.timestamp() + (2 if place.endswith("/a") else 3)
        bench.executor.seen[attempt_id] = Exited(outcome, began.timestamp(), end)
    bench.clock.forward(600)
    await bench.restart()
    bench.tick()
    rows = bench.run("d", run).tasks
    assert [(row.state, row.end) for row in rows] == [
        (S.SUCCESS, began + timedelta(seconds=2)),
        (S.FAILED, began + timedelta(seconds=3)),
    ]


async def test_at_recovery_an_unclaimed_launch_is_taken_back(bench: Bench) -> None:
    bench.executor.claim_at_once = False
    bench.load(dag("d", task("a")))
    bench.trigger("d")
    old = next(iter(bench.loop.world.attempts))
    assert isinstance(bench.executor.observe([old])[old], Accepted)
    await bench.restart()
    assert old not in bench.loop.world.attempts
    assert len(bench.loop.world.attempts) == 1


async def test_xcoms_are_kept_and_offered_to_python_tasks(bench: Bench) -> None:
    from penstock.store.engine.working_set import WorkingSet

    bench.load(dag("d", task("a"), task("b", "a", launch="python")))
    run = bench.trigger("d")
    first = bench.live()[f"{run}/a"]
    pushed = {"return_value": [1, 2], "big": None}
    bench.end("a", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, xcoms=pushed))
    spec = bench.executor.specs[bench.live()[f"{run}/b"]]
    assert spec.xcom_sources == {"a": first}
    assert WorkingSet(bench.database).xcoms("d", run) == {"a": pushed}


def daily() -> ScheduleSpec:
    return ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")


async def test_a_backfill_runs_each_point_once_and_a_second_one_has_nothing_to_do(bench: Bench) -> None:
    from datetime import UTC, datetime

    bench.load(
        dag("d", task("a"), schedule=daily(), start_date=datetime(2026, 1, 1, tzinfo=UTC)), paused=True
    )
    act = CreateBackfill(
        dag_id="d", from_date=datetime(2026, 1, 1), to_date=datetime(2026, 1, 5), max_active_runs=2
    )
    plan = bench.loop.plan(act)
    assert plan.counts == {"create": 5, "rerun": 0, "kept": 0, "in_flight": 0}
    done = bench.act(act, expect=plan.fingerprint)
    assert done.backfill_id is not None
    assert len(bench.running()) == 2
    bench.finish()
    row = bench.engine.backfill(done.backfill_id)
    assert row.state == "success"
    assert {slot.state for slot in row.points} == {"success"}
    again = bench.act(act)
    assert (again.touched, again.backfill_id) == (0, None)
    assert "nothing to do" in again.message


async def test_a_backfill_can_rerun_what_failed(bench: Bench) -> None:
    from datetime import UTC, datetime

    bench.load(
        dag("d", task("a"), schedule=daily(), start_date=datetime(2026, 1, 1, tzinfo=UTC)), paused=True
    )
    span = {"dag_id": "d", "from_date": datetime(2026, 1, 1), "to_date": datetime(2026, 1, 3)}
    bench.act(CreateBackfill(**span))  # type: ignore[arg-type]
    bench.end("a", BAD)
    bench.finish(lambda _: OK)
    plan = bench.loop.plan(CreateBackfill(**span, reprocess="failed"))  # type: ignore[arg-type]
    assert plan.counts["rerun"] == 1
    done = bench.act(CreateBackfill(**span, reprocess="failed"))  # type: ignore[arg-type]
    bench.finish()
    assert done.backfill_id is not None
    assert bench.engine.backfill(done.backfill_id).state == "success"
    assert {row.state for row in bench.engine.runs("d")} == {RunState.SUCCESS}


async def test_schedule_points_become_runs_once(bench: Bench) -> None:
    from datetime import timedelta

    hourly = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")
    bench.load(
        dag("d", task("a"), schedule=hourly, start_date=bench.clock.now() - timedelta(days=1), catchup="none")
    )
    assert bench.engine.runs("d") == []
    bench.clock.forward(3600)
    bench.tick()
    bench.tick()
    await bench.restart()
    assert [row.run_type for row in bench.engine.runs("d")] == ["scheduled"]
    assert [row.status for row in bench.engine.ledger("d")] == ["ran"]
    bench.clock.step(-7200)
    bench.tick()
    assert len(bench.engine.runs("d")) == 1


async def test_a_full_disk_stops_launches_not_results(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock.scheduling import launching

    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    monkeypatch.setattr(launching, "storage_problem", lambda _: "only 3 MiB are free")
    bench.clock.forward(10)
    bench.end("a")
    assert bench.states("d", run) == {"a": S.SUCCESS, "b": S.SCHEDULED}
    assert bench.loop.warnings == ("only 3 MiB are free",)
    assert [gate.kind for gate in bench.loop.why("d", run, "b", -1).barriers] == ["engine"]
    monkeypatch.setattr(launching, "storage_problem", lambda _: None)
    bench.clock.forward(10)
    bench.tick()
    assert bench.running() == ["b"]


@pytest.mark.ticks_fail
async def test_a_failed_commit_leaves_nothing_half_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlite3 import OperationalError

    from penstock.errors import PenstockError
    from penstock.store.engine.gate import Gate

    bench.load(dag("d", task("a")))

    def broken(self: Gate) -> None:
        self.discard()
        raise OperationalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "commit", broken)
        with pytest.raises(PenstockError, match=r"could not write: the disk is full$"):
            bench.trigger("d")
    assert bench.engine.runs("d") == []
    assert bench.executor.specs == {}
    bench.clock.forward(10)
    run = bench.trigger("d")
    bench.end("a")
    assert bench.run_state("d", run) is RunState.SUCCESS

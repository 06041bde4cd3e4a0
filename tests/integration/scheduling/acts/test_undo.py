"""Taking a clear, retry or mark back, and running on another version, on the real loop."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from data.builders import dag, task
from drive.loop import BAD, Bench
from penstock.errors import PlanStaleError, RefusedError, UnknownError
from penstock.model.acts import Cancel, Clear, Freeze, Hold, Mark, Retry, Undo, Unfreeze
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, TaskState
from penstock.model.views.runs import RunDetail
from penstock.store.upkeep import expire

S = TaskState
KILLED = Outcome(kind=OutcomeKind.CANCELLED)


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b"), task("other")))
    return bench


def told(detail: RunDetail) -> tuple[object, ...]:
    """Everything a person sees of a run, but not the counters of changes."""
    tasks = [msgspec.structs.replace(row, version=0) for row in detail.tasks]
    return (msgspec.structs.replace(detail.run, version=0), tasks)


async def failed_run(bench: Bench) -> str:
    run = bench.trigger("d")
    bench.end("other")
    bench.end("a", BAD)
    return run


async def test_a_clear_is_taken_back_to_the_last_detail(bench: Bench) -> None:
    run = await failed_run(bench)
    before = told(bench.run("d", run))
    bench.act(Freeze(dag_id="d"))
    bench.clock.forward(60)
    done = bench.act(Clear(dag_id="d", run_id=run))
    assert done.undo_id is not None
    assert bench.run_state("d", run) is RunState.QUEUED
    plan = bench.loop.plan(Undo(undo_id=done.undo_id))
    assert [(item.task_id, item.before, item.after) for item in plan.items] == [
        ("a", "pending", "failed"),
        ("b", "pending", "upstream_failed"),
        ("c", "pending", "upstream_failed"),
        ("other", "pending", "success"),
    ]
    assert plan.cli == f"penstock undo {done.undo_id}"
    bench.act(Undo(undo_id=done.undo_id), expect=plan.fingerprint)
    bench.act(Unfreeze(dag_id="d"))
    assert told(bench.run("d", run)) == before
    assert bench.running() == []
    assert any(event.kind == "act_undo" for event in bench.engine.events(dag_id="d", run_id=run))
    with pytest.raises(RefusedError, match="already undone"):
        bench.act(Undo(undo_id=done.undo_id))
    with pytest.raises(RefusedError, match=r"no clear, retry or mark of .* can be undone"):
        bench.act(Undo(dag_id="d", run_id=run))


async def test_too_late_says_what_has_started(bench: Bench) -> None:
    run = await failed_run(bench)
    done = bench.act(Retry(dag_id="d", run_id=run))
    assert bench.running() == ["a"]
    with pytest.raises(
        RefusedError, match=rf"too late .*Retry 3 tasks by tester.* a of {re.escape(run)} has started"
    ):
        bench.loop.plan(Undo(undo_id=done.undo_id))
    bench.finish()
    with pytest.raises(RefusedError, match="too late"):
        bench.act(Undo(dag_id="d"))


async def test_an_undo_survives_a_restart_and_a_moved_world_refuses_it(bench: Bench) -> None:
    run = await failed_run(bench)
    bench.act(Freeze(dag_id="d"))
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    await bench.restart()
    plan = bench.loop.plan(Undo(dag_id="d"))
    bench.act(Cancel(dag_id="d", run_id=run))
    with pytest.raises(PlanStaleError):
        bench.act(Undo(dag_id="d"), expect=plan.fingerprint)
    bench.act(Undo(dag_id="d"))
    assert bench.run_state("d", run) is RunState.FAILED, "nothing had started, so even a cancel goes back"
    assert bench.states("d", run)["a"] is S.FAILED


async def test_a_killed_attempt_does_not_come_back(bench: Bench) -> None:
    run = bench.trigger("d")
    done = bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    with pytest.raises(RefusedError, match="killed 1 running attempt"):
        bench.act(Undo(undo_id=done.undo_id))
    with pytest.raises(UnknownError):
        bench.act(Undo(undo_id=999))


async def test_a_mark_is_taken_back_with_what_it_freed(bench: Bench) -> None:
    run = await failed_run(bench)
    before = told(bench.run("d", run))
    bench.act(Freeze(dag_id="d"))
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    assert bench.states("d", run)["b"] is S.PENDING
    bench.act(Undo(dag_id="d", run_id=run))
    assert told(bench.run("d", run)) == before
    bench.act(Unfreeze(dag_id="d"))
    bench.act(Retry(dag_id="d", run_id=run))
    bench.finish()
    assert set(bench.states("d", run).values()) == {S.SUCCESS}
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_mark_that_set_something_going_is_not_taken_back(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.end("other")
    bench.end("a", BAD)
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a",), state="success"))
    assert bench.running() == ["b"]
    with pytest.raises(RefusedError, match=f"b of {re.escape(run)} has started"):
        bench.act(Undo(dag_id="d"))


async def test_a_mark_that_let_a_waiting_task_go_is_not_taken_back(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, task_id="b"))
    bench.end("a")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("b",), state="skipped"))
    assert bench.states("d", run)["c"] is S.SKIPPED
    bench.act(Undo(dag_id="d"))
    assert [bench.states("d", run)[each] for each in "bc"] == [S.SCHEDULED, S.PENDING]
    bench.act(Mark(dag_id="d", run_id=run, tasks=("b",), state="success"))
    assert bench.running() == ["c", "other"]
    with pytest.raises(RefusedError, match=f"c of {re.escape(run)} has started"):
        bench.act(Undo(dag_id="d"))
    bench.finish()
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_mark_that_ended_a_run_is_taken_back_and_the_run_goes_on(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.end("other")
    bench.act(Freeze(dag_id="d"))
    bench.end("a")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("b", "c"), state="skipped"))
    assert bench.run_state("d", run) is RunState.SUCCESS
    bench.act(Undo(dag_id="d"))
    bench.act(Unfreeze(dag_id="d"))
    assert bench.running() == ["b"]
    bench.end("b", BAD)
    assert bench.states("d", run)["c"] is S.UPSTREAM_FAILED
    assert bench.run_state("d", run) is RunState.FAILED


async def test_a_mark_in_one_run_is_not_taken_back_once_the_next_has_begun(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("p", task("a", depends_on_past=True)))
    first = bench.trigger("p", logical_date=datetime(2026, 1, 1, tzinfo=UTC))
    bench.end("a", BAD)
    second = bench.trigger("p", logical_date=datetime(2026, 1, 2, tzinfo=UTC))
    assert bench.running() == []
    bench.act(Mark(dag_id="p", run_id=first, tasks=("a",), state="success"))
    assert bench.running() == ["a"]
    with pytest.raises(RefusedError, match=f"a of {re.escape(second)} has started"):
        bench.act(Undo(dag_id="p"))
    bench.close()


async def test_acts_are_taken_back_newest_first(bench: Bench) -> None:
    run = await failed_run(bench)
    bench.act(Freeze(dag_id="d"))
    first = bench.act(Clear(dag_id="d", run_id=run, tasks=("a",)))
    second = bench.act(Mark(dag_id="d", run_id=run, tasks=("c",), state="skipped"))
    with pytest.raises(RefusedError, match=f"penstock undo {second.undo_id}"):
        bench.act(Undo(undo_id=first.undo_id))
    bench.act(Undo(dag_id="d"))
    bench.act(Undo(dag_id="d"))
    assert bench.states("d", run) == {
        "a": S.FAILED,
        "b": S.UPSTREAM_FAILED,
        "c": S.UPSTREAM_FAILED,
        "other": S.SUCCESS,
    }


async def two_failed_runs(bench: Bench) -> tuple[str, str]:
    """Return two runs of the frozen DAG in which a failed, the earlier first."""
    runs = []
    for day in (1, 2):
        runs.append(bench.trigger("d", logical_date=datetime(2026, 1, day, tzinfo=UTC)))
        bench.end("other")
        bench.end("a", BAD)
    bench.act(Freeze(dag_id="d"))
    return runs[0], runs[1]


async def test_the_newest_act_of_a_run_may_have_been_asked_for_elsewhere(bench: Bench) -> None:
    first, second = await two_failed_runs(bench)
    before = told(bench.run("d", first))
    bench.act(Clear(dag_id="d", run_id=second, tasks=("c",)))
    wide = bench.act(Mark(dag_id="d", run_id=first, tasks=("a",), state="success", future=True))
    plan = bench.loop.plan(Undo(dag_id="d", run_id=second))
    assert plan.cli == f"penstock undo {wide.undo_id}"
    assert {item.run_id for item in plan.items} == {first, second}
    assert "it changed 2 runs; undo restores all of them" in plan.notes
    bench.act(Undo(dag_id="d", run_id=second))
    assert told(bench.run("d", first)) == before
    assert "Clear" in bench.loop.plan(Undo(dag_id="d", run_id=second)).title, "then the one before it"
    with pytest.raises(RefusedError, match=r"no clear, retry or mark of .* can be undone"):
        bench.loop.plan(Undo(dag_id="d", run_id=first))


async def test_an_act_that_cannot_be_taken_back_still_is_the_newest_of_every_run_it_touched(
    bench: Bench,
) -> None:
    first, second = await two_failed_runs(bench)
    bench.act(Clear(dag_id="d", run_id=second, tasks=("c",)))
    bench.act(Unfreeze(dag_id="d"))
    bench.act(Clear(dag_id="d", run_id=first, tasks=("a",)))
    assert bench.running() == ["a"]
    bench.act(Clear(dag_id="d", run_id=first, tasks=("a", "c"), future=True))
    for run in (first, second):
        with pytest.raises(RefusedError, match=r"killed \d running attempt"):
            bench.loop.plan(Undo(dag_id="d", run_id=run))


async def test_what_does_nothing_has_nothing_to_take_back(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.finish()
    assert bench.act(Retry(dag_id="d", run_id=run)).undo_id is None


# -- another version ---------------------------------------------------------------------------


async def test_a_clear_stays_on_the_pinned_version_and_says_that_there_is_a_later_one(bench: Bench) -> None:
    run = await failed_run(bench)
    bench.load(dag("d", task("a"), task("b", "a"), task("new", "a"), task("other")))
    plan = bench.loop.plan(Clear(dag_id="d", run_id=run, tasks=("a",), downstream=True))
    assert [item.task_id for item in plan.items] == ["a", "b", "c"]
    assert any("--latest-version" in note for note in plan.notes)
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",), downstream=True))
    bench.finish()
    assert bench.states("d", run).keys() == {"a", "b", "c", "other"}


async def test_the_latest_version_brings_new_tasks_and_removes_old_ones(bench: Bench) -> None:
    run = await failed_run(bench)
    old = bench.run("d", run).run.dag_version
    bench.load(dag("d", task("first"), task("a", "first"), task("b", "a"), task("other"), task("new", "b")))
    act = Clear(dag_id="d", run_id=run, tasks=("a",), downstream=True, latest_version=True)
    plan = bench.loop.plan(act)
    assert [(item.task_id, item.before, item.after) for item in plan.items] == [
        ("a", "failed", "pending"),
        ("b", "upstream_failed", "pending"),
        ("first", "", "pending"),
        ("new", "", "pending"),
        ("c", "upstream_failed", "removed"),
    ]
    assert "--latest-version" in plan.cli
    bench.act(act, expect=plan.fingerprint)
    assert bench.running() == ["first"]
    rows = [row.task_id for row in bench.run("d", run).tasks]
    assert rows == ["first", "a", "b", "other", "new", "c"], "in the order of the new version, what went last"
    bench.finish()
    detail = bench.run("d", run)
    assert detail.run.state is RunState.SUCCESS
    assert detail.run.dag_version != old
    assert bench.states("d", run)["c"] is S.REMOVED
    assert {row.task_id: row.attempts for row in detail.tasks}["other"] == 1


async def test_a_retry_can_take_a_mended_file(bench: Bench) -> None:
    run = await failed_run(bench)
    bench.load(dag("d", task("a", retries=3), task("b", "a"), task("c", "b"), task("other")))
    bench.act(Retry(dag_id="d", run_id=run, latest_version=True))
    row = next(row for row in bench.run("d", run).tasks if row.task_id == "a")
    assert (row.state, row.max_tries) == (S.QUEUED, 5)


async def test_undo_takes_the_version_back_too(bench: Bench) -> None:
    run = await failed_run(bench)
    before = told(bench.run("d", run))
    bench.load(dag("d", task("a"), task("b", "a"), task("other"), task("new")))
    bench.act(Freeze(dag_id="d"))
    bench.act(Clear(dag_id="d", run_id=run, latest_version=True))
    plan = bench.loop.plan(Undo(dag_id="d"))
    assert [(item.task_id, item.after, item.note) for item in plan.items if item.after == "removed"] == [
        ("new", "removed", "not in this version")
    ]
    bench.act(Undo(dag_id="d"))
    after = bench.run("d", run)
    assert after.run.dag_version == before[0].dag_version  # type: ignore[attr-defined]
    states = bench.states("d", run)
    assert states.pop("new") is S.REMOVED
    assert states == {"a": S.FAILED, "b": S.UPSTREAM_FAILED, "c": S.UPSTREAM_FAILED, "other": S.SUCCESS}
    assert after.run.state is RunState.FAILED


async def test_undo_of_a_later_version_leaves_what_ran_meanwhile_as_it_ended(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.end("a", BAD)
    assert bench.running() == ["other"]
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b"), task("other"), task("new")))
    bench.act(Freeze(dag_id="d"))
    bench.act(Clear(dag_id="d", run_id=run, tasks=("a",), downstream=True, latest_version=True))
    bench.end("other")
    bench.act(Undo(dag_id="d"))
    states = bench.states("d", run)
    assert states.pop("new") is S.REMOVED
    assert states == {"a": S.FAILED, "b": S.UPSTREAM_FAILED, "c": S.UPSTREAM_FAILED, "other": S.SUCCESS}


async def test_a_version_that_was_forgotten_refuses_the_way_back(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.finish()
    bench.load(dag("d", task("a"), task("b", "a")))
    bench.act(Freeze(dag_id="d"))
    bench.act(Clear(dag_id="d", run_id=run, latest_version=True))
    expire.delete_versions(bench.database, before_us=1 << 60)
    await bench.restart()
    with pytest.raises(RefusedError, match=r"version .* of the DAG is no longer kept"):
        bench.act(Undo())


async def test_a_running_task_that_is_gone_from_the_file_stands_in_the_way(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.load(dag("d", task("b"), task("c", "b"), task("other")))
    with pytest.raises(RefusedError, match=r"a of .* is running.*cancel it first"):
        bench.loop.plan(Clear(dag_id="d", run_id=run, tasks=("b",), latest_version=True))

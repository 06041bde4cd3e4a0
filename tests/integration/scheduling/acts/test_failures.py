"""Failures of all DAGs and runs: what is one, what is dealt with, what comes back, and who said so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from data.builders import dag, task
from drive.loop import BAD, Bench
from penstock.clock import to_us
from penstock.errors import UnknownError, UsageError
from penstock.model.acts import (
    AcknowledgeFailures,
    Cancel,
    Clear,
    Looked,
    Mark,
    ReopenFailures,
    Retry,
    SnoozeFailures,
    Undo,
)
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, TaskState
from penstock.model.views.events import Change
from penstock.model.views.failures import FailureGroup, FailuresPage

KILLED = Outcome(kind=OutcomeKind.CANCELLED)
LOG = b"2026-08-21 06:00:00 ERROR no rows for day %d\n"


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(dag("d", task("a"), task("b", "a")), dag("e", task("x"), task("y", retries=1)))
    return bench


def fail(bench: Bench, dag_id: str = "d", name: str = "a", log: bytes = b"", outcome: Outcome = BAD) -> str:
    """Trigger a run and let a task of it fail, after printing *log*."""
    run = bench.trigger(dag_id)
    attempt_id = bench.live()[f"{run}/{name}"]
    bench.executor.logs[attempt_id] = log
    bench.end(name, outcome, run_id=run)
    return run


def page(bench: Bench, *, everything: bool = False, person: str = "ann", **more: object) -> FailuresPage:
    return bench.engine.failures(everything=everything, person=person, **more)  # type: ignore[arg-type]


def only(bench: Bench, **more: object) -> FailureGroup:
    [group] = page(bench, **more).failures  # type: ignore[arg-type]
    return group


async def test_failures_of_all_dags_and_runs_stand_in_groups_of_one_cause(bench: Bench) -> None:
    runs = [fail(bench, log=LOG % day) for day in (1, 22)]
    bench.clock.forward(60)
    other = fail(bench, "e", "x", log=LOG % 333)
    fail(bench, log=b"ERROR disk full\n")
    disk, rows = page(bench).failures
    assert (disk.line, disk.count) == ("ERROR disk full", 1)
    assert (rows.count, rows.open, rows.dags) == (3, 3, ("d", "e"))
    assert rows.line == "2026-08-21 06:00:00 ERROR no rows for day 333", "the newest of them"
    assert rows.last - rows.first >= timedelta(seconds=60)
    assert [(each.dag_id, each.run_id, each.task_id) for each in rows.tasks] == [
        ("e", other, "x"),
        ("d", runs[1], "a"),
        ("d", runs[0], "a"),
    ]
    assert {(each.map_index, each.try_number, each.state) for each in rows.tasks} == {
        (-1, 1, TaskState.FAILED)
    }
    assert bench.engine.status().failures == page(bench).open == 4


async def test_only_a_failure_without_a_retry_left_is_one(bench: Bench) -> None:
    fail(bench, "e", "y", log=LOG % 1)
    assert page(bench).failures == ()
    bench.clock.forward(1000)
    bench.tick()
    bench.end("y", BAD)
    assert only(bench).tasks[0].try_number == 2


async def test_what_was_cancelled_or_blocked_is_none(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Cancel(dag_id="d", run_id=run, task_id="a"))
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED))
    assert page(bench, everything=True).failures == ()
    fail(bench)
    assert only(bench).count == 1, "b is blocked, and no failure of its own"


async def test_retried_it_is_gone_and_failed_again_it_is_back(bench: Bench) -> None:
    run = fail(bench, log=LOG % 1)
    bench.act(Retry(dag_id="d", run_id=run))
    assert page(bench).failures == ()
    bench.end("a", BAD)
    group = only(bench)
    assert (group.line, group.count, group.tasks[0].try_number) == ("exit 1", 1, 2)
    assert [group.count for group in page(bench, everything=True).failures] == [1, 1]


async def test_succeeded_or_marked_since_it_is_dealt_with(bench: Bench) -> None:
    first, second = fail(bench), fail(bench)
    bench.act(Clear(dag_id="d", run_id=first))
    bench.end("a")
    assert [each.run_id for each in only(bench).tasks] == [second]
    bench.act(Mark(dag_id="d", run_id=second, tasks=("a",), state="skipped"))
    assert page(bench).failures == ()
    group = only(bench, everything=True)
    assert (group.count, group.open) == (2, 0)
    assert {(each.state, each.open) for each in group.tasks} == {
        (TaskState.SUCCESS, False), (TaskState.SKIPPED, False),
    }  # fmt: skip


async def test_a_retry_that_is_taken_back_brings_it_back(bench: Bench) -> None:
    bench.load(dag("held", task("a")))
    run = fail(bench, "held")
    bench.executor.fail_submit = True
    done = bench.act(Mark(dag_id="held", run_id=run, tasks=("a",), state="success"))
    assert page(bench).failures == ()
    bench.act(Undo(undo_id=done.undo_id))
    assert only(bench).count == 1


async def test_acknowledged_it_is_gone_until_it_happens_again(bench: Bench) -> None:
    fail(bench, log=LOG % 1)
    fingerprint = only(bench).fingerprint
    done = bench.act(AcknowledgeFailures(fingerprint=fingerprint[:5], why="source is down"))
    assert "comes back" in done.message
    assert page(bench).failures == ()
    assert bench.engine.status().failures == 0
    known = only(bench, everything=True)
    assert known.acknowledged is not None
    assert (known.acknowledged.by, known.acknowledged.why, known.open) == ("tester", "source is down", 0)
    fail(bench, "e", "x", log=LOG % 2)
    again = only(bench)
    assert (again.fingerprint, again.count, again.dags) == (fingerprint, 1, ("e",))
    assert again.acknowledged is not None, "who knew of the one before"


async def test_snoozed_it_is_gone_even_if_it_happens_until_its_time(bench: Bench) -> None:
    fail(bench, log=LOG % 1)
    until = bench.clock.now() + timedelta(hours=2)
    act = SnoozeFailures(fingerprint=only(bench).fingerprint, until=until, why="vendor")
    assert bench.loop.plan(act).cli.startswith("penstock failures snooze ")
    bench.act(act)
    fail(bench, log=LOG % 2)
    assert page(bench).failures == ()
    bench.clock.forward(2 * 3600 + 1)
    group = only(bench)
    assert (group.count, group.snoozed and group.snoozed.until) == (2, until)
    with pytest.raises(UsageError, match="past"):
        bench.loop.plan(act)


async def test_what_was_said_can_be_taken_back(bench: Bench) -> None:
    fail(bench)
    fingerprint = only(bench).fingerprint
    bench.act(AcknowledgeFailures(fingerprint=fingerprint))
    bench.act(ReopenFailures(fingerprint=fingerprint))
    assert only(bench).acknowledged is None
    assert "nothing to do" in bench.act(ReopenFailures(fingerprint=fingerprint)).message


async def test_a_fingerprint_is_named_as_far_as_it_is_clear(bench: Bench) -> None:
    with pytest.raises(UnknownError, match="no failure has"):
        bench.loop.plan(AcknowledgeFailures(fingerprint="abc"))
    for number in range(40):
        fail(bench, log=b"ERROR " + bytes([97 + number % 26]) * (2 + number // 26) + b"\n")
    with pytest.raises(UnknownError):
        bench.loop.plan(AcknowledgeFailures(fingerprint=""))
    names = [group.fingerprint for group in page(bench).failures]
    twice = next(name[0] for name in names if sum(other[0] == name[0] for other in names) > 1)
    with pytest.raises(UsageError, match="several"):
        bench.loop.plan(AcknowledgeFailures(fingerprint=twice))


async def test_what_is_new_is_so_for_each_person(bench: Bench) -> None:
    fail(bench)
    seen = page(bench, person="tester")
    assert seen.looked is None
    assert seen.failures[0].new
    events = len(bench.engine.events())
    bench.act(Looked(place="failures", upto=seen.newest))
    assert len(bench.engine.events()) == events, "a look is nobody's business in the trail"
    again = page(bench, person="tester@pts/3")
    assert not again.failures[0].new
    assert again.looked == bench.clock.now()
    assert page(bench, person="ann").failures[0].new
    fail(bench)
    both = only(bench, person="tester")
    assert both.new
    assert [each.new for each in both.tasks] == [True, False]


async def test_the_trail_names_who_and_why_and_a_restart_changes_nothing(bench: Bench) -> None:
    fail(bench)
    bench.act(AcknowledgeFailures(fingerprint=only(bench).fingerprint, why="known"))
    event = next(event for event in bench.engine.events() if event.kind == "failures_acknowledged")
    assert (event.actor, event.reason) == ("tester", "known")
    assert "d" in bench.changes[-1].dags  # type: ignore[attr-defined]
    await bench.open()
    assert page(bench).failures == ()
    assert only(bench, everything=True).acknowledged is not None


async def test_a_log_that_cannot_be_read_costs_no_failure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("input/output error")

    monkeypatch.setattr(bench.executor, "read_log", broken)
    fail(bench)
    assert only(bench).line == "exit 1"


async def test_since_and_the_beginning_of_a_fingerprint_choose(bench: Bench) -> None:
    fail(bench, log=LOG % 1)
    bench.clock.forward(3600)
    fail(bench, log=b"ERROR other\n")
    assert only(bench, since=bench.clock.now() - timedelta(minutes=1)).line == "ERROR other"
    wanted = page(bench).failures[1].fingerprint
    assert only(bench, fingerprint=wanted[:6]).fingerprint == wanted
    assert only(bench, limit=1, tasks=0).tasks == ()


async def test_a_run_that_is_removed_takes_its_failures_along(bench: Bench) -> None:
    fail(bench)
    with bench.database.write() as connection:
        connection.execute(sa.text("DELETE FROM run"))
    assert page(bench, everything=True).failures == ()


# -- runs that fail without a task that does -------------------------------------------------------


async def test_a_run_out_of_time_is_a_failure_and_a_retry_runs_what_it_skipped(bench: Bench) -> None:
    bench.load(dag("slow", task("a"), task("b", "a"), dagrun_timeout=60.0))
    run = bench.trigger("slow")
    bench.clock.forward(61)
    bench.tick()
    bench.end("a", KILLED)
    group = only(bench)
    assert group.line == "the run failed: dagrun_timeout of 60 s has passed"
    [failed] = group.tasks
    assert (failed.dag_id, failed.run_id, failed.task_id, failed.map_index) == ("slow", run, "", -1)
    assert (failed.state, failed.open, failed.run_state) == (TaskState.FAILED, True, RunState.FAILED)
    assert bench.engine.status().failures == page(bench).open == 1
    plan = bench.loop.plan(Retry(dag_id="slow", run_id=run))
    assert {item.task_id for item in plan.items} == {"a", "b"}
    bench.act(Retry(dag_id="slow", run_id=run))
    assert page(bench).failures == ()
    bench.clock.forward(61)
    bench.tick()
    bench.end("a", KILLED)
    assert only(bench).count == 1, "the time that it failed before is dealt with"
    assert only(bench, everything=True).count == 2


async def test_a_run_failed_by_hand_is_a_failure_until_it_is_acknowledged(bench: Bench) -> None:
    run = bench.trigger("d")
    bench.act(Mark(dag_id="d", run_id=run, tasks=("a", "b"), state="failed"))
    if bench.running():
        bench.end("a", KILLED)
    assert bench.run_state("d", run) is RunState.FAILED
    group = only(bench)
    assert (group.line, group.dags) == ("the run failed: marked by tester", ("d",))
    bench.act(AcknowledgeFailures(fingerprint=group.fingerprint))
    assert page(bench).failures == ()


async def test_a_run_with_a_task_that_failed_is_no_failure_of_its_own(bench: Bench) -> None:
    run = fail(bench, log=LOG % 1)
    bench.finish()
    assert bench.run_state("d", run) is RunState.FAILED
    assert [each.task_id for each in only(bench, everything=True).tasks] == ["a"]
    bench.act(Clear(dag_id="d", run_id=run, tasks=("b",)))
    bench.finish()
    assert only(bench, everything=True).count == 1, "it failed before this turn of the run"


async def test_the_end_of_a_snooze_is_told_without_any_other_change(bench: Bench) -> None:
    fail(bench)
    until = bench.clock.now() + timedelta(hours=2)
    bench.act(SnoozeFailures(fingerprint=only(bench).fingerprint, until=until))
    await bench.restart()
    assert bench.tick() == to_us(until), "it wakes for it"
    bench.changes.clear()
    bench.clock.forward(2 * 3600 + 1)
    bench.tick()
    assert [change.dags for change in bench.changes if isinstance(change, Change)] == [("d",)]
    assert only(bench).count == 1

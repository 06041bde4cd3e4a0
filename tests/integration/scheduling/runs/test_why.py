"""Every barrier, reached with the real scheduler: its words, its holder, and the root of the chain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import BAD, Bench
from fakes.clock import START
from penstock.errors import UnknownError
from penstock.execution.executor import Accepted
from penstock.model.acts import Cancel, CreateBackfill, Freeze, Hold, PauseSchedule, SetPool
from penstock.model.barriers import BarrierKind
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec
from penstock.scheduling import launching as launching_file
from penstock.scheduling.planner import StoredPlanner
from penstock.scheduling.world.orders import FileGone

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class Case:
    """How a barrier is reached, and what is said of it. ``run`` and ``task`` are what is asked."""

    drive: Callable[[Bench], tuple[str | None, str | None]]
    kind: str
    words: str
    holder: str = ""
    root: str = ""
    settings: dict[str, Any] | None = None


def frozen(bench: Bench) -> tuple[str, str | None]:
    bench.load(dag("d", task("a"), task("b", "a")))
    bench.act(Freeze(dag_id="d", why="a leak", until=START + timedelta(hours=1)))
    return bench.trigger("d"), None


def frozen_task(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    bench.act(Freeze(dag_id="d", why="a leak"))
    bench.end(
        "a", BAD if bench.settings.parallelism == 1 else Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
    )
    return run, "b"


def run_held(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, why="look first"))
    bench.end("a")
    return run, "b"


def task_held(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b")))
    run = bench.trigger("d")
    bench.act(Hold(dag_id="d", run_id=run, task_id="b"))
    bench.end("a")
    return run, "c"


def queued_run(bench: Bench) -> tuple[str, None]:
    bench.load(dag("d", task("a"), task("b", "a"), max_active_runs=1))
    bench.trigger("d", logical_date=FIRST, run_id="first")
    return bench.trigger("d", logical_date=SECOND), None


def queued_behind_a_hold(bench: Bench) -> tuple[str, str]:
    run, _ = queued_run(bench)
    bench.act(Hold(dag_id="d", run_id="first", why="wait for Ann"))
    return run, "b"


def parents(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b"), task("x")))
    run = bench.trigger("d")
    return run, "c"


def blocked(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b"), task("x")))
    run = bench.trigger("d")
    bench.end("a", BAD)
    return run, "c"


def past(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a", depends_on_past=True)))
    bench.trigger("d", logical_date=FIRST, run_id="first")
    run = bench.trigger("d", logical_date=SECOND)
    bench.end("a", run_id=run)
    return run, "b"


def retry(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a", retries=2, retry_delay=60.0), task("b", "a")))
    run = bench.trigger("d")
    bench.end("a", BAD)
    return run, "b"


def sensor(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a"), task("b", "a")))
    run = bench.trigger("d")
    later = bench.clock.now().timestamp() + 300
    bench.end("a", Outcome(kind=OutcomeKind.RESCHEDULED, next_poke_at=later))
    return run, "b"


def parallelism(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a", priority_weight=9), task("b")), dag("other", task("z")))
    bench.trigger("other", run_id="there")
    return bench.trigger("d"), "b"


def active_tasks(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a", priority_weight=9), task("b"), max_active_tasks=1))
    return bench.trigger("d"), "b"


def per_dag(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a", max_active_tis_per_dag=1)))
    bench.trigger("d", logical_date=FIRST, run_id="first")
    return bench.trigger("d", logical_date=SECOND), "a"


def pool(bench: Bench) -> tuple[str, str]:
    bench.act(SetPool(name="one", slots=1))
    bench.load(dag("d", task("b", pool="one"), task("c", "b")), dag("other", task("z", pool="one")))
    bench.trigger("other", run_id="there")
    return bench.trigger("d"), "c"


def no_pool(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a", pool="nope")))
    return bench.trigger("d"), "a"


def small_pool(bench: Bench) -> tuple[str, str]:
    bench.act(SetPool(name="one", slots=1))
    bench.load(dag("d", task("a", pool="one", pool_slots=2)))
    return bench.trigger("d"), "a"


def launching(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a")))
    bench.executor.claim_at_once = False
    run = bench.trigger("d")
    assert isinstance(next(iter(bench.executor.seen.values())), Accepted)
    return run, "a"


def stopping(bench: Bench) -> tuple[str, str]:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.tick()
    bench.act(Cancel(dag_id="d", run_id=run, task_id="a"))
    return run, "a"


def ending(bench: Bench) -> tuple[str, None]:
    bench.load(dag("d", task("a")))
    run = bench.trigger("d")
    bench.tick()
    bench.act(Cancel(dag_id="d", run_id=run))
    return run, None


def row(bench: Bench) -> tuple[str, str]:
    bench.act(SetPool(name="one", slots=1))
    bench.load(dag("other", task("z", pool="one")))
    bench.trigger("other", run_id="there")
    bench.load(dag("d", task("a", pool="one"), task("b", row_of="a")))
    return bench.trigger("d"), "b"


def finished(bench: Bench) -> tuple[str, None]:
    run, _ = blocked(bench)
    bench.end("x")
    return run, None


def waiting_run(bench: Bench) -> tuple[str, None]:
    run, _ = pool(bench)
    return run, None


def backfill(bench: Bench) -> tuple[str, None]:
    bench.load(dag("d", task("a"), schedule=DAILY, start_date=FIRST), paused=True)
    bench.act(CreateBackfill(dag_id="d", from_date=FIRST, to_date=SECOND, max_active_runs=2))
    from penstock.model.acts import Clear, ResizeBackfill

    bench.act(ResizeBackfill(backfill_id=1, max_active_runs=1))
    first = bench.engine.backfill(1).points[0].run_id or ""
    bench.end("a", run_id=first)
    bench.act(Clear(dag_id="d", run_id=first))
    return first, None


def paused(bench: Bench) -> tuple[None, None]:
    bench.load(dag("d", task("a"), schedule=DAILY, start_date=FIRST), paused=True)
    bench.act(PauseSchedule(dag_id="d", why="source is down"))
    return None, None


def no_schedule(bench: Bench) -> tuple[None, None]:
    bench.load(dag("d", task("a")))
    return None, None


def next_point(bench: Bench) -> tuple[None, None]:
    bench.load(dag("d", task("a"), schedule=DAILY, start_date=START, catchup="none"))
    return None, None


def full(bench: Bench) -> tuple[None, None]:
    bench.load(dag("d", task("a"), schedule=DAILY, start_date=START, max_active_runs=1, overlap="skip"))
    bench.trigger("d", run_id="first")
    bench.tick()
    return None, None


def missing(bench: Bench) -> tuple[None, None]:
    bench.load(dag("d", task("a"), schedule=DAILY, start_date=START))
    bench.loop.order(FileGone("d.py"))
    bench.tick()
    return None, None


ONE = {"parallelism": 1}
CASES = {
    "frozen": Case(
        frozen, "frozen", r"the DAG d is frozen since .* by tester \(a leak\)", "tester", "a leak"
    ),
    "frozen task": Case(frozen_task, "frozen", "the DAG d is frozen", "tester", "the DAG d is frozen"),
    "held run": Case(
        run_held, "held", r"the run .* is held since .* by tester \(look first\)", "tester", "look"
    ),
    "held task": Case(
        task_held, "trigger_rule", "all_success over its parents: b is scheduled", "b", "the task b is held"
    ),
    "max_active_runs": Case(
        queued_run,
        "run_queued",
        r"d allows 1 run at once \(max_active_runs\)",
        "first",
        "first is running: running a",
    ),
    "behind a held run": Case(
        queued_behind_a_hold, "run_queued", "d allows 1 run", "first", r"the run first is held.*wait for Ann"
    ),
    "trigger rule": Case(
        parents,
        "trigger_rule",
        "all_success over its parents: b is pending",
        "b",
        "a is running: it is running since",
    ),
    "blocked": Case(blocked, "finished", "it has ended: upstream_failed", "", "a is failed: .*exit 1"),
    "previous run": Case(
        past,
        "previous_run",
        "it depends on the past: b is pending in first",
        "d/first/b",
        "d/first/a is running",
    ),
    "retry": Case(
        retry, "trigger_rule", "a is up_for_retry", "a", r"try 1 of 3 failed; the next is due at 2026"
    ),
    "sensor": Case(
        sensor, "trigger_rule", "a is up_for_reschedule", "a", r"\(1 look\); the next check is due at"
    ),
    "parallelism": Case(
        parallelism,
        "parallelism",
        "all 1 slots of the engine",
        "other/there/z",
        "other/there/z is running",
        ONE,
    ),
    "max_active_tasks": Case(
        active_tasks, "max_active_tasks", "the run has 1 task at once", "/a", "a is running"
    ),
    "max_active_tis_per_dag": Case(
        per_dag, "max_active_tis_per_dag", "1 at once of a", "d/first/a", "d/first/a is"
    ),
    "pool": Case(pool, "trigger_rule", "b is scheduled", "b", "other/there/z is running"),
    "missing pool": Case(no_pool, "pool", "pool nope does not exist", "", "penstock pools set nope 1"),
    "small pool": Case(small_pool, "pool", "0 of 1 slots in use, it needs 2: it can never run", "", "never"),
    "row": Case(row, "row", "it is a row of a, which has not begun", "a", "other/there/z is running"),
    "launching": Case(launching, "launching", "no supervisor has claimed it yet", "", "claimed"),
    "stopping": Case(
        stopping, "running", r"it is being stopped \(cancelled by tester\)", "", "being stopped"
    ),
    "run that ends": Case(
        ending, "ending", "the run is about to end .* 1 still to be killed", "a", "a is stopping"
    ),
    "run that ended": Case(finished, "finished", "the run has ended: failed", "", "a is failed"),
    "run that waits for a pool": Case(
        waiting_run, "pool", "b: pool one: 1 of 1 slots in use", "other/there/z", "other/there/z is running"
    ),
    "backfill's limit": Case(
        backfill, "run_queued", "backfill 1 allows 1 run at once", "backfill__", "running a"
    ),
    "paused schedule": Case(
        paused,
        "paused",
        r"the schedule of d is paused since .* by tester \(source is down\)",
        "tester",
        "source",
    ),
    "no schedule": Case(no_schedule, "schedule", "it has no schedule", "", "runs only when triggered"),
    "next point": Case(
        next_point, "schedule", "its next schedule point is due", "", "2026-03-03 00:00:00 UTC"
    ),
    "runs in the way of the next": Case(
        full,
        "run_queued",
        r"1 of 1 runs are active.*another one is skipped",
        "first",
        "first is running: running a",
    ),
    "file gone": Case(missing, "missing", "d.py no longer makes it", "", "d.py"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_every_gate_has_words_a_holder_and_a_root(case: Case, tmp_path: Path) -> None:
    bench = await Bench(tmp_path, **(case.settings or {})).open()
    run, name = case.drive(bench)
    bench.tick()  # what was launched has been claimed by now
    answer = bench.engine.why("d", run, name)
    barrier = next((barrier for barrier in answer.barriers if barrier.kind == case.kind), None)
    assert barrier is not None, answer
    assert re.search(case.words, barrier.text), answer
    if case.holder:
        assert any(case.holder in holder for holder in barrier.holders), answer
    assert re.search(case.root, answer.root), answer
    assert answer.root == answer.chain[-1]
    assert len(answer.chain) == len(set(answer.chain))
    # With no engine the same is said, and who is missing.
    silent = StoredPlanner(bench.database, bench.settings).why("d", run, name, -1)
    if case.kind != "finished":
        assert silent.barriers[0].kind == "engine"
        assert re.search(r"no engine is running, silent since 2026-03-02 12:00", silent.root)
        assert {barrier.kind for barrier in answer.barriers} <= {
            barrier.kind for barrier in silent.barriers
        } | {"schedule"}
    bench.close()


def test_every_kind_of_gate_is_reached_here() -> None:
    # Asked in tests of their own, or what the cases above lead to.
    elsewhere = {"engine", "quarantine", "assets", "retry", "sensor", "max_active_tis_per_dagrun"}
    elsewhere |= {"breakpoint", "trigger", "answer", "executor"}
    assert set(BarrierKind) - elsewhere == {case.kind for case in CASES.values()}


async def test_what_waits_by_itself_says_until_when(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    run, _ = retry(bench)
    (barrier,) = bench.engine.why("d", run, "a").barriers
    assert (barrier.kind, barrier.until is not None) == ("retry", True)
    bench.load(dag("e", task("a", max_active_tis_per_dagrun=0)))
    (barrier,) = bench.engine.why("e", bench.trigger("e"), "a").barriers
    assert barrier.kind == "max_active_tis_per_dagrun"
    bench.close()
    (tmp_path / "s").mkdir()
    there = await Bench(tmp_path / "s").open()
    run, _ = sensor(there)
    (barrier,) = there.engine.why("d", run, "a").barriers
    assert (barrier.kind, barrier.until) == ("sensor", there.clock.now() + timedelta(seconds=300))
    there.close()


async def test_a_full_disk_holds_everything_that_has_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching_file, "storage_problem", lambda _: "only 3 MiB are free")
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("a")))
    answer = bench.engine.why("d", bench.trigger("d"), "a")
    assert (answer.barriers[0].kind, answer.root) == ("engine", "only 3 MiB are free")
    bench.close()


async def test_an_unknown_task_is_answered_with_those_of_the_runs_version(tmp_path: Path) -> None:
    bench = await Bench(tmp_path).open()
    bench.load(dag("d", task("old")))
    run = bench.trigger("d")
    bench.load(dag("d", task("new")))
    with pytest.raises(UnknownError, match="there are old"):
        bench.engine.why("d", run, "new")
    bench.close()

"""One bad thing hurts only itself: a failure in any step, and the neighbours miss nothing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from builders import dag, task
from penstock.errors import PenstockError, RefusedError
from penstock.execution.executor import Exited
from penstock.model import acts
from penstock.model.acts import QuarantineDrop, QuarantineRetry
from penstock.model.assets import AssetCondition
from penstock.model.spec import DagSpec, DeadlineSpec, PoolSpec, ScheduleSpec
from penstock.model.states import RunState, TaskState
from penstock.scheduling import (
    asset_runs,
    callbacks,
    create,
    deadlines,
    dispatch,
    isolate,
    loaded,
    moves,
    ready,
    reap,
    settle,
)
from penstock.scheduling.acts import registry
from penstock.scheduling.live_run import LiveRun
from penstock.scheduling.world import World
from penstock.settings import Settings
from penstock.store import standing
from penstock.store.condition import problems
from penstock.store.gate import Gate
from penstock.timetable import due
from scripted import OK, Bench

MINUTE = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = await Bench(tmp_path).open()
    yield made
    made.close()


def neighbour() -> DagSpec:
    """Return a DAG that runs each minute."""
    return dag("fine", task("a"), task("b", "a"), schedule=MINUTE, catchup="none")


def bad_dag() -> DagSpec:
    """Return a DAG in which every step has something to do."""
    return dag(
        "bad",
        task("a", callbacks=("success", "execute"), retries=1, retry_delay=1.0),
        task("b", "a"),
        schedule=MINUTE,
        catchup="none",
        dagrun_timeout=100_000.0,
        callbacks=("success", "failure"),
        deadlines=(DeadlineSpec(reference="queued", seconds=30.0),),
        max_active_runs=50,
    )


async def live_minutes(bench: Bench, minutes: int, *, restart_at: int) -> None:
    """Let minutes pass, every task of them succeed at once, and the engine start anew in between."""
    for minute in range(minutes):
        bench.clock.forward(60)
        for _ in range(4):
            bench.tick()
            moment = bench.clock.time.timestamp()
            for attempt, (_, _) in list(bench.loop.world.attempts.items()):
                bench.executor.seen[attempt] = Exited(OK, moment, moment)
            for attempt in bench.loop.world.delivering:
                bench.executor.seen[attempt] = Exited(OK, moment, moment)
            bench.loop._turn(bench.loop._live())
        if minute == restart_at:
            await bench.restart()


def assert_missed_nothing(bench: Bench, minutes: int) -> None:
    """Every minute of the neighbour has its run, on time, and it succeeded."""
    rows = bench.engine.ledger("fine", limit=100)
    assert [row.status for row in rows] == ["ran"] * minutes
    assert [row.count for row in rows] == [1] * minutes
    moments = sorted(row.first for row in rows)
    assert moments[-1] - moments[0] == timedelta(minutes=minutes - 1)
    runs = bench.engine.runs("fine", limit=100)
    assert {run.state for run in runs} == {RunState.SUCCESS}
    assert len(runs) == minutes


@dataclass(frozen=True)
class Injection:
    """A function that fails when *when* says that it is about the bad thing."""

    place: Any
    name: str
    when: Callable[..., bool]


def of_bad_run(*args: Any, **_: Any) -> bool:
    """Whether a call is about a run of the bad DAG."""
    return any(isinstance(each, LiveRun) and each.record.dag_id == "bad" for each in args)


def of_bad_dag(*args: Any, **_: Any) -> bool:
    """Whether a call is about the bad DAG."""
    return any(getattr(each, "dag_id", None) == "bad" for each in args)


def of_bad_row(*args: Any, **_: Any) -> bool:
    """Whether a call is about a delivery of the bad DAG's."""
    return any('"dag_id": "bad"' in getattr(each, "facts", "") for each in args)


STEPS = {
    "settle a run": Injection(settle, "_take", of_bad_run),
    "end an attempt": Injection(settle, "_ended", of_bad_run),
    "advance a run": Injection(ready, "_advance", of_bad_run),
    "judge a task": Injection(ready, "judge", of_bad_run),
    "end a run": Injection(ready, "settle_run", of_bad_run),
    "time a run out": Injection(reap, "_out_of_time", of_bad_run),
    "start a run": Injection(create, "_start", of_bad_run),
    "may a run start": Injection(create, "_may_start", of_bad_run),
    "look for a head": Injection(dispatch, "_head", of_bad_run),
    "launch a task": Injection(dispatch, "_launch", of_bad_run),
    "make an order": Injection(dispatch, "attempt_spec", of_bad_run),
    "weigh a run": Injection(dispatch, "_top", of_bad_run),
    "watch a deadline": Injection(deadlines, "_watch", of_bad_run),
    "tell of a run": Injection(callbacks, "_tell_of_run", of_bad_run),
    "tell of a task": Injection(callbacks, "_tell_of_task", of_bad_run),
    "settle a schedule": Injection(create, "_settle_schedule", of_bad_dag),
    "decide a schedule": Injection(create, "decide", of_bad_dag),
    "create a run": Injection(create, "create_run", lambda *args, **_: args[1].spec.dag_id == "bad"),
    "deliver a callback": Injection(callbacks, "_deliver", of_bad_row),
    "end a callback": Injection(callbacks, "_end", of_bad_row),
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_failure_in_any_step_costs_the_neighbour_no_minute(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    bench.load(neighbour())
    await live_minutes(bench, 1, restart_at=5)
    bench.load(bad_dag())
    found = STEPS[step]
    original = getattr(found.place, found.name)

    def failing(*args: Any, **fields: Any) -> Any:
        if found.when(*args, **fields):
            raise ZeroDivisionError("injected")
        return original(*args, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(found.place, found.name, failing)
        await live_minutes(bench, 5, restart_at=2)
        assert_missed_nothing(bench, 6)
        rows = bench.engine.quarantine()
        assert rows, "what failed is in quarantine"
        for row in rows:
            assert row.dag_id in ("bad", None)
            assert "injected" in row.reason
        assert bench.engine.status().quarantined == len(rows)
        assert any("in quarantine" in text and "injected" in text for text in bench.engine.status().warnings)
        kinds = [event.kind for event in bench.engine.events(limit=1000)]
        assert kinds.count("quarantined") >= len(rows)
    for row in rows:
        bench.act(QuarantineRetry(subject=row.id))
    await live_minutes(bench, 2, restart_at=5)
    assert bench.engine.quarantine() == []
    assert {run.state for run in bench.engine.runs("bad", limit=100)} == {RunState.SUCCESS}
    assert_missed_nothing(bench, 8)


async def test_what_does_not_say_what_it_is_about_is_searched_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), *(dag(f"other{number}", task("a")) for number in range(5)), bad_dag())
    write = Gate._write

    def failing(gate: Gate, connection: Any) -> None:
        if any(event["dag_id"] == "bad" for event in gate._events if event["kind"] != "quarantined"):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "a half of a character")
        write(gate, connection)

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "_write", failing)
        await live_minutes(bench, 4, restart_at=2)
        assert_missed_nothing(bench, 4)
        assert {row.dag_id for row in bench.engine.quarantine()} == {"bad"}


async def test_what_fails_for_everybody_puts_nobody_into_quarantine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), bad_dag())

    def failing(tick: Any) -> None:
        raise ZeroDivisionError("a fault of the program")

    with monkeypatch.context() as patch:
        from penstock.scheduling import loop

        patch.setattr(loop, "reap", failing)
        bench.clock.forward(60)
        bench.tick()
        assert bench.engine.quarantine() == []
        assert "a fault of the program" in bench.loop.warnings[0]
        with pytest.raises(PenstockError, match="a fault of the program"):
            bench.trigger("fine")
    bench.clock.forward(6)
    bench.tick()
    assert bench.loop.warnings == ()
    bench.trigger("fine")


async def test_many_that_fail_alike_are_tried_again_by_themselves_and_it_is_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [
        dag(f"d{number}", task("a"), schedule=MINUTE, catchup="none")
        for number in range(isolate.MOST_ALIKE + 5)
    ]
    bench.load(neighbour(), *many)
    decide = due.decide

    def failing(spec: DagSpec, **fields: Any) -> Any:
        if spec.dag_id != "fine":
            raise ZeroDivisionError("a fault of the program")
        return decide(spec, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(create, "decide", failing)
        await live_minutes(bench, 3, restart_at=5)
        assert_missed_nothing(bench, 3)
        assert len(bench.engine.quarantine()) == isolate.MOST_ALIKE + 5
        assert "looks like a fault of Penstock itself: 5 of them" in "".join(bench.loop.warnings)
    await bench.restart()
    assert len(bench.engine.quarantine()) == isolate.MOST_ALIKE


async def test_an_act_that_fails_is_answered_with_the_reason_and_stands_in_nobodys_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    original = registry._PLANNERS[acts.SetPool]

    def failing(world: World, act: Any) -> Any:
        raise KeyError("broken")

    with monkeypatch.context() as patch:
        patch.setitem(registry._PLANNERS, acts.SetPool, failing)
        with pytest.raises(PenstockError, match="KeyError: 'broken'"):
            bench.act(acts.SetPool(name="p", slots=2))
        await live_minutes(bench, 2, restart_at=0)
        assert_missed_nothing(bench, 2)
        (row,) = bench.engine.quarantine()
        assert (row.kind, row.id.startswith("order:pool_set-")) == ("order", True)
        with pytest.raises(PenstockError, match="KeyError: 'broken'"):
            bench.act(QuarantineRetry(subject=row.id))
        assert [each.id for each in bench.engine.quarantine()] == [row.id]
    assert original is registry._PLANNERS[acts.SetPool]
    bench.act(QuarantineRetry(subject=row.id))
    assert bench.loop.world.pools["p"].slots == 2
    assert bench.engine.quarantine() == []


async def test_a_file_that_fails_is_left_out_until_it_says_something_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    take = loaded._take_dag

    def failing(tick: Any, spec: DagSpec, source_hash: str) -> Any:
        if spec.doc == "broken":
            raise KeyError("broken")
        return take(tick, spec, source_hash)

    monkeypatch.setattr(loaded, "_take_dag", failing)
    bench.load(dag("bad", task("a"), doc="broken"))
    await live_minutes(bench, 2, restart_at=0)
    assert_missed_nothing(bench, 2)
    assert [(row.kind, row.id) for row in bench.engine.quarantine()] == [("dag", "bad")]
    bench.load(dag("bad", task("a"), doc="broken"))
    assert [row.id for row in bench.engine.quarantine()] == ["bad"], "the same content stays out"
    with pytest.raises(RefusedError, match="in quarantine"):
        bench.trigger("bad")
    bench.load(dag("bad", task("a"), doc="mended"))
    assert bench.engine.quarantine() == []
    bench.trigger("bad")


async def test_runs_that_fail_one_after_another_take_their_dag_with_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), bad_dag())
    await live_minutes(bench, 1, restart_at=5)
    ended = settle._ended

    def failing(tick: Any, live: LiveRun, *rest: Any) -> None:
        if live.record.dag_id == "bad":
            raise ZeroDivisionError("injected")
        ended(tick, live, *rest)

    monkeypatch.setattr(settle, "_ended", failing)
    await live_minutes(bench, 6, restart_at=2)
    assert_missed_nothing(bench, 7)
    kinds = sorted(row.kind for row in bench.engine.quarantine())
    assert kinds == ["dag", "run", "run", "run"]


# -- rows that cannot be read ----------------------------------------------------------------------


def corrupt(bench: Bench, statement: str) -> None:
    """Write into the database past everything that guards it."""
    with contextlib.closing(sqlite3.connect(bench.database.path)) as connection:  # heeds no references
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount > 0, statement
        for _, text in guards:
            connection.execute(text)
        connection.commit()


RUN = "SELECT id FROM run WHERE dag_id = 'bad' AND state = 'running'"
ROWS: dict[str, tuple[str, str]] = {
    "a run's state": ("run", "UPDATE run SET state = 'weird' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's type": ("run", "UPDATE run SET run_type = 'weird' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's conf": ("run", "UPDATE run SET conf = '[1' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's date": (
        "run",
        "UPDATE run SET logical_us = 999999999999999999 WHERE dag_id = 'bad' AND state = 'running'",
    ),
    "a run's start": ("run", "UPDATE run SET start_us = 'noon' WHERE dag_id = 'bad' AND state = 'running'"),
    "a run's version": ("run", "UPDATE run SET version = 'x' WHERE dag_id = 'bad' AND state = 'running'"),
    "a task's state in bytes": (
        "run",
        f"UPDATE task_instance SET state = x'ff00' WHERE run_pk IN ({RUN})",
    ),
    "a task's state": ("run", f"UPDATE task_instance SET state = 'weird' WHERE run_pk IN ({RUN})"),
    "a task's map index": ("run", f"UPDATE task_instance SET map_index = 'x' WHERE run_pk IN ({RUN})"),
    "a task's map index in bytes": (
        "run",
        f"UPDATE task_instance SET map_index = x'ff00' WHERE run_pk IN ({RUN})",
    ),
    "a task's far map index": (
        "run",
        f"UPDATE task_instance SET map_index = -7 WHERE task_id = 'a' AND run_pk IN ({RUN})",
    ),
    "a task's tries": ("run", f"UPDATE task_instance SET try_number = 'x' WHERE run_pk IN ({RUN})"),
    "a task's next try": ("run", f"UPDATE task_instance SET next_us = 1e300 WHERE run_pk IN ({RUN})"),
    "how a task's last attempt ended": (
        "run",
        f"UPDATE task_instance SET outcome = 'exit 1' WHERE run_pk IN ({RUN})",
    ),
    "what kind of end it was": (
        "run",
        f"""UPDATE task_instance SET outcome = '{{"kind": "weird"}}' WHERE run_pk IN ({RUN})""",
    ),
    "what a task skips": ("run", f"UPDATE task_instance SET skips = '[1' WHERE run_pk IN ({RUN})"),
    "what is to happen to a task": ("run", f"UPDATE task_instance SET intent = 'x' WHERE run_pk IN ({RUN})"),
    "the id of a task's attempt": (
        "run",
        f"UPDATE task_instance SET attempt_id = 'x' WHERE run_pk IN ({RUN})",
    ),
    "a task's rush": ("run", f"UPDATE task_instance SET rush = 'soon' WHERE run_pk IN ({RUN})"),
    "what is to happen to a run": (
        "run",
        "UPDATE run SET intent = 'x' WHERE dag_id = 'bad' AND state = 'running'",
    ),
    "a run's key of a version": (
        "run",
        "UPDATE run SET version_id = 'x' WHERE dag_id = 'bad' AND state = 'running'",
    ),
    "a DAG's key of a version": ("dag", "UPDATE dag SET version_id = 'x' WHERE dag_id = 'bad'"),
    "a task that is not in the DAG": (
        "run",
        f"UPDATE task_instance SET task_id = 'gone' WHERE task_id = 'a' AND run_pk IN ({RUN})",
    ),
    "a spec": ("dag", "UPDATE dag_version SET spec = '{' WHERE dag_id = 'bad'"),
    "a spec's type": ("dag", "UPDATE dag_version SET spec = '[1, 2]' WHERE dag_id = 'bad'"),
    "a spec's rule": (
        "dag",
        "UPDATE dag_version SET spec = json_set(spec, '$.tasks[1].trigger_rule', 'x') WHERE dag_id = 'bad'",
    ),
    "a spec's parent": (
        "dag",
        """UPDATE dag_version SET spec = json_set(spec, '$.tasks[1].upstream', json('["no"]'))
        WHERE dag_id = 'bad'""",
    ),
    "a DAG's cursor": ("dag", "UPDATE dag SET cursor_us = 'x' WHERE dag_id = 'bad'"),
    "a DAG's far cursor": ("dag", "UPDATE dag SET cursor_us = 999999999999999999 WHERE dag_id = 'bad'"),
    "a DAG's first sight": ("dag", "UPDATE dag SET first_seen_us = 'x' WHERE dag_id = 'bad'"),
    "a pool's size": ("row", "UPDATE pool SET slots = -3 WHERE name = 'narrow'"),
    "a pool's size in words": ("row", "UPDATE pool SET slots = 'many' WHERE name = 'narrow'"),
    "everybody's pool": ("row", "UPDATE pool SET slots = 'many' WHERE name = 'default_pool'"),
    "a pause's end": ("row", "UPDATE pause SET until_us = 'soon' WHERE dag_id = 'other'"),
    "a callback": ("row", "UPDATE callback SET facts = 'x' WHERE state IN ('waiting', 'running')"),
    "a callback's kind of facts": (
        "row",
        "UPDATE callback SET facts = '{}' WHERE state IN ('waiting', 'running')",
    ),
    "a backfill": ("row", "UPDATE backfill SET max_active_runs = 'x'"),
    "a backfill's slot": ("row", "UPDATE backfill_slot SET logical_us = 'x'"),
    "a variable": ("row", "UPDATE stored_value SET entry = '{' WHERE name = 'v'"),
}


FOUND_LATER = {
    "a task that is not in the DAG",
    "a spec",
    "a spec's type",
    "a spec's rule",
    "a spec's parent",
    "a callback's kind of facts",
}
"""What only shows beside other rows, or inside a spec: the reason names that and no column."""
FOUND_WHEN_READ = ROWS.keys() - FOUND_LATER


def fill(bench: Bench) -> None:
    """Have one of everything in the store."""
    pools = (PoolSpec(name="narrow", slots=1),)
    bench.load(neighbour(), bad_dag(), dag("other", task("a", pool="narrow"), schedule=MINUTE, pools=pools))
    bench.act(acts.PauseSchedule(dag_id="other", until=bench.clock.time + timedelta(days=1)))
    bench.act(acts.SetVariable(name="v", value="1"))
    begin = bench.clock.time - timedelta(minutes=5)
    bench.act(acts.CreateBackfill(dag_id="other", from_date=begin, to_date=bench.clock.time))
    bench.trigger("bad")
    bench.trigger("bad")


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("way", ["retry", "drop"])
async def test_a_row_that_cannot_be_read_hurts_only_itself(bench: Bench, row: str, way: str) -> None:
    kind, statement = ROWS[row]
    fill(bench)
    await live_minutes(bench, 1, restart_at=5)
    bench.trigger("bad")
    bench.tick()
    corrupt(bench, statement)
    await bench.restart()
    await live_minutes(bench, 3, restart_at=1)
    assert_missed_nothing(bench, 4)
    rows = bench.engine.quarantine()
    assert kind in {each.kind for each in rows}, rows
    if row in FOUND_WHEN_READ:
        field = statement.replace("UPDATE ", "").replace(" SET ", ".").split()[0]
        assert any(field in each.reason for each in rows), rows
    for name in ("fine", "other", "bad"):
        assert bench.engine.runs(name, limit=10)
    shown = {each.dag_id: each for each in bench.engine.dags()}
    if kind == "dag":
        assert shown["bad"].quarantined
    if kind == "run":
        barred = [run for run in bench.engine.runs("bad", limit=50) if run.quarantined]
        assert barred
        bench.engine.run("bad", barred[0].run_id)
    bench.engine.pools()
    bench.engine.assets()
    list(problems(bench.database))
    for each in rows:
        if each.id in bench.loop.world.quarantine:  # a DAG takes its runs along
            bench.act(QuarantineDrop(subject=each.id) if way == "drop" else QuarantineRetry(subject=each.id))
    await live_minutes(bench, 2, restart_at=0)
    assert_missed_nothing(bench, 6)
    left = bench.engine.quarantine()
    if way == "drop":
        assert left == []
        assert {run.state for run in bench.engine.runs("bad", limit=50)} <= {
            RunState.SUCCESS,
            RunState.FAILED,
        }
    else:
        assert {each.id for each in rows} >= {each.id for each in left}


async def test_a_dropped_run_ends_and_says_so(bench: Bench) -> None:
    fill(bench)
    run = bench.trigger("bad")
    live = bench.live()[f"{run}/a"]
    corrupt(bench, f"UPDATE run SET state = 'weird' WHERE run_id = '{run}'")
    await bench.restart()
    assert live not in bench.loop.world.attempts
    done = bench.act(QuarantineDrop(subject=f"bad/{run}"))
    assert "ended as failed" in done.message
    assert "1 live attempt told to stop" in done.message
    assert [each[0] for each in bench.executor.stops] == [live]
    detail = bench.run("bad", run)
    assert detail.run.state is RunState.FAILED
    assert {each.state for each in detail.tasks} == {TaskState.CANCELLED}
    events = bench.engine.events(dag_id="bad", run_id=run, limit=20)
    copy = next(event for event in events if event.kind == "row_copy")
    assert json.loads(copy.reason or "")["state"] == "weird"
    act = next(event for event in events if event.kind == "act_quarantine_drop")
    assert act.actor == "tester"
    with bench.database.read() as connection:
        edges = connection.execute(sa.text("SELECT count(*) FROM edge WHERE before = 'weird'")).scalar_one()
    assert edges == 0, "the guard knows legal moves only"


async def test_a_live_attempt_of_a_run_in_quarantine_runs_on_and_holds_its_slot(bench: Bench) -> None:
    pools = (PoolSpec(name="narrow", slots=1),)
    bench.load(dag("bad", task("a", pool="narrow"), pools=pools), dag("good", task("a", pool="narrow")))
    run = bench.trigger("bad")
    (attempt,) = bench.loop.world.attempts
    corrupt(bench, f"UPDATE run SET start_us = 'x' WHERE run_id = '{run}'")
    await bench.restart()
    good = bench.trigger("good")
    bench.tick()
    assert bench.states("good", good)["a"] is TaskState.SCHEDULED, "the pool has one slot, and it is held"
    moment = bench.clock.time.timestamp()
    bench.executor.seen[attempt] = Exited(OK, moment, moment)
    corrupt(bench, f"UPDATE run SET start_us = 1 WHERE run_id = '{run}'")
    bench.act(QuarantineRetry(subject=f"bad/{run}"))
    bench.loop._turn(bench.loop._take_hints())
    assert bench.run_state("bad", run) is RunState.SUCCESS
    assert len(bench.executor.specs) == 2, "never launched twice"


async def test_a_dag_whose_spec_cannot_be_read_is_mended_from_its_file(bench: Bench) -> None:
    spec = bad_dag()
    bench.load(neighbour(), spec)
    corrupt(bench, "UPDATE dag_version SET spec = '{' WHERE dag_id = 'bad'")
    await bench.restart()
    bench.load(spec)
    assert [row.id for row in bench.engine.quarantine()] == ["bad"]
    why = bench.engine.why("bad")
    assert [gate.kind for gate in why.gates] == ["quarantine"]
    bench.act(QuarantineRetry(subject="bad"))
    assert bench.engine.quarantine() == []
    await bench.restart()
    assert bench.engine.quarantine() == []
    run = bench.trigger("bad")
    assert bench.run_state("bad", run) is RunState.RUNNING


async def test_a_dropped_dag_whose_spec_was_spoilt_comes_back_with_its_file(bench: Bench) -> None:
    spec = bad_dag()
    bench.load(neighbour(), spec)
    run = bench.trigger("bad")
    corrupt(bench, "UPDATE dag_version SET spec = '{' WHERE dag_id = 'bad'")
    await bench.restart()
    done = bench.act(QuarantineDrop(subject="bad"))
    assert "DAG bad is forgotten" in done.message
    assert bench.engine.quarantine() == [], "its runs went along"
    assert [row.dag_id for row in bench.engine.dags()] == ["fine"]
    assert bench.run_state("bad", run) is RunState.FAILED, "its history stays"
    bench.load(spec)
    assert bench.engine.quarantine() == []
    await bench.restart()
    assert bench.engine.quarantine() == []
    again = bench.trigger("bad")
    assert bench.run_state("bad", again) is RunState.RUNNING


async def test_trouble_of_the_machine_puts_nothing_into_quarantine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    original = standing.Standing.active_runs

    def failing(*args: Any, **fields: Any) -> Any:
        raise sa.exc.OperationalError("SELECT", {}, Exception("disk I/O error"))

    commit = Gate.commit

    def full(gate: Gate) -> Any:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(standing.Standing, "active_runs", failing)
        patch.setattr(Gate, "commit", full)
        bench.clock.forward(60)
        for _ in range(3):
            assert bench.tick() is not None, "the engine goes on"
    assert (original, commit) == (standing.Standing.active_runs, Gate.commit)
    bench.clock.forward(6)
    bench.tick()
    assert bench.engine.quarantine() == []
    assert len(bench.engine.runs("fine")) == 1


def test_the_steps_are_all_of_them() -> None:
    """Each step of a tick has its injections above."""
    covered = {found.place for found in STEPS.values()}
    assert {settle, ready, reap, create, dispatch, deadlines, callbacks} == covered
    assert callable(asset_runs.create_asset_runs)


# -- what is not about a run or a DAG ----------------------------------------------------------------


async def test_a_backfill_that_fails_is_left_out_alone_and_catches_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    begin = bench.clock.time - timedelta(minutes=5)
    serve = create._serve_backfill

    def failing(tick: Any, found: Any) -> None:
        if found.running:
            raise ZeroDivisionError("injected")
        serve(tick, found)

    with monkeypatch.context() as patch:
        bench.act(
            acts.CreateBackfill(dag_id="fine", from_date=begin, to_date=bench.clock.time, max_active_runs=1)
        )
        patch.setattr(create, "_serve_backfill", failing)
        await live_minutes(bench, 3, restart_at=1)
        (row,) = bench.engine.quarantine()
        assert (row.kind, row.id, row.dag_id) == ("row", "backfill:1", "fine")
        with pytest.raises(RefusedError, match="in quarantine"):
            bench.act(acts.CancelBackfill(backfill_id=1))
        with pytest.raises(RefusedError, match="in quarantine"):
            bench.act(acts.CreateBackfill(dag_id="fine", from_date=begin, to_date=bench.clock.time))
    scheduled = [run for run in bench.engine.runs("fine", limit=100) if run.backfill_id is None]
    assert len(scheduled) == 3
    bench.act(QuarantineRetry(subject="backfill:1"))
    await live_minutes(bench, 8, restart_at=20)
    assert bench.engine.backfill(1).state == "success"


async def test_a_pause_that_cannot_be_lifted_is_left_out_and_stays_in_force(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), bad_dag())
    bench.act(acts.PauseSchedule(dag_id="bad", until=bench.clock.time + timedelta(seconds=90)))
    lift = moves.lift_pause

    def failing(tick: Any, key: Any, **fields: Any) -> None:
        if key[1] == "bad":
            raise ZeroDivisionError("injected")
        lift(tick, key, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(reap, "lift_pause", failing)
        await live_minutes(bench, 4, restart_at=2)
        assert_missed_nothing(bench, 4)
        assert [(row.kind, row.id) for row in bench.engine.quarantine()] == [("row", "pause:schedule/bad")]
        assert bench.engine.runs("bad") == []
    bench.act(QuarantineRetry(subject="pause:schedule/bad"))
    await live_minutes(bench, 1, restart_at=5)
    assert len(bench.engine.runs("bad")) == 1


async def test_an_order_that_cannot_be_written_is_laid_to_its_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), bad_dag())
    submit = bench.executor.submit

    def failing(specs: Any) -> None:
        if any(spec.env.get("PENSTOCK_CTX_DAG_ID") == "bad" for spec in specs):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "a half of a character")
        submit(specs)

    with monkeypatch.context() as patch:
        patch.setattr(bench.executor, "submit", failing)
        await live_minutes(bench, 4, restart_at=2)
        assert_missed_nothing(bench, 4)
        rows = bench.engine.quarantine()
        assert {row.dag_id for row in rows} <= {"bad", None}
        assert "run" in {row.kind for row in rows}


async def test_an_attempt_that_cannot_be_looked_at_is_laid_to_its_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour(), dag("bad", task("a")))
    run = bench.trigger("bad")
    (broken,) = bench.loop.world.attempts
    observe = bench.executor.observe

    def failing(ids: Any) -> Any:
        if broken in ids:
            raise ValueError("a result that nobody can read")
        return observe(ids)

    with monkeypatch.context() as patch:
        patch.setattr(bench.executor, "observe", failing)
        for _ in range(3):
            bench.tick()
        assert [row.id for row in bench.engine.quarantine()] == [f"bad/{run}"]
        good = bench.trigger("fine")
        bench.end("a", run_id=good)
        assert bench.states("fine", good)["a"] is TaskState.SUCCESS
    bench.act(QuarantineRetry(subject=f"bad/{run}"))
    bench.end("a", run_id=run)
    assert bench.run_state("bad", run) is RunState.SUCCESS


async def test_a_wrong_asset_condition_hurts_its_dag_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = AssetCondition(kind="asset", name="x", uri="x")
    waits = dag("bad", task("a"), schedule=ScheduleSpec(assets=condition, text="x"))
    bench.load(neighbour(), waits)

    def failing(*_: Any) -> bool:
        raise ZeroDivisionError("injected")

    monkeypatch.setattr(asset_runs, "met", failing)
    bench.act(acts.EmitAsset(name="x"))
    await live_minutes(bench, 3, restart_at=1)
    assert_missed_nothing(bench, 3)
    assert [(row.kind, row.id) for row in bench.engine.quarantine()] == [("dag", "bad")]


def test_a_test_run_that_fails_inside_the_engine_ends_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    from penstock.service.foreground import run_test

    def failing(*_: Any) -> Any:
        raise ZeroDivisionError("injected")

    monkeypatch.setattr(ready, "_advance", failing)
    file = tmp_path / "d.py"
    file.write_text(
        "from penstock import DAG, EmptyOperator\nwith DAG('d', schedule=None): EmptyOperator(task_id='a')\n"
    )
    settings = Settings(home=tmp_path, dags_folder=tmp_path)
    with pytest.raises(PenstockError, match="injected"):
        run_test(file, None, task=None, logical_date=None, conf={}, log=io.StringIO(), settings=settings)

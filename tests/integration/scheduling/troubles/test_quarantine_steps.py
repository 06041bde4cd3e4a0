"""A failure in any step of a tick hurts only what it is about: the neighbours miss nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from data.builders import dag, task
from drive.loop import Bench
from drive.neighbours import MINUTE, assert_missed_nothing, bad_dag, live_minutes, neighbour
from penstock.errors import PenstockError
from penstock.model.acts import QuarantineRetry
from penstock.model.spec import DagSpec
from penstock.model.states import RunState
from penstock.scheduling import isolate
from penstock.scheduling.steps import (
    advance,
    asset_runs,
    callbacks,
    create,
    deadlines,
    dispatch,
    reap,
    settle,
)
from penstock.scheduling.world.live_run import LiveRun
from penstock.store.engine import live_rows
from penstock.store.engine.batch import Batch
from penstock.store.engine.gate import Gate
from penstock.timetable import due

pytestmark = pytest.mark.ticks_fail


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
    "advance a run": Injection(advance, "_advance", of_bad_run),
    "judge a task": Injection(advance, "judge", of_bad_run),
    "end a run": Injection(advance, "settle_run", of_bad_run),
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
    write = Batch.write

    def failing(batch: Batch, connection: Any) -> None:
        if any(event.dag_id == "bad" for event in batch.events if event.kind != "quarantined"):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "a half of a character")
        write(batch, connection)

    with monkeypatch.context() as patch:
        patch.setattr(Batch, "write", failing)
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
        assert "looks like a bug in Penstock: 5 of them" in "".join(bench.loop.warnings)
    await bench.restart()
    assert len(bench.engine.quarantine()) == isolate.MOST_ALIKE


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


async def test_trouble_of_the_machine_puts_nothing_into_quarantine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(neighbour())
    original = live_rows.Standing.active_runs

    def failing(*args: Any, **fields: Any) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    commit = Gate.commit

    def full(gate: Gate) -> Any:
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(live_rows.Standing, "active_runs", failing)
        patch.setattr(Gate, "commit", full)
        bench.clock.forward(60)
        for _ in range(3):
            assert bench.tick() is not None, "the engine goes on"
    assert (original, commit) == (live_rows.Standing.active_runs, Gate.commit)
    bench.clock.forward(6)
    bench.tick()
    assert bench.engine.quarantine() == []
    assert len(bench.engine.runs("fine")) == 1


def test_the_steps_are_all_of_them() -> None:
    """Each step of a tick has its injections above."""
    covered = {found.place for found in STEPS.values()}
    assert {settle, advance, reap, create, dispatch, deadlines, callbacks} == covered
    assert callable(asset_runs.create_asset_runs)

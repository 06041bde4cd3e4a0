"""Deadlines of runs: when they count from, and that each is told of once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data.builders import dag, task
from drive.deliveries import events, finish, told
from drive.loop import Bench
from penstock.model.acts import Trigger
from penstock.model.spec import DeadlineSpec, ScheduleSpec
from penstock.model.states import RunState


def with_deadline(reference: str, seconds: float, **fields: Any) -> Any:
    deadline = DeadlineSpec(reference=reference, seconds=seconds, name="report", **fields)  # type: ignore[arg-type]
    return dag("d", task("a"), deadlines=(deadline,), max_active_runs=1)


async def test_a_run_that_has_not_ended_in_time_is_told_of_once(bench: Bench) -> None:
    bench.load(with_deadline("queued", 60))
    run = bench.trigger("d")
    bench.clock.forward(59)
    wake = bench.tick()
    assert wake is not None
    assert told(bench) == []
    bench.clock.forward(2)
    bench.tick()
    finish(bench)
    bench.clock.forward(100)
    bench.tick()
    await bench.restart()
    bench.tick()
    assert told(bench) == ["deadline:0"]
    (event,) = events(bench, "deadline_missed")
    assert event.run_id == run
    assert event.reason.startswith("report: not ended by ")
    bench.end("a")
    assert bench.run_state("d", run) is RunState.SUCCESS


async def test_a_run_that_ends_in_time_is_not_told_of(bench: Bench) -> None:
    bench.load(with_deadline("due", 60))
    bench.trigger("d")
    bench.end("a")
    bench.clock.forward(100)
    bench.tick()
    assert told(bench) == []


@pytest.mark.parametrize(
    ("reference", "fields"),
    [
        ("logical_date", {"seconds": 30.0}),
        ("fixed", {"seconds": 30.0}),
    ],
)
async def test_other_references(bench: Bench, reference: str, fields: dict[str, Any]) -> None:
    now = bench.clock.time
    at = {"at": now} if reference == "fixed" else {}
    bench.load(with_deadline(reference, fields["seconds"], **at))
    bench.trigger("d", logical_date=now)
    bench.clock.forward(29)
    bench.tick()
    assert told(bench) == []
    bench.clock.forward(2)
    bench.tick()
    assert told(bench) == ["deadline:0"]


async def test_a_run_without_a_logical_date_has_no_deadline_by_it(bench: Bench) -> None:
    bench.load(with_deadline("logical_date", 1))
    bench.act(Trigger(dag_id="d", logical_date=None))
    bench.clock.forward(1000)
    bench.tick()
    assert told(bench) == []


async def test_a_run_that_never_started_is_told_of(bench: Bench) -> None:
    bench.load(with_deadline("started", 120))
    first = bench.trigger("d", run_id="first")
    bench.clock.forward(1)
    waiting = bench.trigger("d", run_id="waiting")
    bench.clock.forward(130)
    bench.tick()
    assert told(bench) == ["deadline:0"]
    (event,) = events(bench, "deadline_missed")
    assert (event.run_id, event.before) == (waiting, "queued")
    assert "not started by" in event.reason
    assert bench.run_state("d", first) is RunState.RUNNING


async def test_a_scheduled_run_that_starts_late_after_a_downtime_is_told_of(bench: Bench) -> None:
    late = DeadlineSpec(reference="started", seconds=120)
    cron = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")
    bench.load(dag("d", task("a"), schedule=cron, deadlines=(late,), catchup="latest"))
    bench.clock.forward(timedelta(minutes=59, seconds=35).total_seconds())  # 5 s after the hour
    bench.tick()
    assert told(bench) == []
    bench.end("a")
    bench.clock.forward(timedelta(minutes=70).total_seconds())  # nobody looked for an hour
    bench.tick()
    assert told(bench) == ["deadline:0"]
    assert "started late" in events(bench, "deadline_missed")[-1].reason

"""A schedule whose runs fail one after another is paused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.builders import dag, task
from drive.deliveries import events
from drive.loop import BAD, OK, Bench
from penstock.model.acts import Cancel
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec


def failing(limit: int) -> Any:
    cron = ScheduleSpec(kind="cron", crons=("* * * * *",), text="* * * * *")
    return dag("d", task("a"), schedule=cron, max_consecutive_failed_runs=limit, catchup="none")


def one_run(bench: Bench, outcome: Outcome) -> None:
    bench.clock.forward(60)
    bench.tick()
    bench.end("a", outcome)


async def test_a_schedule_is_paused_after_failures_in_a_row(bench: Bench) -> None:
    bench.load(failing(3))
    for outcome in (BAD, BAD, OK, BAD, BAD):
        one_run(bench, outcome)
        assert bench.loop.world.paused("d") is None
    one_run(bench, BAD)
    pause = bench.loop.world.paused("d")
    assert pause is not None
    assert pause.why == "3 runs failed in a row (max_consecutive_failed_dag_runs)"
    (event,) = events(bench, "pause_schedule")
    assert (event.dag_id, event.reason) == ("d", pause.why)
    bench.clock.forward(300)
    bench.tick()
    assert bench.running() == []
    await bench.restart()
    assert bench.loop.world.paused("d") is not None


async def test_cancelled_runs_do_not_count_and_the_settings_may_say_it_for_all(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, max_consecutive_failed_runs=2).open()
    bench.load(failing(0))
    one_run(bench, BAD)
    bench.clock.forward(60)
    bench.tick()
    (key,) = bench.live()
    bench.act(Cancel(dag_id="d", run_id=key.rsplit("/", 1)[0]))
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED))
    assert bench.loop.world.paused("d") is None
    one_run(bench, BAD)
    assert bench.loop.world.paused("d") is not None
    bench.close()

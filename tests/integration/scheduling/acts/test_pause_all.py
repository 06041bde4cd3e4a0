"""Pausing all DAGs for maintenance, and resuming exactly what that stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.builders import dag, task
from drive.loop import Bench
from penstock.errors import UsageError
from penstock.model.acts import Freeze, PauseAll, PauseSchedule, ResumeAll, Trigger, UnpauseSchedule
from penstock.model.spec import ScheduleSpec
from penstock.model.views.pauses import PauseInfo

HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="0 * * * *")


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.load(*(dag(name, task("t"), schedule=HOURLY, catchup="none") for name in ("a", "b", "c", "d")))
    return bench


def paused(bench: Bench) -> dict[str, PauseInfo]:
    return {row.dag_id: row.paused for row in bench.engine.dags() if row.paused is not None}


async def test_exactly_what_was_stopped_is_resumed(bench: Bench) -> None:
    bench.act(PauseSchedule(dag_id="b", why="broken"))
    until = bench.clock.now() + timedelta(hours=9)
    plan = bench.loop.plan(PauseAll(why="move", until=until))
    assert [item.dag_id for item in plan.items] == ["a", "c", "d"]
    assert plan.notes == ("1 DAG already paused: left as it is",)
    assert plan.cli == f"penstock pause --all --why move --until {until.isoformat()}"
    assert bench.act(PauseAll(why="move", until=until)).touched == 3
    now = paused(bench)
    assert set(now) == {"a", "b", "c", "d"}
    assert (now["a"].by, now["a"].why, now["a"].until) == ("tester", "move", until)
    assert now["b"].why == "broken"
    done = bench.act(ResumeAll())
    assert (done.touched, done.message) == (3, "3 DAGs resumed")
    assert paused(bench) == {"b": now["b"]}


async def test_what_somebody_changed_meanwhile_is_theirs(bench: Bench) -> None:
    bench.act(PauseAll())
    bench.act(PauseSchedule(dag_id="a", why="not yet"))
    bench.act(UnpauseSchedule(dag_id="b"))
    bench.act(UnpauseSchedule(dag_id="c"))
    bench.act(PauseSchedule(dag_id="c"))
    assert bench.act(ResumeAll()).touched == 1
    assert set(paused(bench)) == {"a", "c"}
    assert "nothing to do" in bench.act(ResumeAll()).message


async def test_it_outlives_a_restart_and_two_pauses_are_one(bench: Bench) -> None:
    bench.act(PauseSchedule(dag_id="a"))
    bench.act(PauseAll(why="one"))
    await bench.restart()
    bench.load(dag("late", task("t")))
    assert bench.act(PauseAll(why="two")).touched == 1
    await bench.restart()
    assert bench.act(ResumeAll()).touched == 4
    assert set(paused(bench)) == {"a"}


async def test_the_plan_says_how_many_runs_would_start(bench: Bench) -> None:
    bench.load(*(dag(name, task("t"), schedule=HOURLY, catchup="all") for name in ("e", "f")))
    bench.act(PauseAll())
    before = sum(len(bench.engine.runs(name)) for name in "abcdef")
    bench.clock.forward(3 * 3600)
    bench.tick()
    plan = bench.loop.plan(ResumeAll())
    assert plan.notes == ("this starts 6 runs in 2 DAGs",)
    bench.act(ResumeAll())
    assert sum(len(bench.engine.runs(name)) for name in "abcdef") - before == 6


async def test_it_lifts_itself_at_its_time(bench: Bench) -> None:
    bench.act(PauseAll(until=bench.clock.now() + timedelta(hours=1)))
    bench.clock.forward(3601)
    bench.tick()
    assert paused(bench) == {}
    assert bench.act(ResumeAll()).touched == 0
    with pytest.raises(UsageError, match="past"):
        bench.loop.plan(PauseAll(until=bench.clock.now()))


async def test_frozen_together_and_resumed_together(bench: Bench) -> None:
    bench.act(Freeze(dag_id="d"))
    assert bench.act(PauseAll(freeze=True, why="disk")).touched == 3
    bench.act(Trigger(dag_id="a"))
    assert bench.running() == []
    assert bench.act(ResumeAll()).touched == 3
    assert bench.running() == ["t"]
    assert [row.dag_id for row in bench.engine.dags() if row.frozen] == ["d"]


async def test_the_trail_says_who_and_why_for_each_dag(bench: Bench) -> None:
    bench.act(PauseAll(why="move"))
    bench.act(ResumeAll())
    events = bench.engine.events(dag_id="c")
    kinds = [(event.kind, event.actor, event.reason) for event in events[:2]]
    assert kinds == [("unpause", "tester", None), ("pause_schedule", "tester", "move")]


async def test_several_that_are_paused_already_are_spoken_of_as_several(bench: Bench) -> None:
    for name in ("a", "b"):
        bench.act(PauseSchedule(dag_id=name))
    assert bench.loop.plan(PauseAll()).notes == ("2 DAGs already paused: left as they are",)

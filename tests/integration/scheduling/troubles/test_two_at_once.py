"""Two of a kind in one tick, or side by side: each gets its own, and neither is refused for the other."""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from data.builders import dag, task
from drive.checks import assert_memory_is_the_store, stored_world
from drive.loop import BAD, Bench
from penstock.errors import RefusedError
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec
from penstock.model.states import RunState, TaskState
from penstock.model.views.plans import Done
from penstock.scheduling.world.orders import ActOrder

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)


@pytest.fixture
def bench(bench: Bench) -> Iterator[Bench]:
    yield bench
    assert_memory_is_the_store(bench, stored_world(bench))


def together(bench: Bench, *wanted: acts.AnyAct) -> list[Done | BaseException]:
    """Give several acts to one tick and return what each got."""
    answers: list[Future[Done]] = [get_running_loop().create_future() for _ in wanted]
    for act, answer in zip(wanted, answers, strict=True):
        bench.loop.order(ActOrder(act, None, "tester", None, answer))
    bench.tick()
    return [answer.exception() or answer.result() for answer in answers]


def daily(bench: Bench, *names: str) -> None:
    for name in names:
        bench.load(dag(name, task("a"), schedule=DAILY, start_date=FIRST), paused=True)


def backfill(dag_id: str, **fields: object) -> acts.CreateBackfill:
    return acts.CreateBackfill(dag_id=dag_id, from_date=FIRST, to_date=LAST, **fields)  # type: ignore[arg-type]


async def test_backfills_of_two_dags_in_one_tick_have_keys_and_slots_of_their_own(bench: Bench) -> None:
    daily(bench, "one", "two", "three")
    bench.act(backfill("three"))
    done = together(bench, backfill("one"), backfill("two", max_active_runs=1))
    assert [each.backfill_id for each in done if isinstance(each, Done)] == [2, 3]
    found = {row.dag_id: row for row in bench.engine.backfills()}
    assert {name: row.backfill_id for name, row in found.items()} == {"three": 1, "one": 2, "two": 3}
    for number, states in ((2, ["running"] * 3), (3, ["running", "waiting", "waiting"])):
        slots = bench.engine.backfill(number).points
        assert [slot.logical_date.day for slot in slots] == [1, 2, 3]
        assert [slot.state for slot in slots] == states
    await bench.restart()
    bench.finish()
    for number in (1, 2, 3):
        row = bench.engine.backfill(number)
        assert (row.state, [slot.state for slot in row.points]) == ("success", ["success"] * 3)
    assert {len(bench.engine.runs(name)) for name in ("one", "two", "three")} == {3}


async def test_two_backfills_of_one_dag_in_one_tick_are_one_and_a_refusal(bench: Bench) -> None:
    daily(bench, "one", "two")
    first, second = together(bench, backfill("one"), backfill("one"))
    assert isinstance(first, Done)
    assert isinstance(second, RefusedError)
    assert "backfill 1 of one is still running" in second.message
    assert bench.act(backfill("two")).backfill_id == 2, "another DAG's is no reason to refuse"
    bench.finish()
    assert [row.state for row in bench.engine.backfills()] == ["success", "success"]


async def test_a_backfill_that_fails_leaves_the_one_beside_it_alone(bench: Bench) -> None:
    daily(bench, "good", "bad")
    together(bench, backfill("good"), backfill("bad", stop_after=1, max_active_runs=1))
    bench.end("a", BAD, dag_id="bad")
    assert [slot.state for slot in bench.engine.backfill(2).points] == ["failed", "skipped", "skipped"]
    assert bench.engine.backfill(2).state == "failed"
    bench.finish()
    assert bench.engine.backfill(1).state == "success"


async def test_acts_of_one_tick_see_what_those_before_them_did(bench: Bench) -> None:
    bench.load(dag("d", task("a"), task("b", "a")))
    first, twice, held = together(
        bench,
        acts.Trigger(dag_id="d", run_id="r"),
        acts.Trigger(dag_id="d", run_id="r"),
        acts.Hold(dag_id="d", run_id="r"),
    )
    assert (isinstance(first, Done), isinstance(twice, RefusedError), isinstance(held, Done)) == (True,) * 3
    assert bench.running() == [], "it was held before it could start"
    together(bench, acts.Release(dag_id="d", run_id="r"), acts.Hold(dag_id="d", run_id="r", task_id="b"))
    assert bench.running() == ["a"]
    bench.end("a")
    assert bench.states("d", "r")["b"] is TaskState.SCHEDULED
    together(
        bench,
        acts.Mark(dag_id="d", run_id="r", tasks=("b",), state="failed"),
        acts.Clear(dag_id="d", run_id="r", tasks=("b",)),
        acts.Release(dag_id="d", run_id="r", task_id="b"),
    )
    bench.finish()
    assert bench.states("d", "r") == {"a": TaskState.SUCCESS, "b": TaskState.SUCCESS}
    assert bench.run_state("d", "r") is RunState.SUCCESS


async def test_a_newer_point_ends_the_run_before_it(bench: Bench) -> None:
    """With ``cancel_previous`` the run before is cancelled, its attempt stopped, and the new one starts."""
    hourly = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")
    overlap = dag(
        "d", task("a"), task("b", "a"), schedule=hourly, max_active_runs=1, overlap="cancel_previous"
    )
    bench.load(overlap)
    bench.clock.forward(3600)
    bench.tick()
    [*_, first] = [row.run_id for row in bench.engine.runs("d")]
    attempt = bench.live()[f"{first}/a"]
    bench.clock.forward(3600)
    bench.tick()
    assert {each[0] for each in bench.executor.stops} == {attempt}
    assert bench.states("d", first) == {"a": TaskState.STOPPING, "b": TaskState.CANCELLED}
    bench.end("a", Outcome(kind=OutcomeKind.CANCELLED), run_id=first)
    assert bench.run_state("d", first) is RunState.CANCELLED
    second = bench.engine.runs("d")[0].run_id
    assert bench.run_state("d", second) is RunState.RUNNING
    bench.finish()
    assert bench.run_state("d", second) is RunState.SUCCESS

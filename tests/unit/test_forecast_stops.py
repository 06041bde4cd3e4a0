"""What a forecast makes of backfills and breakpoints: they hold runs and pools, and are rows of their own."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.builders import dag, task
from penstock.clock import from_us, to_us
from penstock.forecast.facts import (
    BackfillFacts,
    BackfillPointFacts,
    DagFacts,
    Facts,
    Paused,
    PoolFacts,
    RunFacts,
    StopFacts,
    TaskFacts,
)
from penstock.forecast.page import forecast
from penstock.forecast.simulation import Simulation
from penstock.model.queries import ForecastQuery
from penstock.model.spec import DagSpec, ExpandSpec, MapInput, ScheduleSpec
from penstock.model.states import RunState, TaskState
from penstock.model.structure import Structure
from penstock.model.usual import Usual
from penstock.model.views.coming import ComingPage

NOW = datetime(2026, 6, 1, 0, 10, tzinfo=UTC)
HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",))


def chain(name: str = "d", **fields: Any) -> DagSpec:
    tasks = (task("a", pool="one"), task("b", "a"), task("c", "b"))
    return dag(name, *tasks, **{"schedule": HOURLY, "catchup": "none", **fields})


def facts_of(spec: DagSpec, number: int = 1, *, took: float = 60.0, **more: Any) -> DagFacts:
    return DagFacts(
        structure=Structure(number, spec, "0").checked(),
        cursor=None,
        first_seen=NOW - timedelta(days=1),
        usual={each.task_id: Usual([took]) for each in spec.tasks},
        **more,
    )


def world(*dags: DagFacts, **more: Any) -> Facts:
    pools = {"default_pool": PoolFacts(128), "one": PoolFacts(1)}
    return Facts(now=NOW, parallelism=more.pop("parallelism", 32), pools=pools, dags=dags, **more)


def points(count: int) -> tuple[BackfillPointFacts, ...]:
    days = [to_us(NOW - timedelta(days=count - place)) for place in range(count)]
    return tuple(BackfillPointFacts(day, day) for day in days)


def backfill(count: int, **fields: Any) -> BackfillFacts:
    return BackfillFacts(**{"id": 7, "dag_id": "d", "at_once": 2, "waiting": points(count), **fields})


def seen(facts: Facts, hours: float = 3) -> ComingPage:
    return forecast(facts, ForecastQuery(hours=hours))


def said(page: ComingPage, kind: str) -> list[str]:
    turns = [each.text for each in page.turns if each.kind == kind]
    return turns + [each.text for each in page.untimed if each.kind == kind]


# -- backfills ---------------------------------------------------------------------------------


def test_waiting_points_take_their_slots_and_the_end_is_a_row() -> None:
    other = facts_of(dag("other", task("a", pool="one"), schedule=HOURLY, catchup="none"), 2, took=600)
    spec = dag("d", task("a", pool="one"), schedule=ScheduleSpec())
    facts = world(facts_of(spec, took=540), other, backfills=(backfill(12),))
    page = seen(facts, hours=4)
    [fire] = [each for each in page.fires if each.run_after.hour == 1]
    assert fire.dag_id == "other"
    assert fire.waits == ("pool one",), "the backfill holds the only slot"
    assert {"d", "other"} <= set(page.meetings[0].dags)
    assert said(page, "backfill_ends") == ["backfill 7 of d has run its 12 open points"]
    assert said(page, "backfill") == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"paused": True}, "backfill 7 is paused: 12 open points wait"),
        ({"waiting": points(1), "paused": True}, "backfill 7 is paused: 1 open point waits"),
        ({}, "backfill 7 starts 7 of its 12 open points until 2026-06-01 03:10 UTC"),
        (
            {"at_once": 1, "more": 500},
            "backfill 7 starts 5 of its 512 open points until 2026-06-01 03:10 UTC",
        ),
        ({"waiting": points(2)}, "backfill 7 has started its 2 open points"),
    ],
)
def test_a_backfill_that_does_not_end_says_how_far_it_comes(fields: dict[str, Any], text: str) -> None:
    spec = chain(schedule=ScheduleSpec())
    took = 3600.0 if fields.get("waiting") == points(2) else 900.0 if "at_once" in fields else 1200.0
    page = seen(world(facts_of(spec, took=took), backfills=(backfill(12, **fields),)))
    assert said(page, "backfill") == [text]
    assert said(page, "backfill_ends") == []


def test_a_canary_runs_alone_and_a_frozen_dag_starts_none() -> None:
    spec = chain(schedule=ScheduleSpec())
    simulated = Simulation(
        world(facts_of(spec), backfills=(backfill(5, at_once=4, canary=True),)),
        to_us(NOW + timedelta(hours=1)),
    ).run()
    began = [run.start_us for run in simulated.backfills[7].runs]
    assert began[0] == to_us(NOW)
    assert began[1:] == [to_us(NOW + timedelta(minutes=3))] * 4
    thaws = to_us(NOW + timedelta(minutes=30))
    frozen = facts_of(spec, frozen=Paused("ann", None, thaws))
    simulated = Simulation(world(frozen, backfills=(backfill(2),)), to_us(NOW + timedelta(hours=1))).run()
    assert {run.start_us for run in simulated.backfills[7].runs} == {thaws}


def test_its_runs_yield_to_those_of_the_schedule_but_every_fourth_launch_is_theirs() -> None:
    crowd = dag(
        "crowd", *(task(f"t{n}", pool="one") for n in range(8)), schedule=ScheduleSpec(), catchup="none"
    )
    spec = dag("d", task("a", pool="one"), schedule=ScheduleSpec())
    run = RunFacts(
        dag_id="crowd", run_id="r", structure=Structure(2, crowd, "0").checked(), state=RunState.RUNNING,
        run_after_us=to_us(NOW), logical_us=to_us(NOW),
        tasks=tuple(TaskFacts(each.task_id, TaskState.SCHEDULED) for each in crowd.tasks),
    )  # fmt: skip
    facts = world(facts_of(spec), facts_of(crowd, 2), runs=(run,), backfills=(backfill(2, at_once=1),))
    simulated = Simulation(facts, to_us(NOW + timedelta(hours=1))).run()
    ends = [from_us(each.end_us or 0) for each in simulated.backfills[7].runs]
    assert ends == [NOW + timedelta(minutes=4), NOW + timedelta(minutes=8)]


# -- breakpoints -------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "done"), [(True, 1), (False, 2)])
def test_the_next_run_stops_and_holds_its_place(before: bool, done: int) -> None:
    stop = StopFacts("b", before)
    page = seen(world(facts_of(chain(max_active_runs=1), stops=(stop,))))
    word = "before b" if before else "after b"
    first, *later = page.fires
    assert (first.waits, first.end) == ((f"breakpoint {word}",), None)
    assert {each.waits for each in later} == {("max_active_runs",)}
    assert said(page, "stops") == [f"d (2026-06-01 01:00 UTC) stops {word}, until somebody lets it go on"]
    [turn] = page.turns
    assert turn.at == NOW.replace(hour=1, minute=done)
    free = seen(world(facts_of(chain(max_active_runs=2), stops=(stop,))))
    assert [each.waits for each in free.fires][1:] == [(), ()], "it is the next run's alone"


def test_a_run_that_has_stopped_stays_there() -> None:
    spec = chain(max_active_runs=1)

    def going(*tasks: TaskFacts, stop: StopFacts) -> ComingPage:
        run = RunFacts(
            dag_id="d", run_id="r1", structure=Structure(1, spec, "0").checked(), state=RunState.RUNNING,
            run_after_us=to_us(NOW), logical_us=to_us(NOW), tasks=tasks, stops=(stop,),
        )  # fmt: skip
        return seen(world(facts_of(spec), runs=(run,)))

    pending = TaskFacts("c", TaskState.PENDING)
    for page in (
        going(TaskFacts("b", TaskState.SCHEDULED), pending, stop=StopFacts("b", before=True)),
        going(TaskFacts("b", TaskState.RUNNING), pending, stop=StopFacts("b", before=False)),
        going(pending, stop=StopFacts("b", before=False)),
        going(TaskFacts("c", TaskState.SCHEDULED), stop=StopFacts("b", before=False)),
        going(TaskFacts("c", TaskState.RUNNING, since_us=to_us(NOW)), stop=StopFacts("c", before=False)),
    ):
        assert [each.start for each in page.fires] == [None] * 3, "max_active_runs is reached for good"
        assert len(said(page, "stops")) == 1
    page = going(TaskFacts("c", TaskState.RUNNING), stop=StopFacts("b", before=True))
    assert all(each.end for each in page.fires), "it has been there already"
    assert said(page, "stops") == []


def test_one_instance_of_a_mapped_task_stops_and_the_others_run() -> None:
    expand = ExpandSpec(kind="product", inputs={"x": MapInput(kind="literal", length=3)})
    spec = dag("d", task("a", expand=expand, pool="one"), task("b", "a"), schedule=HOURLY, catchup="none")
    left = {}
    for index in (None, 1):
        facts = world(facts_of(spec, stops=(StopFacts("a", before=True, map_index=index),)))
        [run] = Simulation(facts, to_us(NOW + timedelta(hours=1))).run().runs
        left[index] = run.todo[0]
        assert run.end_us is None
    assert left == {None: 3, 1: 1}


def test_rows_begin_with_the_task_whose_process_does_their_work() -> None:
    first = task("pull", pool="one")
    main = task("dbt", "pull")
    rows = [task(f"row{n}", row_of="dbt") for n in range(3)]
    spec = dag("d", first, main, *rows, schedule=HOURLY, catchup="none")
    facts = facts_of(spec)
    usual = {**facts.usual, "dbt": Usual([180.0])}
    page = seen(world(dataclasses.replace(facts, usual=usual)), hours=1)
    [fire] = page.fires
    assert fire.end == fire.run_after + timedelta(minutes=4)
    run = RunFacts(
        dag_id="d", run_id="r", structure=facts.structure, state=RunState.RUNNING, run_after_us=to_us(NOW),
        logical_us=to_us(NOW),
        tasks=(
            TaskFacts("dbt", TaskState.SCHEDULED),
            *(TaskFacts(each.task_id, TaskState.SCHEDULED) for each in rows),
        ),
    )  # fmt: skip
    simulated = Simulation(world(facts, runs=(run,)), to_us(NOW + timedelta(minutes=30)))
    [going] = simulated.dags["d"].active
    assert [place for place, _ in going.live] == []
    assert [going.unmet[going.shape.places[each.task_id]] for each in rows] == [1, 1, 1]
    simulated.run()
    assert going.end_us == to_us(NOW + timedelta(minutes=1))

"""What is forecast is what the engine then does, to the microsecond, when tasks take their usual time."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data.builders import dag, task
from drive.life import spare_the_disk
from drive.loop import OK, Bench
from penstock.clock import from_us, to_us
from penstock.execution.executor import Exited
from penstock.forecast.facts import Facts
from penstock.forecast.paper import PaperRun
from penstock.forecast.simulation import Simulation
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.queries import WhatIf
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.model.usual import Usual
from penstock.model.views.plans import Done
from penstock.scheduling.world.orders import ActOrder
from penstock.store.views.durations import Durations
from penstock.store.views.forecast import read_facts
from penstock.store.views.versions import Versions

ZONES = ("UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe")
CRONS = ("*/20 * * * *", "0 * * * *", "30 2 * * *", "5-50/15 1-4 * * *", "0 */2 * * *")
BEGINS = (
    datetime(2026, 3, 28, 23, 30, tzinfo=UTC), datetime(2026, 10, 24, 23, 10, tzinfo=UTC),
    datetime(2026, 3, 8, 5, 3, tzinfo=UTC), datetime(2026, 4, 4, 13, 40, tzinfo=UTC),
    datetime(2026, 6, 1, 0, 0, 1, tzinfo=UTC),
)  # fmt: skip
"""Just before clocks change, and an ordinary night."""
TOOK = (7, 61, 431, 1_207, 2_903, 7_919)
"""Seconds; primes, so that few things happen at one moment: then the order would be chance."""


@st.composite
def specs(draw: st.DrawFn, name: str, now: datetime) -> DagSpec:
    zone = draw(st.sampled_from(ZONES))
    kind: Any = draw(st.sampled_from(["cron", "cron", "cron_interval", "delta"]))
    if kind == "delta":
        schedule = ScheduleSpec(kind=kind, seconds=draw(st.sampled_from([1_500.0, 5_000.0])), timezone=zone)
    else:
        schedule = ScheduleSpec(kind=kind, crons=(draw(st.sampled_from(CRONS)),), timezone=zone)
    pools = st.sampled_from(["default_pool", "few", "few"])
    shape = draw(st.sampled_from(["one", "chain", "fan"]))
    below = {"one": [], "chain": ["a"], "fan": []}[shape]
    tasks = [task("a", pool=draw(pools), pool_slots=draw(st.sampled_from([1, 1, 2])))]
    if shape != "one":
        tasks.append(task("b", *below, pool=draw(pools), priority_weight=draw(st.integers(1, 3))))
        tasks.append(task("c", *below, launch=draw(st.sampled_from(["command", "empty"]))))
    return dag(
        name, *tasks,
        schedule=schedule, timezone=zone,
        start_date=draw(st.sampled_from([None, now - timedelta(hours=9)])),
        catchup=draw(st.sampled_from(["none", "latest", "all"])),
        overlap=draw(st.sampled_from(["queue", "skip"])),
        max_active_runs=draw(st.sampled_from([1, 2, 16])),
        max_active_tasks=draw(st.sampled_from([1, 16])),
    )  # fmt: skip


@st.composite
def lives(draw: st.DrawFn) -> tuple[datetime, list[DagSpec], dict[str, int], list[acts.AnyAct], int]:
    """Draw when it begins, DAGs, how long each task takes, pauses, and the parallelism."""
    now = draw(st.sampled_from(BEGINS))
    made = [draw(specs(f"d{number}", now)) for number in range(draw(st.integers(1, 3)))]
    took = {
        f"{spec.dag_id}.{each.task_id}": draw(st.sampled_from(TOOK)) for spec in made for each in spec.tasks
    }
    asked: list[acts.AnyAct] = []
    for spec in made:
        hours = draw(st.sampled_from([None, None, 1.7, 3.3, 99.0]))
        if hours is not None:
            make: Any = draw(st.sampled_from([acts.PauseSchedule, acts.Freeze]))
            asked.append(make(dag_id=spec.dag_id, until=now + timedelta(hours=hours)))
    return now, made, took, asked, draw(st.sampled_from([1, 3, 32]))


Told = tuple[datetime, str, datetime, datetime | None, datetime | None]


class Life:
    """An engine whose tasks take as long as the test says, under a clock that jumps from event to event."""

    def __init__(self, folder: Path, now: datetime, took: dict[str, int], parallelism: int) -> None:
        self.bench = Bench(folder, parallelism=parallelism)
        spare_the_disk(self.bench.database)
        self.bench.clock.time = now
        self.took = took
        self.ends: dict[str, datetime] = {}

    async def begin(self, made: list[DagSpec], asked: list[acts.AnyAct]) -> None:
        await self.bench.open()
        self.bench.act(acts.SetPool(name="few", slots=2))
        self.bench.load(*made, paused=True)
        for each in asked:
            self.bench.act(each)
        paused = {each.dag_id for each in asked if isinstance(each, acts.PauseSchedule)}
        self.resumed = tuple(spec.dag_id for spec in made if spec.dag_id not in paused)

    def resume(self) -> None:
        """Resume all schedules without an asked pause in one tick."""
        for dag_id in self.resumed:
            answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
            act = acts.UnpauseSchedule(dag_id=dag_id)
            self.bench.loop.order(ActOrder(act, None, "tester", None, answer))

    def facts(self) -> Facts:
        """Return what the store says, with the durations of the test in place of a history."""
        with self.bench.database.show() as connection:
            found = read_facts(
                connection, Versions(), Durations(), self.bench.clock.time, self.bench.settings
            )
        return dataclasses.replace(
            found,
            dags=tuple(dataclasses.replace(each, usual=self._usual(each.dag_id)) for each in found.dags),
        )

    def _usual(self, dag_id: str) -> dict[str, Usual]:
        names = (name.partition(".") for name in self.took)
        return {task_id: Usual([self.took[f"{d}.{task_id}"]]) for d, _, task_id in names if d == dag_id}

    def until(self, end: datetime) -> None:
        """Go on until *end*."""
        bench = self.bench
        for _ in range(20_000):
            for attempt_id, (pk, key) in bench.loop.world.attempts.items():
                run = bench.loop.world.runs[pk].record
                seconds = self.took[f"{run.dag_id}.{key}"]
                self.ends.setdefault(attempt_id, bench.clock.time + timedelta(seconds=seconds))
            wake = bench.tick()
            for attempt_id, _, reason in bench.executor.stops:
                ended = Outcome(kind=OutcomeKind.CANCELLED, reason=reason)
                now = bench.clock.time.timestamp()
                bench.executor.seen[attempt_id] = Exited(ended, now, now)
            if bench.executor.stops:
                bench.executor.stops.clear()
                continue
            if any(each not in self.ends for each in bench.loop.world.attempts):
                continue
            soon = [self.ends[each] for each in bench.loop.world.attempts]
            soon += [from_us(wake)] if wake is not None else []
            at = max(bench.clock.time, min(soon, default=end + timedelta(1)))
            if at > end:
                return
            bench.clock.forward((at - bench.clock.time).total_seconds())
            for attempt_id in bench.loop.world.attempts:
                if self.ends[attempt_id] <= at:
                    bench.executor.seen[attempt_id] = Exited(OK, at.timestamp(), at.timestamp())
        raise AssertionError("it does not come to an end")

    def told(self, since: datetime) -> dict[str, list[Told]]:
        """Return what became of the points that were settled after *since*, by DAG."""
        found: dict[str, list[Told]] = defaultdict(list)
        for row in self.bench.engine.dags():
            for run in self.bench.engine.runs(row.dag_id, limit=5_000):
                queued = self._queued(row.dag_id, run.run_id)
                assert run.logical_date is not None
                if queued >= since:
                    found[row.dag_id].append((run.logical_date, "run", queued, run.start, run.end))
            for record in self.bench.engine.ledger(row.dag_id, 5_000):
                if record.reason == "overlap":
                    found[row.dag_id] += [
                        (point.logical_date, "skipped", since, None, None)
                        for point in self.bench.engine.points(
                            row.dag_id, first=record.first, last=record.last
                        )
                    ]
        return {dag_id: sorted(each) for dag_id, each in found.items()}

    def _queued(self, dag_id: str, run_id: str) -> datetime:
        import sqlalchemy as sa

        with self.bench.database.read() as connection:
            query = sa.text("SELECT queued_us FROM run WHERE dag_id = :d AND run_id = :r")
            return from_us(connection.execute(query, {"d": dag_id, "r": run_id}).scalar())


def forecast(run: PaperRun, since: datetime, end: datetime) -> Told:
    assert run.logical_us is not None
    if run.becomes == "skipped":
        return (from_us(run.logical_us), "skipped", since, None, None)
    over = None if run.end_us is None or from_us(run.end_us) > end else from_us(run.end_us)
    began = None if run.start_us is None else from_us(run.start_us)
    return (from_us(run.logical_us), "run", from_us(run.at_us), began, over)


def check(foretold: dict[str, list[Told]], engine: dict[str, list[Told]]) -> None:
    foretold = {dag_id: each for dag_id, each in foretold.items() if each}
    for dag_id in foretold.keys() | engine.keys():
        pairs = zip_longest(foretold.get(dag_id, ()), engine.get(dag_id, ()))
        wrong = [(ours, theirs) for ours, theirs in pairs if ours != theirs]
        assert not wrong, "\n".join([dag_id, *(f"{ours}\n  {theirs}" for ours, theirs in wrong[:4])])


def _known(told: Told, before: Iterable[Told]) -> bool:
    return any(each[:2] == told[:2] for each in before)


async def compare(
    now: datetime,
    made: list[DagSpec],
    took: dict[str, int],
    asked: list[acts.AnyAct],
    parallelism: int,
    *,
    hours: float = 8,
    wait: float = 0,
    then: Sequence[acts.AnyAct] = (),
) -> int:
    """Compare forecast and engine over some hours, after *wait* hours of work; return how many points.

    *then* is what somebody does after the wait.
    """
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), now, took, parallelism)
        await life.begin(made, asked)
        try:
            if wait:
                life.resume()
                life.until(now + timedelta(hours=wait))
            for act in then:
                life.bench.act(act)
            since = life.bench.clock.time
            end = since + timedelta(hours=hours)
            before = life.told(since) if wait else {}
            paper = WhatIf() if wait else WhatIf(resume=life.resumed)
            simulated = Simulation(life.facts(), to_us(end), paper=paper).run()
            assert simulated.reached_us == to_us(end)
            if not wait:
                life.resume()
            life.until(end)
            foretold: dict[str, list[Told]] = defaultdict(list)
            filled = [run for backfill in simulated.backfills.values() for run in backfill.runs]
            for run in (*simulated.runs, *filled):
                foretold[run.dag_id].append(forecast(run, since, end))
            engine = {
                dag_id: [each for each in told if not _known(each, before.get(dag_id, ()))]
                for dag_id, told in life.told(since).items()
            }
            check({key: sorted(each) for key, each in foretold.items()}, engine)
        finally:
            life.bench.close()
        return len(simulated.runs) + len(filled)


@settings(max_examples=12, derandomize=True, phases=(Phase.explicit, Phase.generate), deadline=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(lives())
def test_the_forecast_is_what_the_engine_does(
    life: tuple[datetime, list[DagSpec], dict[str, int], list[acts.AnyAct], int],
) -> None:
    asyncio.run(compare(*life))


@settings(max_examples=8, derandomize=True, phases=(Phase.explicit, Phase.generate), deadline=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(lives())
def test_also_from_the_middle_of_a_night(
    life: tuple[datetime, list[DagSpec], dict[str, int], list[acts.AnyAct], int],
) -> None:
    asyncio.run(compare(*life, wait=2.61, hours=6))


EVERY = ScheduleSpec(kind="cron", crons=("*/10 * * * *",))
NOW = datetime(2026, 6, 1, 0, 3, tzinfo=UTC)


def slow(name: str, **fields: Any) -> DagSpec:
    return dag(name, task("a"), task("b", "a"), schedule=EVERY, max_active_runs=1, **fields)


@pytest.mark.parametrize(
    ("made", "took", "parallelism"),
    [
        ([slow("d", overlap="cancel_previous")], {"d.a": 61, "d.b": 400}, 32),
        ([slow("d", overlap="skip"), slow("e")], {"d.a": 1201, "d.b": 7, "e.a": 1009, "e.b": 13}, 1),
        ([dag("d", task("a", depends_on_past=True), schedule=EVERY)], {"d.a": 907}, 32),
        (
            [dag("d", task("a", wait_for_downstream=True), task("b", "a"), schedule=EVERY)],
            {"d.a": 307, "d.b": 601},
            32,
        ),
        ([dag("d", task("a", max_active_tis_per_dag=1), task("b"), schedule=EVERY)],
         {"d.a": 907, "d.b": 1811}, 32),
        ([dag("d", *(task(f"t{n}", pool="few", pool_slots=1 + n % 2) for n in range(5)), schedule=EVERY)],
         {f"d.t{n}": 101 + 31 * n for n in range(5)}, 32),
        ([dag("d", *(task(f"t{n}", launch="empty") for n in range(3)), schedule=EVERY)],
         {f"d.t{n}": 5 for n in range(3)}, 32),
        ([dag("d", schedule=EVERY)], {}, 32),
        ([dag("d", task("a"), schedule=ScheduleSpec(kind="once"))], {"d.a": 61}, 32),
        ([slow("d", catchup="all", start_date=NOW - timedelta(days=2))], {"d.a": 61, "d.b": 31}, 32),
        ([slow("d", end_date=NOW + timedelta(hours=2))], {"d.a": 61, "d.b": 31}, 32),
    ],
    ids=["cancel_previous", "skip beside queue", "depends_on_past", "wait_for_downstream", "per task",
         "pool slots", "empty", "no tasks", "once", "far behind", "an end"],
)  # fmt: skip
async def test_each_rule_that_holds_runs_back(
    made: list[DagSpec], took: dict[str, int], parallelism: int
) -> None:
    assert await compare(NOW, made, took, [], parallelism, hours=4)


async def test_a_point_that_somebody_ran_already_gets_no_second_run() -> None:
    spec = slow("d")
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder), NOW, {"d.a": 61, "d.b": 31}, 32)
        await life.begin([spec], [])
        life.resume()
        life.until(NOW + timedelta(hours=1))
        ahead = NOW.replace(hour=1, minute=30)
        run_id = life.bench.trigger("d", logical_date=ahead)
        simulated = Simulation(life.facts(), to_us(NOW + timedelta(hours=2))).run()
        life.bench.close()
    served = [run for run in simulated.runs if run.becomes == "served"]
    assert [(run.logical_us, run.run_id) for run in served] == [(to_us(ahead), run_id)]
    assert len(simulated.runs) == 6


def _back(dag_id: str, hours: float, **fields: Any) -> acts.CreateBackfill:
    begins = NOW - timedelta(hours=hours)
    return acts.CreateBackfill(dag_id=dag_id, from_date=begins, to_date=NOW - timedelta(hours=1), **fields)


def _pooled(name: str, weight: int = 1, **fields: Any) -> DagSpec:
    tasks = (task("a", pool="few", priority_weight=weight), task("b", "a", pool="few", pool_slots=2))
    return dag(name, *tasks, schedule=EVERY, **fields)


@pytest.mark.parametrize(
    ("made", "took", "then"),
    [
        ([slow("d")], {"d.a": 61, "d.b": 31}, [_back("d", 3, max_active_runs=2)]),
        ([slow("d")], {"d.a": 61, "d.b": 31}, [_back("d", 2, max_active_runs=4, canary=True)]),
        ([_pooled("d"), _pooled("e", 3)], {"d.a": 67, "d.b": 41, "e.a": 113, "e.b": 29},
         [_back("d", 3, max_active_runs=3)]),
        ([_pooled("d"), _pooled("e")], {"d.a": 67, "d.b": 41, "e.a": 113, "e.b": 29},
         [_back("d", 2, max_active_runs=1), _back("e", 2, max_active_runs=2)]),
        ([dag("d", task("a", depends_on_past=True), schedule=EVERY)], {"d.a": 307},
         [_back("d", 2, max_active_runs=3)]),
        ([slow("d")], {"d.a": 61, "d.b": 31}, [acts.SetBreakpoint(dag_id="d", tasks=("b",))]),
        ([slow("d"), slow("e")], {"d.a": 61, "d.b": 31, "e.a": 67, "e.b": 29},
         [acts.SetBreakpoint(dag_id="d", tasks=("a",), where="after"),
          acts.SetBreakpoint(dag_id="e", tasks=("b",), where="after")]),
        ([_pooled("d", max_active_runs=3)], {"d.a": 67, "d.b": 41},
         [acts.SetBreakpoint(dag_id="d", tasks=("a", "b")), _back("d", 2, max_active_runs=2)]),
    ],
    ids=["backfill", "canary", "backfill beside others", "two backfills", "depends_on_past", "before",
         "after", "breakpoint of a backfill"],
)  # fmt: skip
async def test_backfills_and_breakpoints_do_what_was_foretold(
    made: list[DagSpec], took: dict[str, int], then: list[acts.AnyAct]
) -> None:
    assert await compare(NOW, made, took, [], 32, hours=4, wait=1.01, then=then)

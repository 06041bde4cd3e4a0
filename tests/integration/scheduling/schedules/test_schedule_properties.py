"""However clocks run, engines come and go and people pause: each point lies in exactly one record."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from data.builders import dag, task
from drive.examples import examples
from drive.life import dag_with_doc, spare_the_disk
from drive.loop import Bench
from penstock.clock import from_us
from penstock.errors import RefusedError
from penstock.model import acts
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.model.views.points import LedgerRow
from penstock.timetable.schedule import timetable_of

DAY = timedelta(days=1)
NEW_YORK = "America/New_York"
SPRING = datetime(2026, 3, 6, 15, 20, 7, tzinfo=UTC)
"""Two days before New York's clocks go forward."""
AUTUMN = datetime(2026, 10, 30, 3, 0, tzinfo=UTC)
"""Two days before they go back."""
OTHER = "other.py"
"""The file from which the DAG comes once its schedule was changed."""
SCHEDULES = (
    ScheduleSpec(kind="cron", crons=("0 0 * * *",), timezone=NEW_YORK, text="@daily"),
    ScheduleSpec(kind="cron", crons=("30 1,2 * * *",), timezone=NEW_YORK, text="30 1,2 * * *"),
    ScheduleSpec(kind="cron", crons=("0 * * * *",), timezone=NEW_YORK, text="@hourly"),
    ScheduleSpec(kind="cron_interval", crons=("0 2 * * *",), timezone=NEW_YORK, text="0 2 * * *"),
    ScheduleSpec(kind="delta", seconds=7 * 3600.0, text="7:00:00"),
    ScheduleSpec(kind="delta_interval", seconds=5 * 3600.0, text="5:00:00"),
)
STEPS = (
    "forward",
    "forward",
    "forward",
    "step",
    "pause",
    "unpause",
    "restart",
    "reload",
    "backfill",
    "end",
    "change",
)


steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 10**6)), min_size=8, max_size=30)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[datetime, DagSpec]:
    """Draw when it begins, and a DAG with a schedule; half of them run nothing, so that runs end at once."""
    now = draw(st.sampled_from([SPRING, AUTUMN]))
    launch = draw(st.sampled_from(["empty", "command"]))
    spec = dag(
        "s",
        task("only", launch=launch),
        schedule=draw(st.sampled_from(SCHEDULES)),
        timezone=NEW_YORK,
        start_date=draw(st.sampled_from([None, now - timedelta(days=3), now + timedelta(hours=30)])),
        end_date=draw(st.sampled_from([None, None, now + timedelta(days=6)])),
        catchup=draw(st.sampled_from(["none", "latest", "all"])),
        overlap=draw(st.sampled_from(["queue", "skip", "cancel_previous"])),
        max_active_runs=draw(st.integers(1, 3)),
    )
    return now, spec


async def live(now: datetime, spec: DagSpec, todo: list[tuple[str, int]]) -> None:
    """Lead the life of one example and hold the ledger to the schedule after each step."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), runs_per_tick=20)
        spare_the_disk(bench.database)
        bench.clock.time = now
        await bench.open()
        try:
            bench.load(spec)
            for version, (name, number) in enumerate(todo):
                await step(bench, spec, name, number, version)
                check(bench, spec, whole=version % 4 == 3)
            bench.clock.forward(90_000)
            rest(bench)
            check(bench, spec)
        finally:
            bench.close()


async def step(bench: Bench, spec: DagSpec, name: str, number: int, version: int) -> None:
    """Do one step."""
    match name:
        case "forward":
            bench.clock.forward((30, 1_800, 3_601, 40_000, 200_000)[number % 5])
            rest(bench)
        case "step":
            bench.clock.step((-3_600, 3_600, -86_400, 50_000)[number % 4])
            rest(bench)
        case "pause":
            bench.act(acts.PauseSchedule(dag_id="s"))
        case "unpause":
            bench.act(acts.UnpauseSchedule(dag_id="s"))
            rest(bench)
        case "restart":
            await bench.restart()
        case "reload":
            bench.load(dag_with_doc(spec, f"version {version}"))
        case "end":
            bench.finish()
        case "change":
            other = SCHEDULES[number % len(SCHEDULES)]
            bench.load(msgspec.structs.replace(spec, schedule=other, file=OTHER))
        case "backfill":
            begin = bench.clock.time - timedelta(hours=number % 120)
            again: Any = ("none", "completed")[number % 2]
            act = acts.CreateBackfill(
                dag_id="s",
                from_date=begin,
                to_date=begin + timedelta(hours=40),
                reprocess=again,
                max_active_runs=3,
            )
            try:
                bench.act(act)
            except RefusedError:
                return


def rest(bench: Bench) -> None:
    """Tick until nothing is due any more: a tick creates only so many runs."""
    for _ in range(200):
        wake_us = bench.tick()
        if wake_us is None or from_us(wake_us) > bench.clock.time:
            return
    raise AssertionError("it never comes to rest")


def check(bench: Bench, spec: DagSpec, *, whole: bool = True) -> None:
    """Every settled point lies in one record, every record's count is true, and every run of one exists."""
    rows = sorted(bench.engine.ledger("s", limit=10_000), key=lambda row: row.first)
    for earlier, later in pairwise(rows):
        assert earlier.last < later.first, f"{earlier} and {later} overlap"
    runs = {row.run_id: row for row in bench.engine.runs("s", limit=10_000)}
    for row in rows:
        assert row.first <= row.last
        if row.status == "skipped":
            assert row.run_id is None
        else:
            assert row.run_id is not None
            assert runs[row.run_id].logical_date == row.first == row.last
    logical = [row.logical_date for row in runs.values()]
    assert len(logical) == len(set(logical)), "two runs of one date"
    if not any(event.reason == OTHER for event in bench.engine.events(dag_id="s", limit=10_000)):
        covered(bench, spec, rows)
    if whole:
        shown(bench, rows)


def shown(bench: Bench, rows: list[LedgerRow]) -> None:
    """Each point is shown once, with its record's words; days add up to the points; open ones follow."""
    if not rows:
        return
    first, last = rows[0].first, max(rows[-1].last, bench.clock.time) + timedelta(days=1)
    points = bench.engine.points("s", first=first, last=last, limit=10_000)
    dates = [point.logical_date for point in points]
    assert dates == sorted(set(dates))
    for row in rows:
        inside = [point for point in points if row.first <= point.logical_date <= row.last]
        assert len(inside) == row.count
        assert {(point.state, point.reason, point.run_id) for point in inside} == {
            (row.status, row.reason, row.run_id)
        }
    recorded = sum(row.count for row in rows)
    assert sum(point.state in {"waiting", "upcoming"} for point in points) == len(points) - recorded
    zone = ZoneInfo(NEW_YORK)
    by_day: dict[date, Counter[str]] = {}
    for point in bench.engine.points("s", first=first - DAY, last=last + DAY, limit=10_000):
        by_day.setdefault(point.logical_date.astimezone(zone).date(), Counter())[point.state] += 1
    begin, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    days = bench.engine.days("s", first=begin, last=end)
    assert {day.day: day.counts for day in days} == {
        day: dict(counts) for day, counts in by_day.items() if begin <= day <= end
    }


def covered(bench: Bench, spec: DagSpec, rows: list[LedgerRow]) -> None:
    """From the first settled point to the cursor nothing is missing, and only points are counted."""
    entry = bench.loop.world.dag("s")
    settled = [row for row in rows if row.status != "backfilled"]
    if entry.cursor is None or not settled:
        return
    start = spec.start_date or (
        from_us(entry.facts.first_seen_us) if spec.schedule.kind.startswith("delta") else None
    )
    table = timetable_of(spec.schedule)
    points = table.points_between(settled[0].first, settled[-1].last, start=start, end=spec.end_date)
    counted = {(row.first, row.last): 0 for row in rows}
    for point in points:
        holders = [row for row in rows if row.first <= point.logical_date <= row.last]
        assert len(holders) == 1, f"{point.logical_date} lies in {holders}"
        counted[holders[0].first, holders[0].last] += 1
    for row in settled:
        assert counted[row.first, row.last] == row.count, row
    newest = max(row.last for row in rows)
    assert newest >= entry.cursor.logical_date, "the cursor is ahead of the records"


SEVEN_HOURS = dag(
    "s",
    task("only", launch="empty"),
    schedule=ScheduleSpec(kind="delta", seconds=25_200.0),
    timezone=NEW_YORK,
)


@example((SPRING, SEVEN_HOURS), [("step", 1), ("step", 2), ("forward", 1), ("forward", 0)])
@settings(
    max_examples=examples(10),
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
@given(
    schedules(), st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 10**6)), min_size=8, max_size=30)
)
def test_every_schedule_point_lies_in_exactly_one_record(
    drawn: tuple[datetime, DagSpec], todo: list[tuple[str, int]]
) -> None:
    asyncio.run(live(*drawn, todo))

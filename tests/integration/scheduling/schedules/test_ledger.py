"""The missed-point ledger through real scheduling: what each line about it in the vocabulary promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from data.builders import dag, task
from drive.loop import Bench
from fakes.clock import START
from penstock.errors import StoreError
from penstock.model import acts
from penstock.model.backfills import Reprocess
from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.store.engine.gate import Gate

DAILY = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",), text="@hourly")
HALF_HOURLY = ScheduleSpec(kind="cron", crons=("*/30 * * * *",), text="*/30 * * * *")
HOUR = timedelta(hours=1)
NOON = START.replace(second=0)


def hourly(**fields: Any) -> DagSpec:
    """Return a DAG whose runs end at once, loaded at 12:00:30."""
    return dag("d", task("a", launch="empty"), schedule=HOURLY, **{"start_date": NOON - 9 * HOUR, **fields})


def told(bench: Bench) -> list[str]:
    """Return the records oldest first: ``13 ran``, ``14-16 skipped paused``."""
    rows = sorted(bench.engine.ledger("d"), key=lambda row: row.first)
    return [
        f"{row.first:%H}{f'-{row.last:%H}' if row.count > 1 else ''} {row.status} {row.reason or ''}".strip()
        for row in rows
    ]


def points(bench: Bench, first: datetime, last: datetime) -> list[tuple[str, str]]:
    return [
        (f"{row.logical_date:%H:%M}", row.state) for row in bench.engine.points("d", first=first, last=last)
    ]


def rest(bench: Bench, hours: float) -> None:
    """Let hours pass with an engine that is awake all the time."""
    for _ in range(round(hours * 60)):
        bench.clock.forward(60)
        bench.tick()


@pytest.mark.parametrize(
    ("catchup", "expected"),
    [
        ("none", []),
        ("latest", ["12 ran"]),
        ("all", [*(f"{hour:02} ran_late" for hour in range(3, 12)), "12 ran"]),
    ],
)
async def test_points_begin_at_the_first_load_and_with_all_at_the_start(
    bench: Bench, catchup: str, expected: list[str]
) -> None:
    bench.load(hourly(catchup=catchup))
    assert told(bench) == expected


async def test_points_do_not_begin_before_the_start_date(bench: Bench) -> None:
    bench.load(hourly(start_date=NOON + 3 * HOUR))
    rest(bench, 4)
    assert told(bench) == ["15 ran", "16 ran"]


@pytest.mark.parametrize(
    ("catchup", "expected"),
    [
        ("none", ["13-16 skipped paused"]),
        ("latest", ["13-15 skipped paused", "16 ran_late"]),
        ("all", ["13 ran_late", "14 ran_late", "15 ran_late", "16 ran_late"]),
    ],
)
async def test_points_due_while_paused_follow_catchup(
    bench: Bench, catchup: str, expected: list[str]
) -> None:
    bench.load(hourly(catchup=catchup, start_date=NOON + timedelta(minutes=1)))
    bench.act(acts.PauseSchedule(dag_id="d"))
    rest(bench, 4.5)
    assert told(bench) == []
    assert [state for _, state in points(bench, NOON, NOON + 6 * HOUR)] == ["waiting"] * 4 + ["upcoming"] * 2
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    assert told(bench) == expected
    rest(bench, 1)
    assert told(bench) == [*expected, "17 ran"]


@pytest.mark.parametrize(
    ("catchup", "expected"),
    [
        ("none", ["13-16 skipped downtime"]),
        ("latest", ["13-15 skipped downtime", "16 ran_late"]),
        ("all", ["13 ran_late", "14 ran_late", "15 ran_late", "16 ran_late"]),
    ],
)
async def test_points_due_while_down_follow_catchup(bench: Bench, catchup: str, expected: list[str]) -> None:
    bench.load(hourly(catchup=catchup, start_date=NOON + timedelta(minutes=1)))
    bench.clock.forward(4.5 * 3600)
    await bench.restart()
    bench.tick()
    assert told(bench) == expected


async def test_a_pause_within_a_downtime_tells_both(bench: Bench) -> None:
    bench.load(hourly(catchup="none", start_date=NOON + timedelta(minutes=1)))
    bench.act(acts.PauseSchedule(dag_id="d", until=NOON + 2.5 * HOUR))
    bench.clock.forward(5 * 3600)
    await bench.restart()
    bench.tick()
    assert told(bench) == ["13-14 skipped paused", "15-16 skipped downtime", "17 ran"]


@pytest.mark.parametrize(("seconds", "status"), [(59, "ran"), (60, "ran"), (61, "ran_late")])
async def test_late_is_more_than_a_minute_after_run_after(bench: Bench, seconds: int, status: str) -> None:
    bench.load(hourly(start_date=NOON + timedelta(minutes=1)))
    bench.clock.time = NOON + HOUR + timedelta(seconds=seconds)
    bench.tick()
    assert told(bench) == [f"13 {status}"]


@pytest.mark.ticks_fail
async def test_a_point_is_settled_with_its_run_or_not_at_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.load(hourly(start_date=NOON + timedelta(minutes=1)))

    def broken(gate: Gate) -> None:
        gate.discard()
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "commit", broken)
        rest(bench, 1)
    assert (told(bench), bench.engine.runs("d")) == ([], [])
    bench.tick()
    assert told(bench) == ["13 ran"]
    [run] = bench.engine.runs("d")
    assert bench.engine.ledger("d")[0].run_id == run.run_id


async def test_a_backfill_splits_a_span_and_its_event_keeps_what_was(bench: Bench) -> None:
    bench.load(hourly(catchup="none", start_date=NOON + timedelta(minutes=1)), paused=True)
    rest(bench, 6.5)
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    assert told(bench) == ["13-18 skipped paused"]
    bench.act(acts.CreateBackfill(dag_id="d", from_date=NOON + 3 * HOUR, to_date=NOON + 4 * HOUR))
    assert told(bench) == ["13-14 skipped paused", "15 backfilled", "16 backfilled", "17-18 skipped paused"]
    noted = [event for event in bench.engine.events(dag_id="d") if event.kind == "point_backfilled"]
    assert [(event.before, event.after, event.reason) for event in reversed(noted)] == [
        ("skipped", "backfilled", "2026-03-02 15:00:00 UTC, was skipped: paused"),
        ("skipped", "backfilled", "2026-03-02 16:00:00 UTC, was skipped: paused"),
    ]
    bench.finish()
    again = acts.CreateBackfill(
        dag_id="d", from_date=NOON + 3 * HOUR, to_date=NOON + 3 * HOUR, reprocess=Reprocess.COMPLETED
    )
    bench.act(again)
    assert told(bench)[1] == "15 backfilled", "and stays one record"


async def test_a_changed_schedule_settles_only_what_follows(bench: Bench) -> None:
    spec = hourly(catchup="all", start_date=NOON + timedelta(minutes=1))
    bench.load(spec, paused=True)
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    rest(bench, 1)
    bench.act(acts.PauseSchedule(dag_id="d"))
    rest(bench, 3.75)
    bench.load(msgspec.structs.replace(spec, schedule=HALF_HOURLY), paused=True)
    assert told(bench) == ["13 ran", "14-16 skipped schedule changed"]
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    rest(bench, 0.5)
    assert points(bench, NOON + HOUR, NOON + 5.5 * HOUR) == [
        ("13:00", "ran"),
        ("14:00", "skipped"),
        ("15:00", "skipped"),
        ("16:00", "skipped"),
        ("17:00", "ran"),
        ("17:30", "upcoming"),
    ]


async def test_a_backfill_by_a_new_schedule_splits_an_old_span_by_the_old_one(bench: Bench) -> None:
    spec = hourly(catchup="none", start_date=NOON + timedelta(minutes=1))
    bench.load(spec, paused=True)
    rest(bench, 4.5)
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    assert told(bench) == ["13-16 skipped paused"]
    bench.load(msgspec.structs.replace(spec, schedule=HALF_HOURLY))
    bench.act(
        acts.CreateBackfill(
            dag_id="d", from_date=NOON + 2.25 * HOUR, to_date=NOON + 3.25 * HOUR, max_active_runs=1
        )
    )
    assert points(bench, NOON + HOUR, NOON + 4 * HOUR) == [
        ("13:00", "skipped"),
        ("14:00", "skipped"),
        ("14:30", "backfilled"),
        ("15:00", "backfilled"),
        ("16:00", "skipped"),
    ]
    assert sum(row.count for row in bench.engine.ledger("d")) == 5


async def test_a_day_counts_what_waits_beside_backfills_by_an_earlier_schedule(bench: Bench) -> None:
    spec = hourly(catchup="latest", start_date=NOON + timedelta(minutes=1))
    bench.load(spec, paused=True)
    rest(bench, 3.25)
    bench.act(acts.CreateBackfill(dag_id="d", from_date=NOON + HOUR, to_date=NOON + 3 * HOUR))
    quarters = ScheduleSpec(kind="cron", crons=("15 * * * *",), text="15 * * * *")
    bench.load(msgspec.structs.replace(spec, schedule=quarters), paused=True)
    rest(bench, 1.25)
    assert points(bench, NOON, NOON + 5.5 * HOUR) == [
        ("12:15", "waiting"),
        ("13:00", "backfilled"),
        ("13:15", "waiting"),
        ("14:00", "backfilled"),
        ("14:15", "waiting"),
        ("15:00", "backfilled"),
        ("15:15", "waiting"),
        ("16:15", "waiting"),
        ("17:15", "upcoming"),
    ]
    [day] = bench.engine.days("d", first=NOON.date(), last=NOON.date())
    assert day.counts == {"backfilled": 3, "waiting": 5, "upcoming": 7}


async def test_spans_of_two_schedules_are_not_one(bench: Bench) -> None:
    spec = hourly(catchup="none", start_date=NOON + timedelta(minutes=1))
    bench.load(spec, paused=True)
    for schedule in (HALF_HOURLY, HOURLY):
        rest(bench, 2)
        bench.act(acts.UnpauseSchedule(dag_id="d"))
        bench.load(msgspec.structs.replace(spec, schedule=schedule), paused=True)
        bench.act(acts.PauseSchedule(dag_id="d"))
    counts = [(row.count, row.reason) for row in sorted(bench.engine.ledger("d"), key=lambda row: row.first)]
    assert counts == [(2, "paused"), (4, "paused")]
    assert len(points(bench, NOON, NOON + 4.1 * HOUR)) == 6


async def test_manual_runs_have_no_record_of_their_own(bench: Bench) -> None:
    bench.load(hourly(start_date=NOON + timedelta(minutes=1)))
    bench.trigger("d", logical_date=START)
    bench.trigger("d", logical_date=None)
    assert told(bench) == []
    run_id = bench.trigger("d", logical_date=NOON + HOUR)
    rest(bench, 1)
    assert told(bench) == ["13 ran"], "one of a point's own date serves it"
    assert bench.engine.ledger("d")[0].run_id == run_id


async def test_overlap_skips_are_spans_too(bench: Bench) -> None:
    spec = dag(
        "d", task("slow"), schedule=HOURLY, overlap="skip", max_active_runs=1,
        start_date=NOON + timedelta(minutes=1),
    )  # fmt: skip
    bench.load(spec)
    rest(bench, 4)
    assert told(bench) == ["13 ran", "14-16 skipped overlap"]
    bench.end("slow")
    rest(bench, 1)
    assert told(bench) == ["13 ran", "14-16 skipped overlap", "17 ran"]


async def test_cancel_previous_records_a_run_for_each_point(bench: Bench) -> None:
    spec = dag(
        "d", task("slow"), schedule=HOURLY, overlap="cancel_previous", max_active_runs=1,
        start_date=NOON + timedelta(minutes=1),
    )  # fmt: skip
    bench.load(spec)
    rest(bench, 3)
    assert told(bench) == ["13 ran", "14 ran", "15 ran"]


async def test_the_ledger_ends_with_the_end_date(bench: Bench) -> None:
    bench.load(hourly(start_date=NOON + timedelta(minutes=1), end_date=NOON + 2 * HOUR))
    rest(bench, 4)
    assert told(bench) == ["13 ran", "14 ran"]
    assert points(bench, NOON, NOON + 9 * HOUR) == [("13:00", "ran"), ("14:00", "ran")]


async def test_creation_is_capped_and_fair_between_dags(tmp_path: Path) -> None:
    bench = await Bench(tmp_path, runs_per_tick=10).open()
    many = dag("many", task("a", launch="empty"), schedule=HOURLY, start_date=NOON - 99 * HOUR, catchup="all")
    bench.load(many)
    few = dag("few", task("a", launch="empty"), schedule=DAILY, start_date=NOON - 49 * HOUR, catchup="all")
    bench.load(few)
    shares = [len(bench.engine.ledger(name)) for name in ("many", "few")]
    assert shares == [18, 2], "ten a tick, and nobody waits for the other's backlog"
    for _ in range(20):
        bench.tick()
    assert (len(bench.engine.ledger("many")), len(bench.engine.ledger("few"))) == (100, 2)
    bench.close()


async def test_a_point_moved_by_dst_is_marked_wherever_it_lies(bench: Bench) -> None:
    zone = "Europe/Amsterdam"
    nightly = ScheduleSpec(kind="cron", crons=("30 2 * * *",), timezone=zone, text="30 2 * * *")
    bench.clock.time = datetime(2026, 3, 27, 12, tzinfo=UTC)
    bench.load(
        dag("d", task("a", launch="empty"), schedule=nightly, timezone=zone, catchup="none"), paused=True
    )
    bench.clock.forward(3 * 86_400)
    week: dict[str, Any] = {
        "first": bench.clock.time - timedelta(days=7),
        "last": bench.clock.time + timedelta(days=7),
    }
    moved = [row.logical_date for row in bench.engine.points("d", **week) if row.moved_by_dst]
    assert moved == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)], "while it waits"
    bench.act(acts.UnpauseSchedule(dag_id="d"))
    assert [row.moved_by_dst for row in bench.engine.points("d", **week)][:3] == [False, True, False]
    [day] = bench.engine.days("d", first=moved[0].date(), last=moved[0].date())
    assert (day.counts, day.moved_by_dst) == ({"skipped": 1}, True)
    bench.act(acts.CreateBackfill(dag_id="d", from_date=moved[0], to_date=moved[0]))
    [point] = bench.engine.points("d", first=moved[0], last=moved[0])
    assert (point.state, point.moved_by_dst) == ("backfilled", True)
    [day] = bench.engine.days("d", first=moved[0].date(), last=moved[0].date())
    assert (day.counts, day.moved_by_dst) == ({"backfilled": 1}, True)

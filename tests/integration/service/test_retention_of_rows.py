"""What is forgotten beside runs: events, points, samples, answers, versions, each at its own age."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import dag, task
from drive.checks import assert_events_replay
from drive.forgetting import count, forget, run_some, runs
from drive.loop import Bench
from fakes.clock import START
from penstock.clock import to_us
from penstock.model import acts
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.spec import ScheduleSpec
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.statement import table_of
from penstock.store.upkeep import expire

DAY = 86_400
OK = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    kept: dict[str, Any] = {"long": {"days": 100}, "small": {"bytes": 2500}}
    made = await Bench(tmp_path, retention_days=7, keep_runs=1, retention=kept).open()
    yield made
    made.close()


async def test_asset_events_go_unless_a_run_or_a_queue_holds_them(bench: Bench) -> None:
    keys = [
        builders.insert(
            bench.database, tables.AssetEventRow, at_us=at_us, name="x", uri="x", extra="{}", by="ann"
        )
        for at_us in (1, 2, 3, to_us(START))
    ]
    builders.insert(bench.database, tables.AssetQueueRow, dag_id="d", event_id=keys[1])
    await forget(bench)
    with bench.database.read() as connection:
        left = list(connection.execute(sa.select(table_of(tables.AssetEventRow).c.id)).scalars())
    assert left == [keys[1], keys[3]]


async def test_what_people_did_goes_after_a_year_and_not_before(bench: Bench) -> None:
    bench.load(dag("d", task("a")))
    made = run_some(bench, "d", 2)
    bench.clock.forward(30 * DAY)
    await forget(bench)
    assert {
        event.run_id for event in bench.engine.events(dag_id="d", limit=500) if event.kind == "act_trigger"
    } == set(made)
    with pytest.raises(sqlite3.IntegrityError, match="events stay"), bench.database.write() as connection:
        connection.execute(sa.delete(table_of(tables.EventRow)))
    bench.clock.forward(340 * DAY)
    await forget(bench)
    trail = bench.engine.events(limit=500)
    assert {event.run_id for event in trail} == {made[1]}, "of the run that is kept all is kept"
    assert_events_replay(bench.database)
    with pytest.raises(sqlite3.IntegrityError, match="events stay"), bench.database.write() as connection:
        connection.execute(sa.delete(table_of(tables.EventRow)))


async def test_points_and_backfills_of_long_ago_go(bench: Bench) -> None:
    for back in (500, 399):
        moment = to_us(START - timedelta(days=back))
        builders.insert(
            bench.database, tables.LedgerRow, dag_id="d", first_us=moment, last_us=moment, status="ran"
        )
        builders.insert(
            bench.database, tables.BackfillRow, dag_id="d", from_us=0, to_us=0, reprocess="none",
            max_active_runs=1, backwards=False, state="success", by="ann", created_us=moment, end_us=moment,
        )  # fmt: skip
    await forget(bench)
    assert count(bench.database, tables.LedgerRow) == 1
    assert count(bench.database, tables.BackfillRow) == 1, "the newest stays: no key is given twice"


async def test_a_backfill_of_long_ago_was_recorded_today(bench: Bench) -> None:
    daily = ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="@daily")
    begin = START - timedelta(days=2000)
    bench.load(dag("d", task("a"), schedule=daily, start_date=begin, end_date=begin + timedelta(days=9)))
    days = [begin + timedelta(days=number) for number in (2, 4)]
    bench.act(acts.CreateBackfill(dag_id="d", from_date=days[0], to_date=days[1]))
    bench.finish()
    kept = count(bench.database, tables.LedgerRow)
    await forget(bench)
    assert count(bench.database, tables.LedgerRow) == kept == 2
    bench.clock.forward(401 * DAY)
    await forget(bench)
    assert count(bench.database, tables.LedgerRow) == 0


def put_samples(bench: Bench, attempt_id: str, begin_us: int, seconds: Iterable[int]) -> None:
    """Have samples of an attempt at so many seconds after a moment."""
    rows = [
        {
            "attempt_id": attempt_id, "at_us": begin_us + second * 1_000_000, "cpu_percent": 1.0,
            "rss": 1, "read_bytes": 0, "write_bytes": 0, "processes": 1,
        }
        for second in seconds
    ]  # fmt: skip
    with bench.database.write() as connection:
        connection.execute(sa.insert(table_of(tables.SampleRow)), rows)


def sampled(bench: Bench, attempt_id: str, begin_us: int) -> list[int]:
    return [(to_us(sample.at) - begin_us) // 1_000_000 for sample in bench.engine.samples(attempt_id)]


async def test_samples_are_thinned_to_one_a_minute_after_a_day(bench: Bench) -> None:
    """The youngest day keeps every one, also in a pass that follows; then its turn comes."""
    bench.load(dag("d", task("a")))
    run_some(bench, "d", 2)
    with bench.database.read() as connection:
        ids = list(connection.execute(sa.select(table_of(tables.AttemptRow).c.attempt_id)).scalars())
    begin = to_us(bench.clock.time) - 2 * DAY * 1_000_000
    begin -= begin % 60_000_000
    fresh = range(DAY + 3600, DAY + 3720)
    for offset, attempt_id in enumerate(ids):
        put_samples(bench, attempt_id, begin + offset, (*range(150), *fresh, 2 * DAY))
    for _ in range(2):
        await forget(bench)
        for offset, attempt_id in enumerate(ids):
            assert sampled(bench, attempt_id, begin + offset) == [0, 60, 120, *fresh, 2 * DAY]
    bench.clock.forward(DAY)
    for _ in range(2):
        await forget(bench)
        for offset, attempt_id in enumerate(ids):
            left = [0, 60, 120, fresh[0], fresh[60], 2 * DAY]
            assert sampled(bench, attempt_id, begin + offset) == left


async def test_answers_are_kept_for_a_day(bench: Bench) -> None:
    """Whoever asks again within a day is told what came of it, and nothing happens twice."""
    bench.load(dag("d", task("a")))
    act = acts.Trigger(dag_id="d")
    first = bench.act(act, act_id="mine")
    bench.finish()
    bench.clock.forward(DAY - 60)
    for _ in range(2):
        await forget(bench)
        assert bench.act(act, act_id="mine") == first
    assert len(runs(bench, "d")) == 1
    bench.clock.forward(120)
    await forget(bench)
    assert bench.act(act, act_id="mine") != first
    assert len(runs(bench, "d")) == 2


async def test_versions_of_the_last_day_stay_though_nothing_is_pinned_to_them(bench: Bench) -> None:
    for number in range(3):
        bench.load(dag("d", task("a"), doc=f"version {number}"), paused=True)
    for _ in range(2):
        await forget(bench)
        assert count(bench.database, tables.DagVersionRow) == 3
    bench.clock.forward(DAY + 60)
    for _ in range(2):
        await forget(bench)
        assert count(bench.database, tables.DagVersionRow) == 1


def test_a_guard_of_an_older_program_is_renewed(tmp_path: Path) -> None:
    path = tmp_path / "penstock.db"
    Database.open(path).close()
    database = Database.open(path)
    with database.write() as connection:
        connection.execute("DROP TRIGGER event_no_delete")
        connection.execute(
            "CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'never'); END"
        )
    database.close()
    database = Database.open(path)
    builders.add_events(database, [("d", None, "act_pause")])
    expire.delete_events(database, [1], before_us=to_us(builders.NOON) + 1)
    assert count(database, tables.EventRow) == 0
    database.close()

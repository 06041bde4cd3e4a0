"""One suite for both implementations of the Engine port: the instance as a whole."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from data import builders
from data.builders import NOON
from data.filled_store import LATER, LIVE, Port
from fakes.engine import FakeEngine
from penstock.api.local import LocalEngine
from penstock.clock import to_us
from penstock.execution.configured import archive_of
from penstock.execution.executor import Worker
from penstock.model.views.pools import SlotUse
from penstock.model.views.system import ExecutorRow, MissedPoints, RetentionFacts, SystemPage
from penstock.service.retention import retention_facts
from penstock.store import tables
from penstock.store.engine.meta import RETENTION, write_meta
from penstock.store.statement import table_of

DAY = timedelta(days=1)


def attempt_of(at_days: float, number: int) -> str:
    """Return an id as an attempt gets it that began so many days before the clock of the engine."""
    return f"{int((LATER - at_days * DAY).timestamp() * 1000):012x}-{number:08x}"


def add_attempts(port: Port, ages: dict[float, int]) -> None:
    """Add an attempt of so many days of age for each, with a log of so many bytes; forget the others."""
    key = builders.task_key(port.database, "etl", "now", "extract")
    with port.database.write() as connection:
        connection.execute(sa.delete(table_of(tables.AttemptRow)))
    for number, (days, size) in enumerate(ages.items()):
        builders.add_attempt(port.database, key, attempt_of(days, number), log_bytes=size, end_us=1)


def test_the_engine_tells_of_itself(port: Port) -> None:
    engine = port.engine.system().engine
    assert (engine.pid, engine.since) == (os.getpid(), NOON)
    assert engine.rss is not None
    assert engine.rss > 1 << 20
    assert (engine.ticks.count, engine.ticks.p50, engine.ticks.p99, engine.ticks.longest) == (
        3,
        0.004,
        0.5,
        0.5,
    )
    assert engine.ticks.longest_at == NOON
    assert (engine.running, engine.queued, engine.runs_active, engine.parallelism) == (1, 1, 1, 32)
    assert engine.warnings == ("the disk is nearly full",)


def test_pools_name_who_holds_slots_and_who_waits(port: Port) -> None:
    pools = {row.name: row for row in port.engine.system().pools}
    assert {name: replace(row, held=(), wanted=()) for name, row in pools.items()} == {
        row.name: row for row in port.engine.pools()
    }
    assert pools["warehouse"].held == (
        SlotUse(dag_id="etl", run_id="now", task_id="report", map_index=-1, slots=2),
    )
    assert pools["warehouse"].used == 2
    assert pools["default_pool"].wanted == (SlotUse(dag_id="etl", run_id="now", task_id="load"),)


def test_at_most_a_hundred_of_those_who_wait_are_named_and_all_are_counted(port: Port) -> None:
    for number in range(120):
        with port.database.write() as connection:
            run = connection.execute(
                sa.select(table_of(tables.RunRow).c.id).where(table_of(tables.RunRow).c.run_id == "now")
            ).scalar()
        builders.insert(
            port.database, tables.TaskInstanceRow, run_pk=run, task_id="extract", map_index=number + 1,
            state="scheduled", max_tries=1,
        )  # fmt: skip
    pool = next(row for row in port.engine.system().pools if row.name == "default_pool")
    assert (pool.waiting, len(pool.wanted)) == (121, 100)


def test_workers_come_with_their_attempts(port: Port) -> None:
    assert port.engine.system().executors == (
        ExecutorRow(executor="local", pid=4712, attempts=1, state="working", rss=9 << 20),
    )


def test_workers_on_other_hosts_are_listed_with_what_they_run(port: Port) -> None:
    assert port.engine.workers() == []
    facts = {"name": "w1", "host": "web3", "slots": 2, "queues": ("gpu",), "since": 1000.0, "runs": (LIVE,)}
    port.acts.far = [Worker("grid", 7, 1, "ready", **facts)]  # type: ignore[arg-type]
    (row,) = port.engine.workers()
    assert (row.name, row.executor, row.host, row.slots, row.used) == ("w1", "grid", "web3", 2, 1)
    assert (row.queues, row.state, row.since) == (("gpu",), "ready", datetime.fromtimestamp(1000, UTC))
    assert row.runs == (SlotUse(dag_id="etl", run_id="now", task_id="report"),)
    assert port.engine.system().executors[-1].worker == row


def test_the_rate_is_of_the_last_day_or_week_whichever_is_faster(port: Port) -> None:
    add_attempts(port, {0.5: 1_000_000, 3.0: 100, 6.9: 100, 8.0: 50_000_000, 20.0: 70_000_000})
    disk = port.engine.system().disk
    each = 8192 + (disk.database - disk.unused) / 5
    assert disk.logs == 121_000_200
    assert disk.written_day == round(each) + 1_000_000
    assert disk.written_week == pytest.approx(3 * each + 1_000_200, abs=2)
    assert disk.rate == disk.written_day
    assert disk.lasts == pytest.approx((disk.free - disk.least) / disk.written_day * 86400)


def test_a_week_counts_when_nothing_ran_today(port: Port) -> None:
    add_attempts(port, {3.0: 7_000_000, 20.0: 0})
    disk = port.engine.system().disk
    assert disk.written_day == 0
    assert disk.rate == pytest.approx(disk.written_week / 7)


def test_a_young_history_is_extrapolated_from_as_long_as_it_is(port: Port) -> None:
    add_attempts(port, {0.25: 1_000_000})
    disk = port.engine.system().disk
    assert disk.rate == pytest.approx(disk.written_day * 4, rel=1e-3)


def test_without_a_new_attempt_there_is_no_rate(port: Port) -> None:
    add_attempts(port, {20.0: 5})
    disk = port.engine.system().disk
    assert (disk.rate, disk.lasts, disk.written_week) == (None, None, 0)


def test_points_that_were_missed_today_come_by_dag_and_reason(port: Port) -> None:
    at = to_us(LATER - timedelta(hours=2))
    with port.database.write() as connection:
        connection.execute(sa.delete(table_of(tables.LedgerRow)))
    row = {"first_us": at, "last_us": at, "at_us": at}
    for status, reason, more in (
        ("skipped", "downtime", {"count": 3}),
        ("skipped", "downtime", {"count": 2, "first_us": at - 9}),
        ("skipped", "paused", {"count": 1, "last_us": at - 9, "first_us": at - 9}),
        ("ran_late", None, {"last_us": at - 9, "first_us": at - 9}),
        ("ran", None, {}),
        ("skipped", "overlap", {"at_us": to_us(LATER - 1.1 * DAY)}),
        ("skipped", "overlap", {"at_us": None, "first_us": 5, "last_us": 5}),
    ):
        builders.insert(
            port.database, tables.LedgerRow, dag_id="etl", status=status, reason=reason, **{**row, **more}
        )
    found = port.engine.system().missed
    assert [(each.late, each.reason, each.count) for each in found] == [
        (False, "downtime", 5),
        (True, None, 1),
        (False, "paused", 1),
    ]
    assert isinstance(found[0], MissedPoints)
    assert to_us(found[0].first) == at - 9


def test_callbacks_that_failed_today_are_listed_and_counted(port: Port) -> None:
    with port.database.read() as connection:
        run = connection.execute(
            sa.select(table_of(tables.RunRow).c.id).where(table_of(tables.RunRow).c.run_id == "now")
        ).scalar()
    for number in range(104):
        hours = 30 if number == 0 else 1
        state = "done" if number == 1 else "failed"
        at = to_us(LATER - timedelta(hours=hours))
        builders.insert(
            port.database, tables.CallbackRow, run_pk=run, kind="run_failure", facts="{}", created_us=at,
            state=state, end_us=at, reason=f"exit {number}",
        )  # fmt: skip
    page = port.engine.system()
    assert (len(page.callbacks), page.callbacks_total) == (100, 102)
    assert (page.callbacks[0].reason, page.callbacks[0].dag_id, page.callbacks[0].run_id) == (
        "exit 103",
        "etl",
        "now",
    )


def test_retention_says_what_was_written_down(port: Port) -> None:
    assert port.engine.system().retention == RetentionFacts(kept=port.settings.kept_of("").words())
    facts = RetentionFacts(last=NOON, removed=3, next=LATER, due={"etl": 2})
    write_meta(port.database, RETENTION, msgspec.json.encode(facts).decode())
    assert retention_facts(port.database) == facts
    assert port.engine.system().retention == replace(facts, kept=port.settings.kept_of("").words())
    write_meta(port.database, RETENTION, "[]")
    assert "cannot be read" in (port.engine.system().retention.problem or "")


def test_what_is_broken_is_the_same_as_elsewhere(port: Port) -> None:
    page = port.engine.system()
    assert list(page.import_errors) == port.engine.import_errors()
    assert list(page.quarantine) == port.engine.quarantine()
    assert page.import_errors


def test_without_an_engine_everything_but_its_process_is_there(port: Port) -> None:
    page = LocalEngine(port.database, port.settings, archive_of(port.settings)).system()
    assert (page.engine.pid, page.engine.rss, page.executors) == (None, None, ())
    assert page.engine.ticks.count == 0
    assert page.disk.database > 4096
    assert {pool.name for pool in page.pools} >= {"default_pool", "warehouse"}


def test_the_fake_answers_the_same_question() -> None:
    page = FakeEngine().system()
    assert isinstance(page, SystemPage)
    assert page.engine.pid == 4711
    assert page.pools

"""One suite for both implementations of the Engine port: schedule points and days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from data import builders
from data.builders import NOON
from data.filled_store import ETL, Port
from penstock.clock import to_us
from penstock.errors import UnknownError, UsageError
from penstock.model.spec import ScheduleSpec
from penstock.model.states import RunState
from penstock.store import tables
from penstock.store.statement import table_of
from penstock.timetable.recorded import Recorded

DAY = timedelta(days=1)
OLD = ScheduleSpec(kind="cron", crons=("0 */6 * * *",), text="0 */6 * * *")
"""What the schedule of a span was, before the DAG's present one."""


def record(port: Port, first: datetime, status: str, **fields: object) -> None:
    values = {"last_us": to_us(first), **fields}
    builders.insert(
        port.database, tables.LedgerRow, dag_id="etl", first_us=to_us(first), status=status, **values
    )


@pytest.fixture
def told(port: Port) -> Port:
    """A ledger with one of everything; the schedule is settled up to two days before now."""
    with port.database.write() as connection:
        connection.execute(sa.delete(table_of(tables.LedgerRow)))
        dag = table_of(tables.DagRow)
        settled = to_us(NOON - DAY)
        connection.execute(
            sa.update(dag)
            .where(dag.c.dag_id == "etl")
            .values(cursor_us=settled, cursor_start_us=settled, cursor_end_us=settled)
        )
    builders.add_run(
        port.database, ETL, 1, at=NOON - 4 * DAY, state="failed", took=1.0, run_id="bad", logical_us=None
    )
    span = {"last_us": to_us(NOON - 5 * DAY), "count": 5, "reason": "paused"}
    record(port, NOON - 6 * DAY, "skipped", schedule=Recorded(OLD).text(), **span)
    record(port, NOON - 4 * DAY, "ran_late", run_id="bad")
    record(port, NOON - 3 * DAY, "backfilled", run_id="forgotten", moved=True)
    record(port, NOON - DAY, "ran", run_id="now")
    return port


def test_each_point_is_told_with_its_span(told: Port) -> None:
    points = told.engine.points("etl", first=NOON - 30 * DAY, last=NOON - DAY)
    assert [(point.logical_date, point.state, point.run_id, point.run_state) for point in points[5:]] == [
        (NOON - 4 * DAY, "ran_late", "bad", RunState.FAILED),
        (NOON - 3 * DAY, "backfilled", "forgotten", None),
        (NOON - DAY, "ran", "now", RunState.RUNNING),
    ]
    skipped = points[:5]
    assert [point.logical_date for point in skipped] == [
        NOON - 6 * DAY + timedelta(hours=6 * place) for place in range(5)
    ]
    assert {
        (point.state, point.reason, point.span_first, point.span_last, point.span_count) for point in skipped
    } == {("skipped", "paused", NOON - 6 * DAY, NOON - 5 * DAY, 5)}
    assert [point.moved_by_dst for point in points] == [False] * 6 + [True, False]


def test_what_has_no_record_waits_or_is_to_come(told: Port) -> None:
    points = told.engine.points("etl", first=NOON - timedelta(hours=1), last=NOON + 2 * DAY)
    assert [(point.logical_date, point.state) for point in points] == [
        (NOON, "waiting"),
        (NOON + DAY, "upcoming"),
        (NOON + 2 * DAY, "upcoming"),
    ]
    record(told, NOON, "backfilled")
    first = told.engine.points("etl", first=NOON, last=NOON + DAY)[0]
    assert (first.state, first.run_id) == ("backfilled", None)


def test_a_span_is_cut_to_what_was_asked_and_points_page(told: Port) -> None:
    inside = told.engine.points("etl", first=NOON - 5.5 * DAY, last=NOON - 5 * DAY)
    assert [(point.logical_date, point.span_count) for point in inside] == [
        (NOON - 5.5 * DAY, 5),
        (NOON - 5.25 * DAY, 5),
        (NOON - 5 * DAY, 5),
    ]
    whole = told.engine.points("etl", first=NOON - 9 * DAY, last=NOON + 9 * DAY)
    paged = []
    begin = NOON - 9 * DAY
    while page := told.engine.points("etl", first=begin, last=NOON + 9 * DAY, limit=4):
        paged += page
        begin = page[-1].logical_date + timedelta(microseconds=1)
    assert paged == whole
    assert told.engine.points("etl", first=NOON, last=NOON + DAY, limit=0) == []


def test_days_add_up(told: Port) -> None:
    days = told.engine.days("etl", first=date(2026, 2, 20), last=date(2026, 3, 3))
    assert [(row.day.day, row.counts) for row in days] == [
        (23, {"skipped": 2}),
        (24, {"skipped": 3}),
        (25, {"ran_late": 1}),
        (26, {"backfilled": 1}),
        (28, {"ran": 1}),
        (1, {"waiting": 1}),
        (2, {"upcoming": 1}),
        (3, {"upcoming": 1}),
    ]
    assert days[0].reasons == {"paused": 2}
    assert [row.runs for row in days[2:5]] == [{"failed": 1}, {}, {"running": 1}]
    assert [row.day.day for row in days if row.moved_by_dst] == [26]
    assert told.engine.days("etl", first=date(2026, 3, 2), last=date(2026, 3, 1)) == []


def test_a_dag_without_a_schedule_has_no_points(port: Port) -> None:
    assert port.engine.points("idle", first=NOON - DAY, last=NOON + DAY) == []
    assert port.engine.days("idle", first=date(2026, 2, 1), last=date(2026, 4, 1)) == []


def test_nothing_of_a_schedule_whose_file_is_gone_is_to_come(told: Port) -> None:
    with told.database.write() as connection:
        connection.execute(sa.update(table_of(tables.DagRow)).values(missing=True))
    points = told.engine.points("etl", first=NOON - 2 * DAY, last=NOON + 9 * DAY)
    assert [point.state for point in points] == ["ran"]


def test_bad_questions_are_refused(port: Port) -> None:
    with pytest.raises(UnknownError, match="nope"):
        port.engine.points("nope", first=NOON, last=NOON)
    with pytest.raises(UnknownError, match="nope"):
        port.engine.days("nope", first=NOON.date(), last=NOON.date())
    with pytest.raises(UsageError, match="offset"):
        port.engine.points("etl", first=NOON.replace(tzinfo=None), last=NOON)

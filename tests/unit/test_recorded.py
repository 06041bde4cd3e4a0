"""What lies in a recorded span: counted by whole days, and the same as counted one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.timetable.open_points import OpenPoints
from penstock.timetable.point import Point
from penstock.timetable.recorded import Recorded

SCHEDULES = [
    ScheduleSpec(kind="cron", crons=("0 * * * *",), timezone="Europe/Amsterdam"),
    ScheduleSpec(kind="cron", crons=("30 2 * * *", "15 6 * * 1"), timezone="America/New_York"),
    ScheduleSpec(kind="cron", crons=("0 6 * * *",), interval=3600.0),
    ScheduleSpec(kind="cron", crons=("0 6 1 * *",), interval={"months": 1}),
    ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",), timezone="Europe/Amsterdam"),
    ScheduleSpec(kind="delta", seconds=5400.0),
    ScheduleSpec(kind="delta_interval", relative={"months": 1}),
    ScheduleSpec(kind="once"),
]
BEGIN = datetime(2026, 3, 20, tzinfo=UTC)


@settings(max_examples=120)
@given(st.sampled_from(SCHEDULES), st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_span_is_counted_as_it_is_walked(schedule: ScheduleSpec, skip: int, length: int) -> None:
    recorded = Recorded(schedule, BEGIN)
    first = BEGIN + timedelta(minutes=skip)
    last = first + timedelta(minutes=length)
    walked = [point.logical_date for point in recorded.points(first, last)]
    assert recorded.count(first, last) == len(walked)
    assert recorded.inside(first, last) == ((walked[0], walked[-1], len(walked)) if walked else None)


def test_a_schedule_is_read_as_it_was_written() -> None:
    recorded = Recorded(SCHEDULES[1], BEGIN)
    assert Recorded.read(recorded.text()) == recorded
    assert recorded.text() == Recorded(SCHEDULES[1], BEGIN).text()


@pytest.mark.parametrize(("start", "anchor"), [(None, BEGIN), (BEGIN - timedelta(1), BEGIN - timedelta(1))])
def test_distances_count_from_the_start_or_the_first_load(start: datetime | None, anchor: datetime) -> None:
    spec = DagSpec(dag_id="d", file="d.py", schedule=SCHEDULES[5], start_date=start)
    assert Recorded.of(spec, BEGIN).start == anchor


def open_points(spec: DagSpec, cursor: Point | None = None, *, hours: int = 5) -> list[str]:
    """Return the open points of the first nine hours, as seen after *hours*."""
    now = BEGIN + timedelta(hours=hours)
    found = OpenPoints.of(spec, cursor=cursor, first_seen=BEGIN, now=now)
    if found is None:
        return []
    until = BEGIN + timedelta(hours=9)
    points = list(found.between(BEGIN, until))
    assert found.count(BEGIN, until) == len(points)
    due = [point.logical_date for point in points if found.due(point)]
    assert found.newest_due() == (due[-1] if due else None)
    return [f"{point.logical_date:%H:%M}{'!' if found.due(point) else ''}" for point in points]


HOURLY = ScheduleSpec(kind="cron", crons=("0 */3 * * *",))


def test_open_points_begin_after_the_cursor_and_end_with_the_dag() -> None:
    spec = DagSpec(dag_id="d", file="d.py", schedule=HOURLY, catchup="none")
    assert open_points(spec) == ["00:00!", "03:00!", "06:00", "09:00"]
    settled = BEGIN + timedelta(hours=3)
    assert open_points(spec, Point.over(settled, settled)) == ["06:00", "09:00"]
    ending = DagSpec(dag_id="d", file="d.py", schedule=HOURLY, end_date=BEGIN + timedelta(hours=7))
    assert open_points(ending, Point.over(settled, settled)) == ["06:00"]
    assert open_points(ending, Point.over(settled, BEGIN + timedelta(hours=6))) == []
    spans = DagSpec(dag_id="d", file="d.py", schedule=ScheduleSpec(kind="cron_interval", crons=HOURLY.crons))
    assert open_points(spans, Point.over(BEGIN, settled)) == ["03:00", "06:00", "09:00"]
    assert open_points(spans, Point.over(BEGIN, settled), hours=6) == ["03:00!", "06:00", "09:00"]


def test_what_has_no_grid_has_one_open_point_or_none() -> None:
    once = DagSpec(dag_id="d", file="d.py", schedule=SCHEDULES[7])
    assert open_points(once) == ["00:00!"]
    assert open_points(once, Point.over(BEGIN, BEGIN)) == []
    assert open_points(DagSpec(dag_id="d", file="d.py", schedule=ScheduleSpec(kind="continuous"))) == []
    assert open_points(DagSpec(dag_id="d", file="d.py", schedule=ScheduleSpec())) == []

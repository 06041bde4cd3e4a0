"""Schedules whose points are listed, and how many runs a schedule owes when its pause is lifted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.timetable.due import Create, decide, owed
from penstock.timetable.schedule import timetable_of

DAY = 86_400
FIRST = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
POINTS = tuple((FIRST + day * DAY, FIRST + day * DAY + DAY, FIRST + day * DAY + DAY) for day in (0, 1, 4, 5))
LISTED = ScheduleSpec(kind="listed", points=POINTS, text="mine")
START = datetime(2024, 1, 1, tzinfo=UTC)


def dag(schedule: ScheduleSpec, catchup: str) -> DagSpec:
    return DagSpec(dag_id="d", file="d.py", schedule=schedule, start_date=START, catchup=catchup)  # type: ignore[arg-type]


def test_a_list_has_its_points_and_no_others() -> None:
    points = list(timetable_of(LISTED).points_after(START))
    assert [point.logical_date.day for point in points] == [1, 2, 5, 6]
    assert [point.run_after.day for point in points] == [2, 3, 6, 7]
    assert timetable_of(LISTED).manual_interval(datetime(2024, 1, 4, tzinfo=UTC)) == (
        datetime(2024, 1, 2, tzinfo=UTC),
        datetime(2024, 1, 3, tzinfo=UTC),
    )


@pytest.mark.parametrize(("day", "made"), [(2, [1]), (5, [1, 2]), (6, [1, 2, 5]), (20, [1, 2, 5, 6])])
def test_a_list_is_settled_in_order(day: int, made: list[int]) -> None:
    now = datetime(2024, 1, day, tzinfo=UTC)
    found = decide(dag(LISTED, "all"), cursor=None, first_seen=now, now=now, paused=False, limit=10)
    assert [each.point.logical_date.day for each in found.decisions if isinstance(each, Create)] == made


@pytest.mark.parametrize(
    ("schedule", "catchup", "count"),
    [
        (ScheduleSpec(kind="cron_interval", crons=("@daily",), text="@daily"), "all", 9),
        (ScheduleSpec(kind="cron", crons=("@hourly",), text="@hourly"), "all", 217),
        (ScheduleSpec(kind="delta_interval", seconds=43_200.0, text="12:00:00"), "all", 18),
        (LISTED, "all", 4),
        (ScheduleSpec(kind="cron", crons=("@daily",), text="@daily"), "latest", 1),
        (ScheduleSpec(kind="cron", crons=("@daily",), text="@daily"), "none", 0),
        (ScheduleSpec(), "all", 0),
        (ScheduleSpec(kind="once", text="@once"), "all", 1),
    ],
)
def test_the_runs_that_a_schedule_owes(schedule: ScheduleSpec, catchup: str, count: int) -> None:
    now = datetime(2024, 1, 10, 0, 30, tzinfo=UTC)
    found, first = owed(dag(schedule, catchup), cursor=None, first_seen=now - timedelta(days=2), now=now)
    assert found == count
    assert (first is None) == (count == 0)

"""The missed-point ledger's policy: which points are created, which are skipped, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.model.spec import DagSpec, ScheduleSpec
from penstock.timetable import Point
from penstock.timetable.due import Create, Decisions, Skip, close, decide

HOURLY = ScheduleSpec(kind="cron", crons=("0 * * * *",))
MINUTELY = ScheduleSpec(kind="cron", crons=("* * * * *",))
DAILY_SPAN = ScheduleSpec(kind="cron_interval", crons=("0 0 * * *",))
EVERY_6_HOURS = ScheduleSpec(kind="delta", seconds=6 * 3600)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dag(schedule: ScheduleSpec, **fields: Any) -> DagSpec:
    return DagSpec(dag_id="d", file="d.py", schedule=schedule, **fields)


def fire(text: str) -> Point:
    return Point.over(at(text), at(text))


def ask(
    spec: DagSpec, now: str, *, cursor: Point | None = None, seen: str = "2026-01-01", **facts: Any
) -> Decisions:
    facts = {"paused": False, "limit": 100, **facts}
    return decide(spec, cursor=cursor, first_seen=at(seen), now=at(now), **facts)


def told(answer: Decisions) -> list[tuple[Any, ...]]:
    """Return the decisions in short: (date, late) or (first, last, count, reason)."""
    return [
        (f"{item.point.logical_date:%d %H:%M}", item.late)
        if isinstance(item, Create)
        else (
            f"{item.first.logical_date:%d %H:%M}",
            f"{item.last.logical_date:%d %H:%M}",
            item.count,
            item.reason,
        )
        for item in answer.decisions
    ]


def test_a_live_point_is_created_on_time() -> None:
    for catchup in ("none", "latest", "all"):
        answer = ask(dag(HOURLY, catchup=catchup), "2026-01-01 05:00:03", cursor=fire("2026-01-01 04:00"))
        assert told(answer) == [("01 05:00", False)]
        assert answer.cursor == fire("2026-01-01 05:00")
        assert answer.next_due == at("2026-01-01 06:00")


def test_before_the_next_point_nothing_happens() -> None:
    cursor = fire("2026-01-01 04:00")
    answer = ask(dag(HOURLY), "2026-01-01 04:59:59", cursor=cursor)
    assert answer == Decisions([], cursor, at("2026-01-01 05:00"))


def test_paused_settles_nothing() -> None:
    cursor = fire("2026-01-01 04:00")
    assert ask(dag(HOURLY), "2026-01-01 09:30", cursor=cursor, paused=True) == Decisions([], cursor, None)


MISSED: dict[str, list[tuple[Any, ...]]] = {
    "all": [("01 05:00", True), ("01 06:00", True), ("01 07:00", True)],
    "latest": [("01 05:00", "01 06:00", 2, "REASON"), ("01 07:00", True)],
    "none": [("01 05:00", "01 07:00", 3, "REASON")],
}


@pytest.mark.parametrize("catchup", MISSED)
@pytest.mark.parametrize("reason", ["paused", "downtime"])
def test_missed_points_follow_catchup(catchup: str, reason: str) -> None:
    now = "2026-01-01 07:30"
    resumed = at(now) if reason == "paused" else None
    answer = ask(dag(HOURLY, catchup=catchup), now, cursor=fire("2026-01-01 04:00"), resumed=resumed)
    assert told(answer) == [
        tuple(reason if part == "REASON" else part for part in entry) for entry in MISSED[catchup]
    ]
    assert answer.cursor == fire("2026-01-01 07:00")
    assert answer.next_due == at("2026-01-01 08:00")


def test_none_skips_even_a_point_of_this_minute_that_was_due_while_paused() -> None:
    answer = ask(
        dag(HOURLY, catchup="none"),
        "2026-01-01 05:00:30",
        cursor=fire("2026-01-01 04:00"),
        resumed=at("2026-01-01 05:00:30"),
    )
    assert told(answer) == [("01 05:00", "01 05:00", 1, "paused")]


def test_pause_then_downtime_are_two_spans() -> None:
    answer = ask(
        dag(HOURLY, catchup="none"),
        "2026-01-01 09:30",
        cursor=fire("2026-01-01 04:00"),
        resumed=at("2026-01-01 06:30"),
    )
    assert told(answer) == [("01 05:00", "01 06:00", 2, "paused"), ("01 07:00", "01 09:00", 3, "downtime")]


def test_latest_skips_all_missed_when_a_later_point_is_on_time() -> None:
    answer = ask(dag(HOURLY), "2026-01-01 07:00:10", cursor=fire("2026-01-01 04:00"))
    assert told(answer) == [("01 05:00", "01 06:00", 2, "downtime"), ("01 07:00", False)]


def test_late_is_more_than_a_minute() -> None:
    cursor = fire("2026-01-01 04:00")
    for second, late in ((0, False), (60, False), (61, True)):
        answer = decide(
            dag(HOURLY, catchup="all"),
            cursor=cursor,
            first_seen=at("2026-01-01"),
            now=at("2026-01-01 05:00") + timedelta(seconds=second),
            paused=False,
            limit=1,
        )
        assert told(answer) == [("01 05:00", late)]


def test_limit_leaves_the_rest_for_the_next_call() -> None:
    spec = dag(HOURLY, catchup="all", start_date=at("2026-01-01"))
    cursor, created = None, []
    for _ in range(4):
        answer = ask(spec, "2026-01-01 09:30", cursor=cursor, seen="2026-01-01 09:30", limit=3)
        created += [entry[0] for entry in told(answer)]
        cursor = answer.cursor
    assert created == [f"01 {hour:02}:00" for hour in range(10)]
    assert answer.next_due == at("2026-01-01 10:00")
    full = ask(spec, "2026-01-01 09:30", seen="2026-01-01 09:30", limit=0)
    assert full == Decisions([], None, at("2026-01-01 00:00"))


def test_a_fresh_dag_begins_with_the_newest_tick_if_its_start_lies_in_the_past() -> None:
    answer = ask(dag(HOURLY, start_date=at("2025-01-01")), "2026-01-01 09:30", seen="2026-01-01 09:29")
    assert told(answer) == [("01 09:00", True)]
    assert answer.next_due == at("2026-01-01 10:00")
    span = ask(dag(DAILY_SPAN, start_date=at("2025-01-01")), "2026-01-05 09:30", seen="2026-01-05 09:29")
    assert told(span) == [("04 00:00", True)]


def test_a_fresh_dag_without_catchup_or_with_a_future_start_waits() -> None:
    fresh: dict[str, Any] = {"seen": "2026-01-01 09:29"}
    waits = ask(dag(HOURLY, start_date=at("2025-01-01"), catchup="none"), "2026-01-01 09:30", **fresh)
    assert waits == Decisions([], None, at("2026-01-01 10:00"))
    future = ask(dag(HOURLY, start_date=at("2026-03-01 00:30")), "2026-01-01 09:30", **fresh)
    assert future == Decisions([], None, at("2026-03-01 01:00"))


def test_a_fresh_dag_without_start_date_takes_a_tick_that_has_only_just_passed() -> None:
    assert told(ask(dag(HOURLY), "2026-01-01 09:05", seen="2026-01-01 09:05")) == [("01 09:00", True)]
    assert told(ask(dag(HOURLY), "2026-01-01 09:08", seen="2026-01-01 09:08")) == []


def test_points_before_the_first_load_are_nobodys() -> None:
    answer = ask(
        dag(HOURLY, start_date=at("2025-01-01")),
        "2026-01-01 12:30",
        seen="2026-01-01 09:30",
        resumed=at("2026-01-01 12:30"),
    )
    assert told(answer) == [("01 10:00", "01 11:00", 2, "paused"), ("01 12:00", True)]


def test_an_ended_dag_is_silent_unless_it_missed_a_point_of_its_own() -> None:
    ended = dag(HOURLY, start_date=at("2025-01-01"), end_date=at("2026-01-01 06:00"))
    assert ask(ended, "2026-02-01", seen="2026-01-31") == Decisions([], None, None)
    answer = ask(ended, "2026-02-01", cursor=fire("2026-01-01 04:00"))
    assert told(answer) == [("01 05:00", "01 05:00", 1, "downtime"), ("01 06:00", True)]
    assert answer.next_due is None


def test_intervals_fire_at_their_end_and_are_bound_by_their_start() -> None:
    spec = dag(DAILY_SPAN, catchup="all", start_date=at("2026-01-01"), end_date=at("2026-01-03"))
    answer = ask(spec, "2026-01-10", seen="2026-01-10")
    assert told(answer) == [("01 00:00", True), ("02 00:00", True), ("03 00:00", True)]
    assert answer.next_due is None
    waiting = ask(spec, "2026-01-01 15:00", seen="2026-01-01 15:00")
    assert waiting == Decisions([], None, at("2026-01-02"))


def test_a_distance_keeps_the_phase_of_its_start_date() -> None:
    spec = dag(EVERY_6_HOURS, start_date=at("2026-01-01 05:00"))
    answer = ask(spec, "2026-01-03 12:00", cursor=fire("2026-01-01 05:00"))
    assert told(answer) == [("01 11:00", "03 05:00", 8, "downtime"), ("03 11:00", True)]
    assert answer.next_due == at("2026-01-03 17:00")


def test_once_runs_once_whatever_the_catchup() -> None:
    spec = dag(ScheduleSpec(kind="once"), start_date=at("2025-06-01"), catchup="none")
    answer = ask(spec, "2026-01-01 10:00")
    assert told(answer) == [("01 00:00", True)]
    assert ask(spec, "2026-01-01 10:00", cursor=answer.cursor).decisions == []
    unstarted = ask(dag(ScheduleSpec(kind="once")), "2026-01-01 10:00", seen="2026-01-01 10:00")
    assert unstarted.cursor == fire("2026-01-01 10:00")
    later = ask(dag(ScheduleSpec(kind="once"), start_date=at("2026-05-01")), "2026-01-01")
    assert later == Decisions([], None, at("2026-05-01"))


def test_continuous_waits_for_the_run_before() -> None:
    spec = dag(ScheduleSpec(kind="continuous"), start_date=at("2026-01-01"))
    cursor = Point.over(at("2026-01-01 09:00"), at("2026-01-01 10:00"))
    assert ask(spec, "2026-01-01 10:30", cursor=cursor, busy=True) == Decisions([], cursor, None)
    answer = ask(spec, "2026-01-01 10:30", cursor=cursor)
    assert answer.cursor == Point.over(at("2026-01-01 10:00"), at("2026-01-01 10:30"))


def test_no_schedule_has_no_points() -> None:
    assert ask(dag(ScheduleSpec()), "2026-01-01") == Decisions([], None, None)


def test_a_changed_schedule_settles_only_points_after_the_change() -> None:
    cursor, change = fire("2026-01-01 04:00"), at("2026-01-01 06:30")
    closed = close(dag(HOURLY), cursor=cursor, first_seen=at("2026-01-01"), now=change)
    assert told(closed) == [("01 05:00", "01 06:00", 2, "schedule changed")]
    after = ask(dag(MINUTELY, catchup="all"), "2026-01-01 06:32", cursor=closed.cursor)
    assert told(after) == [("01 06:31", False), ("01 06:32", False)]
    spans = ask(dag(DAILY_SPAN, catchup="all"), "2026-01-03 01:00", cursor=closed.cursor)
    assert told(spans) == [("02 00:00", True)]
    assert close(dag(HOURLY), cursor=None, first_seen=change, now=change) == Decisions([], None, None)


def test_a_long_outage_is_counted_not_enumerated(monkeypatch: pytest.MonkeyPatch) -> None:
    from penstock.timetable.cron import Cron

    steps = 0
    following = Cron.following

    def counted(self: Cron, wall: datetime) -> datetime | None:
        nonlocal steps
        steps += 1
        return following(self, wall)

    monkeypatch.setattr(Cron, "following", counted)
    schedule = ScheduleSpec(kind="cron", crons=("* * * * *",), timezone="Europe/Amsterdam")
    answer = ask(dag(schedule), "2026-03-01 00:00:30", cursor=fire("2025-11-01 00:00"))
    skip = answer.decisions[0]
    assert isinstance(skip, Skip)
    assert skip.count == 120 * 24 * 60 - 1
    assert steps < 500


def test_every_point_is_settled_exactly_once_across_clock_changes() -> None:
    schedule = ScheduleSpec(kind="cron", crons=("30 1-3 * * *",), timezone="Europe/Amsterdam")
    for catchup in ("none", "latest", "all"):
        spec = dag(schedule, catchup=catchup)
        now, cursor, settled = at("2026-03-27"), fire("2026-03-27 00:30"), 0
        while now < at("2026-04-02"):
            now += timedelta(hours=7)
            answer = decide(spec, cursor=cursor, first_seen=at("2026-01-01"), now=now, paused=False, limit=50)
            settled += sum(item.count if isinstance(item, Skip) else 1 for item in answer.decisions)
            assert answer.cursor is not None
            cursor = answer.cursor
        everything = ask(
            dag(schedule, catchup="all"), f"{now:%Y-%m-%d %H:%M}", cursor=fire("2026-03-27 00:30")
        )
        assert settled == len(everything.decisions)

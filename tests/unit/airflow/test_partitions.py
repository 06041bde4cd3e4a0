"""Partitioned schedules as files write them: what each run is about, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from penstock.airflow.served import mappers as m
from penstock.airflow.served.assets import Asset
from penstock.airflow.served.context import add_all
from penstock.airflow.served.partitions import (
    CronPartitionTimetable,
    PartitionedAssetTimetable,
    PartitionedAtRuntime,
)
from penstock.authoring.schedule_spec import schedule_of
from penstock.authoring.schedules import CronTriggerTimetable
from penstock.errors import DagFileError
from penstock.store.engine.records import AssetEventRecord
from penstock.timetable.partition import partition_of_date
from penstock.timetable.schedule import timetable_of

DAILY: dict[str, Any] = {"timezone": "UTC"}
TAIPEI: dict[str, Any] = {"timezone": "Asia/Taipei"}
BERLIN: dict[str, Any] = {"timezone": "Europe/Berlin"}
NIGHT = datetime(2026, 3, 10, tzinfo=UTC)
CHANGE = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""When Berlin's clocks go on to 03:00."""


@pytest.mark.parametrize(
    ("cron", "options", "date", "key"),
    [
        ("0 0 * * *", DAILY, NIGHT, "2026-03-10T00:00:00"),
        ("0 0 * * *", {**DAILY, "run_offset": None}, NIGHT, "2026-03-10T00:00:00"),
        ("0 0 * * *", {**DAILY, "run_offset": 0}, NIGHT, "2026-03-10T00:00:00"),
        ("0 0 * * *", {**DAILY, "run_offset": 1}, NIGHT, "2026-03-11T00:00:00"),
        ("0 0 * * *", {**DAILY, "run_offset": -1}, NIGHT, "2026-03-09T00:00:00"),
        ("0 0 * * *", {**DAILY, "run_offset": -10}, NIGHT, "2026-02-28T00:00:00"),
        ("0 17 * * 1-5", {**DAILY, "run_offset": -1}, NIGHT - timedelta(hours=31), "2026-03-06T17:00:00"),
        ("0 0 1 * *", {**DAILY, "run_offset": 2}, datetime(2026, 1, 1, tzinfo=UTC), "2026-03-01T00:00:00"),
        ("0 0 1 1 *", {**DAILY, "run_offset": -1}, datetime(2026, 1, 1, tzinfo=UTC), "2025-01-01T00:00:00"),
        ("0 0 29 2 *", {**DAILY, "run_offset": 1}, datetime(2024, 2, 29, tzinfo=UTC), "2028-02-29T00:00:00"),
        ("15 * * * *", DAILY, NIGHT.replace(minute=15), "2026-03-10T00:15:00"),
        ("@hourly", {**DAILY, "run_offset": -1}, NIGHT, "2026-03-09T23:00:00"),
        ("0 0 * * *", {**DAILY, "key_format": "%Y-%m-%d"}, NIGHT, "2026-03-10"),
        ("0 0 * * *", {**DAILY, "key_format": "week %G-%V"}, NIGHT, "week 2026-11"),
        # The key is on the clock of the schedule: there, midnight is the day before in UTC.
        ("0 0 * * *", TAIPEI, NIGHT - timedelta(hours=8), "2026-03-10T00:00:00"),
        ("0 0 * * *", {**TAIPEI, "run_offset": -1}, NIGHT - timedelta(hours=8), "2026-03-09T00:00:00"),
        # Over the hour that Berlin skips on 29 March 2026.
        ("0 0 * * *", {**BERLIN, "run_offset": 1}, CHANGE - timedelta(hours=2), "2026-03-30T00:00:00"),
        ("0 3 * * *", {**BERLIN, "run_offset": -1}, CHANGE, "2026-03-28T03:00:00"),
    ],
)  # fmt: skip
def test_the_key_of_a_date(cron: str, options: dict[str, Any], date: datetime, key: str) -> None:
    found = partition_of_date(schedule_of(CronPartitionTimetable(cron, **options).fields, "UTC"), date)
    assert found is not None
    partition_date, made = found
    assert made == key
    assert partition_date.utcoffset() == timedelta(0)
    if not options.get("run_offset"):
        assert partition_date == date


def test_it_fires_as_a_cron_and_never_at_once() -> None:
    """Its first run is the next tick, however recent the last one is, unless run_immediately says more."""
    plain = CronTriggerTimetable("0 6 * * *", timezone="Asia/Taipei", run_immediately=False)
    made = CronPartitionTimetable("0 6 * * *", timezone="Asia/Taipei", run_offset=-1)
    assert replace(schedule_of(made.fields, "UTC"), partitions=None) == schedule_of(plain.fields, "UTC")
    first = next(timetable_of(schedule_of(made.fields, "UTC")).points_after(NIGHT))
    assert (first.logical_date, first.run_after) == (datetime(2026, 3, 10, 22, tzinfo=UTC),) * 2
    for given, kept in ((True, True), (False, False), (timedelta(minutes=5), 300.0)):
        asked = CronPartitionTimetable("0 6 * * *", timezone="UTC", run_immediately=given)
        assert asked.fields.run_immediately == kept


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"run_offset": timedelta(days=1)}, "run_offset must be a whole number"),
        ({"run_offset": 1.0}, "run_offset must be a whole number"),
        ({"run_offset": True}, "run_offset must be a whole number"),
        ({"key_format": None}, "key_format must be a string"),
        ({"run_immediately": 3}, "run_immediately must be"),
    ],
)
def test_what_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DagFileError, match=words):
        CronPartitionTimetable("0 0 * * *", timezone="UTC", **options)


def test_words_that_it_does_not_know_are_refused() -> None:
    with pytest.raises(TypeError, match="interval"):
        CronPartitionTimetable("0 0 * * *", interval=timedelta(1))  # type: ignore[call-arg]  # wrong on purpose


@pytest.mark.parametrize(
    ("kind", "date", "key"),
    [
        ("scheduled", NIGHT, "2026-03-09"),
        ("backfill", NIGHT, "2026-03-09"),
        ("manual", NIGHT, None),
        ("asset_triggered", None, None),
    ],
)
def test_which_runs_have_a_partition(kind: str, date: datetime | None, key: str | None) -> None:
    """Also the first run of a DAG, whose partition is from before its start_date."""
    made = CronPartitionTimetable("0 0 * * *", run_offset=-1, key_format="%Y-%m-%d")
    run = SimpleNamespace(run_type=kind, logical_date=date, run_after=date, partition_key=None)
    dag = SimpleNamespace(schedule=made.fields, timezone_name="Europe/Berlin", start_date=NIGHT)
    keys: dict[str, Any] = {"dag_run": run, "dag": dag, "partition_key": None}
    add_all(keys)
    assert keys["partition_key"] == run.partition_key == key
    assert (keys["partition_date"] == NIGHT - timedelta(days=1)) is (key is not None)
    if key is None:
        assert keys["partition_date"] is None


def test_a_schedule_of_partitions_is_data() -> None:
    """Each asset has its mapper, also one that is named by a reference; others have the default."""
    a, b = Asset("a"), Asset("b")
    made = PartitionedAssetTimetable(
        assets=a & b & Asset("c"),
        partition_mapper_config={a: m.StartOfYearMapper(), Asset.ref(name="b"): m.FixedKeyMapper("all")},
    )
    rules = schedule_of(made.fields, "UTC").partitions
    assert rules is not None
    kinds = [rules.mapper(AssetEventRecord(0, 0, name, name, {}, (), {}, "")).kind for name in "abc"]
    assert kinds == ["start_of", "fixed", "identity"]
    assert schedule_of(PartitionedAtRuntime().fields, "UTC").partitions is not None


SEGMENTS = m.SegmentWindow(["us"])


class _Mine(m.PartitionMapper):
    pass


class _MyWindow(m.Window):
    pass


class _MyPolicy(m.WaitPolicy):
    pass


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_Mine, "_Mine is a partition mapper of your own, and the engine runs no code of DAG files"),
        (lambda: m.ChainMapper(_Mine(), m.IdentityMapper()), "_Mine is a partition mapper of your own"),
        (lambda: m.RollupMapper(upstream_mapper=m.StartOfDayMapper(), window=_MyWindow()), "of your own"),
        (
            lambda: m.RollupMapper(
                upstream_mapper=m.StartOfDayMapper(), window=m.DayWindow(), wait_policy=_MyPolicy()
            ),
            "_MyPolicy is a wait policy of your own",
        ),
        (lambda: m.ProductMapper(m.IdentityMapper()), "needs two mappers or more"),
        (
            lambda: m.ProductMapper(
                m.IdentityMapper(), m.RollupMapper(upstream_mapper=m.FixedKeyMapper("x"), window=SEGMENTS)
            ),
            "RollupMapper cannot be in a ProductMapper",
        ),
        (
            lambda: m.FanOutMapper(upstream_mapper=m.IdentityMapper(), window=m.SegmentWindow(["us"])),
            "needs downstream_mapper= for a SegmentWindow",
        ),
        (
            lambda: m.FanOutMapper(upstream_mapper=m.StartOfHourMapper(), window=m.HourWindow()),
            "needs downstream_mapper= for a HourWindow",
        ),
        (
            lambda: m.RollupMapper(upstream_mapper=m.FixedKeyMapper("all"), window=m.DayWindow()),
            "a DayWindow is of a time",
        ),
        (lambda: m.SegmentWindow("us"), "segments must be a list of strings"),
        (lambda: m.AllowedKeyMapper([]), "allowed_keys must be a list of strings"),
        (lambda: m.MinimumCount(0), "a whole number that is not 0"),
        (lambda: m.WeekWindow(direction="up"), "direction must be"),
        (lambda: m.IdentityMapper(max_downstream_keys=0), "max_downstream_keys must be"),
        (lambda: "identity", "must be one of Airflow's, not 'identity'"),
    ],
)
def test_mappers_that_are_refused(make: Any, words: str) -> None:
    with pytest.raises(DagFileError, match=words):
        PartitionedAssetTimetable(assets=Asset("a"), default_partition_mapper=make())

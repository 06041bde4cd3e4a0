"""Partitions in the real loop: which changes become runs, of which partition, and what an operator sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from data.builders import dag, task
from drive.loop import OK, Bench
from penstock.airflow.served import mappers as m
from penstock.errors import UsageError
from penstock.model.acts import EmitAsset, Rerun, Trigger
from penstock.model.assets import AssetCondition, AssetSpec
from penstock.model.outcome import AssetChange, Outcome, OutcomeKind
from penstock.model.partitions import MapperSpec, PartitionsSpec
from penstock.model.spec import DagSpec, ScheduleSpec

A, B = AssetSpec(name="a", uri="a"), AssetSpec(name="b", uri="b")
ON_A, ON_B = (AssetCondition(kind="asset", name=name, uri=name) for name in "ab")
BOTH = AssetCondition(kind="all", of=(ON_A, ON_B))
SEGMENTS = m.RollupMapper(upstream_mapper=m.FixedKeyMapper("all"), window=m.SegmentWindow(["us", "eu"]))
MAKE = dag(
    "make", task("t", launch="python", outlets=(A,)), schedule=ScheduleSpec(partitions=PartitionsSpec())
)
PLAIN = dag("plain", task("t", launch="python"), schedule=ScheduleSpec(assets=ON_A, text="a"))


def waiting(dag_id: str, condition: AssetCondition, mapper: m.PartitionMapper, **fields: Any) -> DagSpec:
    rules = PartitionsSpec(default=msgspec.convert(mapper.as_fields(), MapperSpec))
    schedule = ScheduleSpec(assets=condition, partitions=rules, text="assets")
    return dag(dag_id, task("t", launch="python"), schedule=schedule, **fields)


def keys(bench: Bench, dag_id: str) -> list[str | None]:
    return [row.partition_key for row in reversed(bench.engine.runs(dag_id))]


def emit(bench: Bench, name: str, key: str | None) -> None:
    bench.act(EmitAsset(name=name, partition_key=key))


async def test_a_run_hands_its_partition_on_and_a_task_may_say_others(bench: Bench) -> None:
    bench.load(MAKE, PLAIN, waiting("c", ON_A, m.IdentityMapper()))
    first = bench.act(Trigger(dag_id="make", partition_key="us")).run_id
    assert first is not None
    bench.end("t", OK, run_id=first)
    assert keys(bench, "c") == ["us"]
    second = bench.act(Trigger(dag_id="make", partition_key="us", run_id="second")).run_id
    said = AssetChange(name="a", uri="a", extra={"n": 1}, partition_keys=("eu", "apac"))
    bench.end("t", Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, assets=(said,)), run_id=second)
    assert keys(bench, "c") == ["us", "eu", "apac"]
    assert [event.partition_key for event in bench.engine.asset_events("a")] == ["apac", "eu", "us"]
    told = [spec.context for spec in bench.executor.specs.values() if spec.context.get("dag_id") == "c"]
    assert [each["partition_key"] for each in told] == ["us", "eu", "apac"]
    assert told[1]["triggering"][0]["partition_key"] == "eu"
    assert keys(bench, "plain") == [], "a change of a partition is not one of the whole"
    emit(bench, "a", None)
    assert len(keys(bench, "plain")) == 1
    assert len(keys(bench, "c")) == 3, "and a change of the whole is none of a partition"


async def test_partitions_wait_apart_until_all_assets_have_come(bench: Bench) -> None:
    bench.load(waiting("c", BOTH, m.StartOfDayMapper()))
    emit(bench, "a", "2026-03-10T09:00:00")
    emit(bench, "b", "2026-03-11T01:00:00")
    assert keys(bench, "c") == []
    texts = [barrier.text for barrier in bench.engine.why("c").barriers]
    assert texts == ["partition 2026-03-10: it waits for b", "partition 2026-03-11: it waits for a"]
    [row] = [row for row in bench.engine.assets() if row.name == "a"]
    assert row.consumers[0].waits_for == ("b of 2026-03-10",)
    await bench.restart()
    emit(bench, "b", "2026-03-10T23:00:00")
    assert keys(bench, "c") == ["2026-03-10"]
    emit(bench, "a", "2026-03-11T00:00:00")
    assert keys(bench, "c") == ["2026-03-10", "2026-03-11"]


async def test_a_roll_up_waits_for_its_window_and_a_fan_out_makes_many(bench: Bench) -> None:
    week = m.FanOutMapper(upstream_mapper=m.StartOfWeekMapper(), window=m.WeekWindow())
    bench.load(waiting("up", ON_A, SEGMENTS), waiting("out", ON_B, week, max_active_runs=16))
    emit(bench, "a", "us")
    emit(bench, "a", "us")
    assert keys(bench, "up") == []
    [barrier] = bench.engine.why("up").barriers
    assert barrier.text == "partition all: it waits for a (1 of 2)"
    emit(bench, "a", "eu")
    assert keys(bench, "up") == ["all"]
    emit(bench, "b", "2026-03-11T00:00:00")
    assert sorted(filter(None, keys(bench, "out"))) == [f"2026-03-{day:02}" for day in range(9, 16)]


async def test_a_key_that_does_not_fit_is_an_event_to_read_and_no_run(bench: Bench) -> None:
    bench.load(waiting("c", ON_A, m.AllowedKeyMapper(["us"])))
    emit(bench, "a", "mars")
    assert keys(bench, "c") == []
    [said] = [each for each in bench.engine.events(limit=100) if each.kind == "partition_refused"]
    assert (said.dag_id, said.reason) == ("c", "a: the key 'mars' is not one of us")


async def test_a_changed_mapper_keeps_only_what_still_belongs(bench: Bench) -> None:
    bench.load(waiting("c", BOTH, m.IdentityMapper()))
    for key in ("us", "eu"):
        emit(bench, "a", key)
    bench.load(waiting("c", BOTH, m.AllowedKeyMapper(["us"])))
    assert [barrier.text for barrier in bench.engine.why("c").barriers] == ["partition us: it waits for b"]
    bench.load(waiting("c", BOTH, m.FixedKeyMapper("all")))
    assert "none has changed since" in bench.engine.why("c").barriers[0].text


async def test_runs_of_a_cron_and_their_repetitions_have_the_partition_of_their_date(bench: Bench) -> None:
    rules = PartitionsSpec(offset=-1, key_format="%Y-%m-%d")
    schedule = ScheduleSpec(kind="cron", crons=("0 0 * * *",), partitions=rules, text="0 0 * * *")
    bench.load(dag("d", task("t"), schedule=schedule, start_date=datetime(2026, 1, 1, tzinfo=UTC)))
    [row] = bench.engine.runs("d")
    assert row.logical_date is not None
    assert row.partition_key == f"{row.logical_date.date().replace(day=row.logical_date.day - 1)}"
    again = bench.act(Rerun(dag_id="d", run_id=row.run_id)).run_id
    assert again is not None
    assert bench.run("d", again).run.partition_key == row.partition_key


async def test_partitions_where_there_are_none_are_refused(bench: Bench) -> None:
    bench.load(PLAIN, MAKE)
    with pytest.raises(UsageError, match="plain has no partitions"):
        bench.act(Trigger(dag_id="plain", partition_key="us"))
    for act in (Trigger(dag_id="make", partition_key=""), EmitAsset(name="a", partition_key="x" * 251)):
        with pytest.raises(UsageError, match="1 to 250 printable characters"):
            bench.act(act)

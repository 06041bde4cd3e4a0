"""Which keys of a waiting DAG a key belongs to, and when there are enough of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from penstock.airflow.served import mappers as m
from penstock.model.assets import AssetCondition
from penstock.model.partitions import MapperSpec, PartitionsSpec, keys_of, lacking, met, needed, satisfied
from penstock.store.engine.records import AssetEventRecord

US_EU = m.SegmentWindow(["us", "eu"])
ALL = m.FixedKeyMapper("all")
BACK = m.Window.Direction.BACKWARD


def spec(mapper: m.PartitionMapper) -> MapperSpec:
    return msgspec.convert(mapper.as_fields(), MapperSpec)


@pytest.mark.parametrize(
    ("mapper", "key", "keys"),
    [
        (m.IdentityMapper(), "us", "us"),
        (m.StartOfHourMapper(), "2026-03-10T09:37:05", "2026-03-10T09"),
        (m.StartOfDayMapper(), "2026-03-10T09:30:00", "2026-03-10"),
        (m.StartOfWeekMapper(), "2026-03-10T09:30:00", "2026-03-09 (W11)"),
        (m.StartOfMonthMapper(), "2026-03-10T09:30:00", "2026-03"),
        (m.StartOfQuarterMapper(), "2026-12-31T23:59:59", "2026-Q4"),
        (m.StartOfYearMapper(), "2026-03-10T09:30:00", "2026"),
        (m.StartOfMonthMapper(input_format="%Y-%m-%d"), "2024-02-29", "2024-02"),
        (m.StartOfDayMapper(output_format="day %j"), "2026-03-10T09:30:00", "day 069"),
        (m.StartOfDayMapper(timezone="Asia/Taipei", input_format="%Y-%m-%dT%H:%M:%S%z"),
         "2026-03-10T20:00:00+0000", "2026-03-11"),
        (m.AllowedKeyMapper(["us", "eu"]), "eu", "eu"),
        (ALL, "anything", "all"),
        (m.ProductMapper(m.IdentityMapper(), m.StartOfDayMapper()),
         "us|2026-03-10T09:30:00", "us|2026-03-10"),
        (m.ProductMapper(m.IdentityMapper(), ALL, delimiter="/"), "us/x", "us/all"),
        (m.ChainMapper(m.StartOfDayMapper(), m.StartOfMonthMapper(input_format="%Y-%m-%d")),
         "2026-03-10T09:30:00", "2026-03"),
        (m.ChainMapper(
            m.IdentityMapper(),
            m.FanOutMapper(upstream_mapper=m.StartOfQuarterMapper(), window=m.QuarterWindow()),
        ), "2026-05-20T00:00:00", "2026-04 2026-05 2026-06"),
        (m.RollupMapper(upstream_mapper=m.StartOfDayMapper(), window=m.DayWindow()),
         "2026-03-10T09:00:00", "2026-03-10"),
        (m.RollupMapper(upstream_mapper=ALL, window=US_EU), "us", "all"),
        (m.FanOutMapper(
            upstream_mapper=m.IdentityMapper(), window=US_EU, downstream_mapper=m.IdentityMapper()
        ), "x", "us eu"),
        (m.FanOutMapper(upstream_mapper=m.StartOfWeekMapper(), window=m.WeekWindow()), "2026-03-09T00:00:00",
         " ".join(f"2026-03-{day:02}" for day in range(9, 16))),
        (m.FanOutMapper(upstream_mapper=m.StartOfWeekMapper(), window=m.WeekWindow(direction=BACK)),
         "2026-03-09T00:00:00", " ".join(f"2026-03-{day:02}" for day in range(3, 10))),
        (m.FanOutMapper(upstream_mapper=m.StartOfQuarterMapper(), window=m.QuarterWindow()),
         "2026-05-20T00:00:00", "2026-04 2026-05 2026-06"),
        (m.FanOutMapper(upstream_mapper=m.StartOfMonthMapper(input_format="%Y-%m"), window=m.MonthWindow()),
         "2024-02", " ".join(f"2024-02-{day:02}" for day in range(1, 30))),
    ],
)  # fmt: skip
def test_the_keys_of_a_key(mapper: m.PartitionMapper, key: str, keys: str) -> None:
    expected = (keys,) if "(" in keys or (" " in keys and keys.startswith("day")) else tuple(keys.split())
    assert keys_of(spec(mapper), key) == expected


@pytest.mark.parametrize(
    ("mapper", "key", "words"),
    [
        (m.StartOfDayMapper(), "2026-03-10", "'2026-03-10' is not a time written as '%Y-%m-%dT%H:%M:%S'"),
        (m.AllowedKeyMapper(["us", "eu"]), "apac", "'apac' is not one of us, eu"),
        (m.ProductMapper(ALL, ALL), "us", "has 1 parts between '|', and there are 2 mappers"),
        (m.FanOutMapper(upstream_mapper=m.StartOfWeekMapper(), window=m.WeekWindow(), max_downstream_keys=6),
         "2026-03-09T00:00:00", "belongs to 7 partitions, more than the 6 allowed"),
    ],
)  # fmt: skip
def test_a_key_that_does_not_fit(mapper: m.PartitionMapper, key: str, words: str) -> None:
    with pytest.raises(ValueError) as error:
        keys_of(spec(mapper), key)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("unit", "window", "key", "count", "first", "last"),
    [
        (m.StartOfHourMapper, m.HourWindow, "2026-03-10T09:30:00", 60, "T09:00:00", "T09:59:00"),
        (m.StartOfDayMapper, m.DayWindow, "2026-03-10T09:30:00", 24, "10T00:00:00", "10T23:00:00"),
        (m.StartOfWeekMapper, m.WeekWindow, "2026-03-10T09:30:00", 7, "03-09T00:00:00", "03-15T00:00:00"),
        (m.StartOfMonthMapper, m.MonthWindow, "2024-02-10T00:00:00", 29, "02-01T00:00:00", "02-29T00:00:00"),
        (m.StartOfQuarterMapper, m.QuarterWindow, "2026-03-10T09:30:00", 3, "2026-01-01", "2026-03-01"),
        (m.StartOfYearMapper, m.YearWindow, "2026-03-10T09:30:00", 12, "2026-01-01", "2026-12-01"),
    ],
)
def test_what_a_window_needs(unit: Any, window: Any, key: str, count: int, first: str, last: str) -> None:
    wanted = sorted(needed(spec(m.RollupMapper(upstream_mapper=unit(), window=window())), key))
    assert len(wanted) == count
    assert first in wanted[0]
    assert last in wanted[-1]


def test_a_day_in_which_clocks_change_has_the_hours_that_its_clock_shows() -> None:
    day = spec(
        m.RollupMapper(upstream_mapper=m.StartOfDayMapper(timezone="Europe/Berlin"), window=m.DayWindow())
    )
    assert len(needed(day, "2026-03-29T05:00:00")) == 23
    assert "2026-03-29T02:00:00" not in needed(day, "2026-03-29T05:00:00")
    assert len(needed(day, "2026-10-25T05:00:00")) == 24


@pytest.mark.parametrize(
    ("policy", "came", "enough"),
    [
        (None, ["us"], False),
        (None, ["us", "eu"], True),
        (None, ["us", "mars"], False),
        (m.MinimumCount(1), ["eu"], True),
        (m.MinimumCount(1), ["mars"], False),
        (m.MinimumCount(-1), ["eu"], True),
        (m.MinimumCount(-5), [], False),
        (m.MinimumCount(5), ["us", "eu"], False),
    ],
)
def test_how_much_is_enough(policy: m.WaitPolicy | None, came: list[str], enough: bool) -> None:
    rollup = spec(m.RollupMapper(upstream_mapper=ALL, window=US_EU, wait_policy=policy))
    assert satisfied(rollup, came) is enough


def test_a_condition_waits_for_each_asset_as_its_mapper_says() -> None:
    a, b = (AssetCondition(kind="asset", name=name, uri=name) for name in "ab")
    both, either = AssetCondition(kind="all", of=(a, b)), AssetCondition(kind="any", of=(a, b))
    rules = PartitionsSpec(mappers=((a, spec(m.RollupMapper(upstream_mapper=ALL, window=US_EU))),))

    def events(*keys: str) -> list[AssetEventRecord]:
        return [AssetEventRecord(0, 0, key[0], key[0], {}, (), {}, "", key[2:]) for key in keys]

    assert lacking(both, rules, []) == ["a", "b"]
    assert lacking(both, rules, events("a:us", "b:all")) == ["a (1 of 2)"]
    assert met(both, rules, events("a:us", "a:eu", "b:all"))
    assert not met(either, rules, events("a:us"))
    assert met(either, rules, events("b:all"))

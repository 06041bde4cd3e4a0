"""How long ticks took: quantiles of the last thousand, the longest of all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from penstock.clock import to_us
from penstock.model.views.system import TickTimes
from penstock.scheduling.tick_times import Ticks

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_before_the_first_tick_nothing_is_known() -> None:
    assert Ticks().times() == TickTimes()


def test_quantiles_are_of_the_last_thousand_and_the_longest_of_all() -> None:
    ticks = Ticks()
    ticks.add(9.0, to_us(NOON))
    for number in range(1, 1001):
        ticks.add(number / 1000, to_us(NOON + timedelta(seconds=number)))
    times = ticks.times()
    assert (times.count, times.of) == (1001, 1000)
    assert (times.p50, times.p99) == (0.5, 0.99)
    assert (times.longest, times.longest_at) == (9.0, NOON)
    assert times.seconds == ticks.seconds == 9.0 + sum(number / 1000 for number in range(1, 1001))


def test_of_two_equally_long_ticks_the_first_counts() -> None:
    ticks = Ticks()
    ticks.add(0.0, to_us(NOON))
    ticks.add(0.0, to_us(NOON + timedelta(seconds=1)))
    assert ticks.times().longest_at == NOON

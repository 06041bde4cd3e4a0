"""How long a failed try waits for the next one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.builders import task
from penstock.model.spec import TaskSpec
from penstock.scheduling.steps.retry import LONGEST, retry_wait


def wait(spec: TaskSpec, nth: int = 1, **fields: Any) -> float:
    values: dict[str, Any] = {"dag_id": "d", "logical_us": 0, "try_number": nth, **fields}
    return retry_wait(spec, nth=nth, **values)


def test_a_constant_delay_is_just_that() -> None:
    spec = task("a", retry_delay=300.0)
    assert [wait(spec, nth) for nth in (1, 2, 9)] == [300.0] * 3
    assert wait(task("a", retry_delay=0.25)) == 0.25


@pytest.mark.parametrize(
    ("delay", "multiplier", "nth", "base"),
    [
        (300.0, 2.0, 1, 300),
        (300.0, 2.0, 2, 600),
        (300.0, 2.0, 4, 2400),
        (10.0, 1.5, 3, 23),  # 22.5, rounded up
        (0.2, 2.0, 1, 1),  # at least a second
        (0.0, 2.0, 5, 1),
        (10.0, 1.0, 7, 10),
    ],
)
def test_a_growing_delay_lies_between_its_base_and_twice_that(
    delay: float, multiplier: float, nth: int, base: int
) -> None:
    spec = task("a", retry_delay=delay, retry_exponential_backoff=multiplier)
    assert base <= wait(spec, nth) < 2 * base


def test_the_spread_is_the_same_each_time_and_another_for_another() -> None:
    spec = task("a", retry_delay=3600.0, retry_exponential_backoff=2.0)
    assert wait(spec) == wait(spec)
    others = {
        wait(spec),
        wait(spec, try_number=7),
        wait(spec, dag_id="e"),
        wait(spec, logical_us=1),
        wait(spec, logical_us=None),
        wait(task("b", retry_delay=3600.0, retry_exponential_backoff=2.0)),
    }
    assert len(others) == 6


def test_the_author_and_the_day_bound_it() -> None:
    spec = task("a", retry_delay=300.0, retry_exponential_backoff=2.0, max_retry_delay=700.0)
    assert wait(spec, 9) == 700.0
    assert wait(task("a", retry_delay=60.0, retry_exponential_backoff=3.0), 30) == LONGEST == 86_400.0
    assert wait(task("a", retry_delay=60.0, retry_exponential_backoff=3.0), 40) == LONGEST
    assert wait(task("a", retry_delay=60.0, max_retry_delay=5.0)) == 5.0


def test_a_delay_of_more_than_a_day_is_kept() -> None:
    days = 3 * LONGEST
    assert [wait(task("a", retry_delay=days), nth) for nth in (1, 5)] == [days, days]
    assert wait(task("a", retry_delay=days, retry_exponential_backoff=2.0), 4) == days
    assert wait(task("a", retry_delay=days, max_retry_delay=2 * LONGEST)) == 2 * LONGEST


@given(
    st.floats(0, 1e12),
    st.floats(0, 1e9),
    st.integers(1, 10_000),
    st.none() | st.floats(0, 1e9),
)
def test_no_wait_is_negative_endless_or_longer_than_was_said(
    delay: float, multiplier: float, nth: int, most: float | None
) -> None:
    spec = task("a", retry_delay=delay, retry_exponential_backoff=multiplier, max_retry_delay=most)
    found = wait(spec, nth)
    assert math.isfinite(found)
    assert 0 <= found <= min(max(LONGEST, delay), math.inf if most is None else most)

"""What is usual of a task, and when one is called slow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from penstock.model.states import TaskState
from penstock.model.usual import Usual, middle, quantile
from penstock.model.views.runs import TaskRow

START = datetime(2026, 8, 21, 6, tzinfo=UTC)


@pytest.mark.parametrize("values", [[7.0], [1.0, 2.0], [1.0, 2.0, 9.0], [0.0, 0.5, 3.0, 8.0]])
def test_the_middle_is_the_median(values: list[float]) -> None:
    assert middle(values) == median(values)


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [
        ([], 0.5, None),
        ([7], 0.5, 7),
        ([7], 0.95, 7),
        ([1, 2], 0.5, 1),
        (range(1, 21), 0.95, 19),
        (range(1, 22), 0.95, 20),
        (range(1, 101), 0.95, 95),
        (range(1, 101), 0.5, 50),
    ],
)
def test_a_quantile_is_one_of_the_values(values: range, share: float, wanted: float | None) -> None:
    assert quantile(values, share) == wanted


@pytest.mark.parametrize(
    ("seconds", "own", "wanted"),
    [
        ([1.0] * 9, None, None),  # too few to say
        ([1.0] * 10, None, 1.0),
        ([1.0] * 10, 1.0, None),  # one of them is the one that is looked at
        ([*[1.0] * 10, 60.0], 60.0, 1.0),  # not compared with itself
        ([*[1.0] * 10, 60.0], None, 60.0),
        ([*[1.0] * 10, 60.0], 5.0, 60.0),  # not among them
        ([*[1.0] * 19, 60.0], None, 1.0),
    ],
)
def test_p95_leaves_out_the_run_that_is_looked_at(
    seconds: list[float], own: float | None, wanted: float | None
) -> None:
    assert Usual(seconds).p95(own) == wanted


@pytest.mark.parametrize(
    ("state", "ran", "took", "p95", "slow"),
    [
        (TaskState.SUCCESS, 61, 61, 60.0, True),
        (TaskState.SUCCESS, 60, 60, 60.0, False),
        (TaskState.FAILED, 61, 61, 60.0, True),
        (TaskState.RUNNING, 61, None, 60.0, True),
        (TaskState.RUNNING, 59, None, 60.0, False),
        (TaskState.RUNNING, 61, None, None, False),
        (TaskState.QUEUED, 61, None, 60.0, False),  # the start is that of an earlier try
        (TaskState.UP_FOR_RETRY, 500, 61, 60.0, True),
        (TaskState.PENDING, None, None, 60.0, False),
    ],
)
def test_slow_is_what_took_longer_than_p95_or_already_does(
    state: TaskState, ran: int | None, took: int | None, p95: float | None, slow: bool
) -> None:
    row = TaskRow(
        task_id="a",
        map_index=-1,
        state=state,
        try_number=1,
        max_tries=1,
        operator="BashOperator",
        start=None if ran is None else START,
        end=None if took is None else START + timedelta(seconds=took),
        p95=p95,
    )
    assert row.slow(START + timedelta(seconds=ran or 0)) is slow

from __future__ import annotations

from typing import Any

import pytest

from penstock.supervisor.conclusion import begun, conclude

OK, ONE, SKIP, TERMINATED = 0, 1 << 8, 99 << 8, 15


@pytest.mark.parametrize(
    ("status", "verdict", "expected"),
    [
        (OK, None, ("exit_code", 0, None)),
        (ONE, None, ("exit_code", 1, None)),
        (SKIP, None, ("skipped", 99, None)),
        (TERMINATED, None, ("signal", None, 15)),
        (OK, "success", ("exit_code", 0, None)),
        (OK, "skipped", ("skipped", 0, None)),
        (OK, "rescheduled", ("rescheduled", 0, None)),
        (OK, "failed", ("exit_code", 1, None)),
        (ONE, "skipped", ("exit_code", 1, None)),
        (ONE, "success", ("exit_code", 1, None)),
        (ONE, "fail_without_retry", ("exit_code", 1, None)),
        (TERMINATED, "success", ("signal", None, 15)),
        (OK, "nonsense", ("exit_code", 0, None)),
    ],
)
def test_what_an_end_means(status: int, verdict: str | None, expected: tuple[Any, ...]) -> None:
    said = None if verdict is None else {"kind": verdict, "reason": "because"}
    result = conclude(status, verdict=said, skip_codes=(99,))
    assert (result["kind"], result.get("exit_code"), result.get("signal")) == expected


@pytest.mark.parametrize("asked", ["timeout", "cancelled"])
@pytest.mark.parametrize("status", [OK, ONE, TERMINATED])
def test_an_ordered_end_is_what_was_ordered(asked: str, status: int) -> None:
    result = conclude(status, ordered=asked, reason="why", verdict={"kind": "success"})
    assert (result["kind"], result["reason"]) == (asked, "why")
    assert (result.get("sent_by") == "penstock") == (status == TERMINATED)


@pytest.mark.parametrize(
    ("end", "worked", "start"),
    [
        (110.0, 10.0, 100.0),
        (110.0, 9.5, 100.0),  # read one after the other
        (10_910.0, 10.0, 10_900.0),  # set forward by three hours
        (-10_690.0, 10.0, -10_700.0),  # set back
    ],
)
def test_the_start_is_told_on_the_clock_as_it_is_at_the_end(end: float, worked: float, start: float) -> None:
    assert begun(100.0, end, worked) == start

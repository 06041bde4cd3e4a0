from __future__ import annotations

from typing import Any

import pytest

from penstock.execution.conclusion import conclude

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
    result = conclude(status, asked=asked, reason="why", verdict={"kind": "success"})
    assert (result["kind"], result["reason"]) == (asked, "why")
    assert (result.get("sent_by") == "penstock") == (status == TERMINATED)

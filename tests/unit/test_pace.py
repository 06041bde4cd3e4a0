"""When the next tick waits for more hints."""

from __future__ import annotations

import pytest

from penstock.scheduling.pace import GATHER, gather


@pytest.mark.parametrize(
    ("since", "hinted", "live", "asked", "pause"),
    [
        (0.0, 1, 8, False, GATHER),
        (GATHER / 2, 7, 8, False, GATHER / 2),
        pytest.param(0.0, 1, 1, False, 0.0, id="the next one of a chain"),
        pytest.param(0.0, 8, 8, False, 0.0, id="nothing else can end"),
        pytest.param(0.0, 0, 8, False, 0.0, id="it was not a hint that woke it"),
        pytest.param(0.0, 1, 8, True, 0.0, id="somebody waits for an answer"),
        pytest.param(GATHER, 1, 8, False, 0.0, id="beside a long task"),
        pytest.param(60.0, 1, 8, False, 0.0, id="after a long sleep"),
    ],
)
def test_ends_that_follow_one_another_share_a_tick(
    since: float, hinted: int, live: int, *, asked: bool, pause: float
) -> None:
    assert gather(since, hinted=hinted, live=live, asked=asked) == pytest.approx(pause)

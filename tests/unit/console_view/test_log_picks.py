"""Which lines of a log are marked, one by one and by ranges."""

from __future__ import annotations

import pytest

from penstock_tui.view.log_picks import Picks


def test_lines_are_marked_alone_and_in_ranges() -> None:
    picks = Picks()
    assert not picks
    picks.turn(10)
    assert picks, "a range that was begun"
    assert [offset for offset in range(0, 40, 5) if picks.has(offset, 20)] == [10, 15, 20]
    picks.turn(30)
    picks.toggle(20)
    assert picks.spans(None) == [(10, 19), (21, 30)]
    picks.toggle(5)
    picks.toggle(5)
    picks.toggle(25)
    assert picks.spans(None) == [(10, 19), (21, 24), (26, 30)]
    picks.turn(24)
    assert picks.spans(26) == [(10, 19), (21, 30)]


@pytest.mark.parametrize(
    ("ranges", "spans"),
    [
        ([(10, 40), (20, 25), (38, 50)], [(10, 50)]),
        ([(10, 40), (20, 25)], [(10, 40)]),
        ([(30, 40), (0, 5), (5, 9)], [(0, 9), (30, 40)]),
        ([(0, 5), (6, 9)], [(0, 5), (6, 9)]),
        ([(9, 0)], [(0, 9)]),
    ],
)
def test_ranges_that_meet_are_one(ranges: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    picks = Picks()
    for first, last in ranges:
        picks.turn(first)
        picks.turn(last)
    assert picks.spans(None) == picks.spans(7) == spans
    assert picks.has(spans[-1][1], None)
    assert not picks.has(spans[-1][1] + 1, None)

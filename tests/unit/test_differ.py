"""Where two lines look different: the cells that have to be drawn again."""

from __future__ import annotations

import pytest

from penstock_tui.view.spans import Spans, differ


@pytest.mark.parametrize(
    ("before", "after", "stretches"),
    [
        ([], [], []),
        ([("abc", "")], [("a", ""), ("bc", "")], []),
        ([("abc", "")], [("axc", "")], [(1, 2)]),
        ([("abc", "")], [("a", ""), ("b", "reverse"), ("c", "")], [(1, 2)]),
        ([("abcd", "")], [("xbcy", "")], [(0, 1), (3, 4)]),
        ([("abc", "")], [("ab", "")], [(2, 3)]),
        ([("a", "")], [("abc", "")], [(1, 3)]),
        ([("中b", "")], [("中c", "")], [(2, 3)]),
        ([("中", "")], [("ab", "")], [(0, 2)]),
    ],
)
def test_the_cells_that_differ(before: Spans, after: Spans, stretches: list[tuple[int, int]]) -> None:
    assert differ(before, after) == stretches
    assert differ(after, before) == stretches

"""Rows that stay sorted while single ones change."""

from __future__ import annotations

import random

from penstock_tui.view.sorted_rows import SortedRows


def test_a_row_moves_and_leaves_and_the_others_keep_their_order() -> None:
    rows = SortedRows([((2, "b"), "b"), ((1, "a"), "a")])
    assert rows.names() == ["a", "b"]
    rows.put("c", (0, "c"))
    rows.put("a", (3, "a"))
    assert (rows.names(), rows.names(reverse=True)) == (["c", "b", "a"], ["a", "b", "c"])
    rows.put("b", None)
    rows.put("b", None)
    rows.put("never", None)
    assert (rows.names(), len(rows)) == (["c", "a"], 2)
    rows.put("c", (0, "c"))
    assert rows.names() == ["c", "a"]


def test_many_changes_give_what_sorting_anew_gives() -> None:
    chance = random.Random(5)
    rows, places = SortedRows(), dict[str, tuple[int, str]]()
    for _ in range(2000):
        name = f"d{chance.randrange(80)}"
        if chance.random() < 0.2:
            places.pop(name, None)
            rows.put(name, None)
        else:
            places[name] = (chance.randrange(6), name)
            rows.put(name, places[name])
        assert rows.names() == sorted(places, key=places.__getitem__)

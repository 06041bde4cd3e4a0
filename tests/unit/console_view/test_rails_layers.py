"""Wide runs: rails as long as they say something, else layers with how many tasks lead where."""

from __future__ import annotations

import random
import re

import pytest

from penstock.model.drawing.order import Node, Order
from penstock_tui.view.rails import Rails, RowKind, bare_rows, lay_out_narrow, lay_out_order
from penstock_tui.view.rails_layers import by_groups, by_layers, layer_name, rows_of


def fan(size: int) -> list[Node]:
    leaves = tuple(f"t{at}" for at in range(size))
    return [Node("start"), *(Node(leaf, ("start",)) for leaf in leaves), Node("end", leaves)]


def layered(layers: int, wide: int) -> list[Node]:
    chance = random.Random(1)
    return [
        Node(
            f"l{layer}_{place}",
            tuple(f"l{layer - 1}_{up}" for up in chance.sample(range(wide), 2)) if layer else (),
        )
        for layer in range(layers)
        for place in range(wide)
    ]


def scattered(size: int) -> list[Node]:
    chance = random.Random(2)

    def parents(at: int) -> tuple[str, ...]:
        return tuple(f"n{up}" for up in chance.sample(range(at), min(at, chance.randrange(3))))

    return [Node(f"n{at}", parents(at)) for at in range(size)]


def chains(count: int, length: int) -> list[Node]:
    return [
        Node(f"c{chain}_{at}", (f"c{chain}_{at - 1}",) if at else ())
        for chain in range(count)
        for at in range(length)
    ]


@pytest.mark.parametrize("lanes", [7, 10, 16])
@pytest.mark.parametrize(
    ("nodes", "by_layer"),
    [
        (fan(58), False),
        (fan(998), False),
        (chains(20, 50), False),
        (layered(2, 3), False),
        (layered(10, 100), True),
        (layered(6, 50), True),
        (scattered(1000), True),
    ],
    ids=["fan 60", "fan 1000", "chains", "few", "layers 1000", "layers 300", "scattered"],
)
def test_a_run_is_shown_by_rails_or_by_layers(nodes: list[Node], by_layer: bool, lanes: int) -> None:
    drawn = rows_of(Order(nodes, {}), max_lanes=lanes)
    assert bool(drawn.layer_of) is by_layer
    assert not (by_layer and drawn.elided)
    tasks = [row.key for row in drawn.rows if row.kind is RowKind.TASK]
    assert sorted(tasks) == sorted(node.key for node in nodes)


@pytest.mark.parametrize(("lanes", "by_layer"), [(16, False), (10, False), (4, True)])
def test_rails_that_nearly_fit_stay(lanes: int, by_layer: bool) -> None:
    assert bool(rows_of(Order(scattered(60), {}), max_lanes=lanes).layer_of) is by_layer


def told(drawn: Rails) -> list[str]:
    """Return every row with its glyph as ``o`` and its name."""
    rows = []
    for row in drawn.rows:
        cells = row.cells.ljust(drawn.width)
        if row.column >= 0:
            cells = f"{cells[: row.column]}o{cells[row.column + 1 :]}"
        rows.append(f"{cells} {row.key}")
    return rows


def test_every_task_says_how_many_lead_to_it_and_how_many_it_leads_to() -> None:
    order = Order([Node("a"), Node("b"), Node("c", ("a", "b")), Node("d", ("c", "a")), Node("e", ("c",))], {})
    assert told(by_layers(order)) == [
        "        layer 1",
        "   o─2  a",
        "   o─1  b",
        "        layer 2",
        " 2─o─2  c",
        "        layer 3",
        " 2─o    d",
        " 1─o    e",
    ]


def test_numbers_have_as_many_cells_as_they_need() -> None:
    drawn = by_layers(Order(fan(1234), {}))
    assert "1234─o " in told(drawn)[-1]
    assert all(len(row.cells) <= drawn.width for row in drawn.rows)


def test_layers_fold_and_groups_stay_folded() -> None:
    nodes = [Node("a"), Node("g.b", ("a",), "g"), Node("g.c", ("g.b",), "g"), Node("d", ("g.c",))]
    order = Order(nodes, {"g": None})
    drawn = by_layers(order, folded={"g", "layer 1"})
    assert told(drawn) == [
        "   o    layer 1",
        "        layer 2",
        " 1─o─1  g",
        "        layer 3",
        " 1─o    d",
    ]
    assert [row.kind for row in drawn.rows if row.key in {"g", "layer 1"}] == [RowKind.FOLDED] * 2
    assert drawn.members["layer 1"] == ("a",)
    assert drawn.members["layer 2"] == drawn.members["g"] == ("g.b", "g.c")
    assert drawn.layer_of["g.c"] == drawn.layer_of["g"] == layer_name(2)


def test_where_tasks_are_in_groups_those_are_the_titles() -> None:
    wide = [Node(node.key, node.upstream, f"g{place // 40}") for place, node in enumerate(layered(3, 40))]
    order = Order(wide, dict.fromkeys(("g0", "g1", "g2")))
    drawn = rows_of(order, max_lanes=7)
    assert drawn.counted
    assert not drawn.layer_of
    assert [row.key for row in drawn.rows if row.kind is RowKind.GROUP] == ["g0", "g1", "g2"]
    assert RowKind.BEND not in {row.kind for row in drawn.rows}
    assert all(len(row.cells) <= drawn.width for row in drawn.rows)
    assert not rows_of(order, folded={"g1"}, max_lanes=7).counted  # then the rails fit
    folded = by_groups(order, folded={"g1"})
    [row] = [line for line in told(folded) if line.endswith(" g1")]
    assert re.fullmatch(r"\d\d─o─\d\d g1", row)


@pytest.mark.parametrize("lanes", [2, 3, 7, 10, 16])
@pytest.mark.parametrize("most", [0.0, 0.05, 1 / 8, 0.5, 0.9])
@pytest.mark.parametrize(
    "nodes",
    [fan(20), chains(9, 5), layered(6, 12), scattered(60)],
    ids=["fan", "chains", "layers", "scattered"],
)
def test_a_drawing_is_given_up_exactly_when_too_much_is_beyond_its_lanes(
    nodes: list[Node], most: float, lanes: int
) -> None:
    order = Order(nodes, {})
    whole = lay_out_order(order, max_lanes=lanes)
    listed = [row for row in whole.rows if row.column >= 0]
    hidden = sum(row.column >= 2 * (lanes - 1) for row in listed)
    too_wide = whole.elided and hidden > most * len(listed)
    drawn = lay_out_narrow(order, max_lanes=lanes, most_hidden=most)
    assert drawn == (None if too_wide else whole)


def test_bare_rows_are_those_of_the_drawing() -> None:
    nodes = [Node("a"), Node("g.b", ("a",), "g"), Node("g.h.c", ("g.b",), "h"), Node("d", ("g.h.c", "a"))]
    order = Order(nodes, {"g": None, "h": "g"})
    for folded in ((), ("g",), ("h",)):
        drawn = lay_out_order(order, folded=folded)
        expected = [(row.kind, row.key, row.depth) for row in drawn.rows if row.kind is not RowKind.BEND]
        assert [(row.kind, row.key, row.depth) for row in bare_rows(order, folded)] == expected


def test_no_tasks() -> None:
    assert by_layers(Order((), {})).rows == ()

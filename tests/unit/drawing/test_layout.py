"""The drawn graph: every task once, no line through a name, a finger on a line reaches only children."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.model.drawing.box import EAST, NORTH, SIDES, SOUTH, WEST
from penstock.model.drawing.layers import Spot, Wires, place
from penstock.model.drawing.layout import ARROW, Drawing, draw
from penstock.model.drawing.order import Node

_MOVES = {NORTH: (-1, 0), SOUTH: (1, 0), EAST: (0, 1)}
"""A line never turns back to the left."""
_BACK = {NORTH: SOUTH, SOUTH: NORTH, EAST: WEST}


def nodes(*lines: str) -> list[Node]:
    """Read ``task: parent parent`` lines."""
    return [Node(name, tuple(ups.split())) for name, ups in (line.split(":") for line in lines)]


def drawn(given_nodes: list[Node]) -> Drawing:
    return draw(given_nodes, {node.key: len(node.key) + 3 for node in given_nodes})


def reached(drawing: Drawing, key: str) -> set[str]:
    """Return the tasks that a finger reaches along lines from the right end of a task's text."""
    tasks = {(row, column): task for task, (row, column) in drawing.places.items()}
    row, column = drawing.places[key]
    found: set[str] = set()
    seen: set[tuple[int, int, int]] = set()
    stack = [(row, column + len(key) + 3, EAST)]
    while stack:
        row, column, going = stack.pop()
        if (row, column, going) in seen or not 0 <= row < len(drawing.cells):
            continue
        seen.add((row, column, going))
        char = drawing.cells[row][column : column + 1]
        if char == ARROW:
            found.add(tasks[row, column + 1])
            continue
        sides = SIDES.get(char, 0) if char.strip() else 0
        if not sides:
            continue
        if going == EAST and not sides & WEST:
            onward = [EAST]  # it goes on behind a line that it does not join
        else:
            onward = [side for side in _MOVES if sides & side and side != _BACK[going]]
        for side in onward:
            down, right = _MOVES[side]
            stack.append((row + down, column + right, side))
    return found


def check(dag: list[Node]) -> None:
    """Fail unless the drawing of *dag* shows exactly its edges, from left to right, beside all names."""
    drawing = drawn(dag)
    assert drawing.places.keys() == {node.key for node in dag}
    children: dict[str, set[str]] = {node.key: set() for node in dag}
    taken: set[tuple[int, int]] = set()
    for node in dag:
        row, column = drawing.places[node.key]
        own = {(row, column + cell) for cell in range(len(node.key) + 3)}
        assert not own & taken
        taken |= own
        assert not drawing.cells[row][column : column + len(node.key) + 3].strip()
        for up in node.upstream:
            children[up].add(node.key)
            assert drawing.places[up][1] < column
            assert drawing.layer[up] < drawing.layer[node.key]
    for key, wanted in children.items():
        assert reached(drawing, key) == wanted, key
    assert all(len(line) == drawing.width for line in drawing.cells)


@st.composite
def dags(draw_: st.DrawFn) -> list[Node]:
    size = draw_(st.integers(1, 14))
    density = draw_(st.sampled_from([0.1, 0.25, 0.5]))
    chance = draw_(st.randoms(use_true_random=False))
    names = [f"t{number}" for number in range(size)]
    return [
        Node(name, tuple(up for up in names[:number] if chance.random() < density))
        for number, name in enumerate(names)
    ]


@given(dags())
@settings(max_examples=60)
def test_a_finger_on_a_line_reaches_exactly_the_children(dag: list[Node]) -> None:
    check(dag)


def layered(layers: int, wide: int, parents: int) -> list[Node]:
    chance = random.Random(5)
    return [
        Node(
            f"l{layer}_{place}",
            tuple(f"l{layer - 1}_{up}" for up in chance.sample(range(wide), parents)) if layer else (),
        )
        for layer in range(layers)
        for place in range(wide)
    ]


def scattered(size: int, most: int) -> list[Node]:
    chance = random.Random(6)
    return [
        Node(
            f"n{at}", tuple(f"n{up}" for up in chance.sample(range(at), min(at, chance.randrange(most + 1))))
        )
        for at in range(size)
    ]


def chain(name: str, length: int) -> list[Node]:
    return [Node(f"{name}{at}", (f"{name}{at - 1}",) if at else ()) for at in range(length)]


def fan(size: int) -> list[Node]:
    leaves = tuple(f"t{at}" for at in range(size))
    return [Node("start"), *(Node(leaf, ("start",)) for leaf in leaves), Node("end", leaves)]


@pytest.mark.parametrize(
    "dag",
    [
        fan(998),
        layered(3, 100, 3),
        layered(10, 30, 2),
        scattered(300, 2),
        scattered(60, 6),
        [node for number in range(20) for node in chain(f"c{number}_", 50)],
        [Node("watch", tuple(f"t{at}" for at in range(40))), *chain("t", 40)],
    ],
    ids=["fan", "three wide layers", "layers", "scattered", "dense", "chains", "a watcher of all"],
)  # fmt: skip
def test_large_graphs_show_exactly_their_edges(dag: list[Node]) -> None:
    check(dag)


def picture(given_nodes: list[Node]) -> str:
    drawing = drawn(given_nodes)
    rows = [list(line.ljust(drawing.width)) for line in drawing.cells]
    for key, (row, column) in drawing.places.items():
        rows[row][column : column + len(key) + 3] = f"✓ {key} "
    return "\n".join("".join(row).rstrip() for row in rows)


def test_a_real_pipeline_takes_few_rows() -> None:
    orders = nodes(
        "orders:", "stage_orders:orders", "dedupe:stage_orders", "users:", "stage_users:users",
        "join:dedupe stage_users", "extract_fx:", "fx:join extract_fx", "dq:fx", "fact:dq",
        "dim:dq stage_users", "report:fact dim",
    )  # fmt: skip
    assert picture(orders) == (
        "✓ users ──────▸✓ stage_users ─────────────┬──────────────────────────╭─▸✓ dim ──┬─▸✓ report\n"
        "✓ orders ─────▸✓ stage_orders ─▸✓ dedupe ─╰─▸✓ join ─┬─▸✓ fx ─▸✓ dq ─┴─▸✓ fact ─╯\n"
        "✓ extract_fx ────────────────────────────────────────╯"
    )


def test_tasks_with_the_same_children_share_one_line() -> None:
    leaves = " ".join(f"t{at}" for at in range(5))
    shape = nodes("a:", *(f"{leaf}:a" for leaf in leaves.split()), f"z:{leaves}")
    assert picture(shape) == (
        "     ╭─▸✓ t0 ─╮\n     ├─▸✓ t1 ─┤\n✓ a ─┼─▸✓ t2 ─┼─▸✓ z\n     ├─▸✓ t3 ─┤\n     ╰─▸✓ t4 ─╯"
    )


def test_layers_are_those_of_the_longest_path() -> None:
    layers = place(nodes("a:", "b:a", "c:a b"))
    assert [[spot.key for spot in layer] for layer in layers.spots][2] == ["c"]
    assert {spot.layer for spot in layers.tasks if spot.key == "c"} == {2}


@given(dags())
@settings(max_examples=30)
def test_no_two_neighbours_of_a_layer_would_cross_less_the_other_way(dag: list[Node]) -> None:
    layers = place(dag)
    rows, fed = layers.rows, {spot: [] for spot in layers.feeds}  # type: ignore[var-annotated]
    for spot, targets in layers.feeds.items():
        for target in targets:
            fed[target].append(spot)

    def crossing(upper: Spot, lower: Spot) -> int:
        return sum(
            rows[one] > rows[other]
            for joined in (layers.feeds, fed)
            for one in joined[upper]
            for other in joined[lower]
        )

    for spots in layers.spots:
        for upper, lower in pairwise(spots):
            if _joined(layers.feeds, fed, upper, lower):
                assert crossing(upper, lower) <= crossing(lower, upper)


def _joined(feeds: Wires, fed: Wires, one: Spot, other: Spot) -> bool:
    """Return whether lines lead from one spot to the other, this way or that."""
    seen, stack = {one}, [one]
    while stack:
        for spot in (*feeds[spot_ := stack.pop()], *fed[spot_]):
            if spot not in seen:
                seen.add(spot)
                stack.append(spot)
    return other in seen


def test_parts_that_are_not_joined_stand_below_each_other() -> None:
    assert picture(nodes("alone:", "a:", "c:", "b:a", "d:c")) == "✓ a ─────▸✓ b\n✓ c ─────▸✓ d\n✓ alone"


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        draw(nodes("a:b", "b:a"), {"a": 1, "b": 1})


def test_nothing_to_draw() -> None:
    assert draw([], {}).cells == ()

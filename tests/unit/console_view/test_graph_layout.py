"""The drawn graph: every task once, no line through a name, every edge can be followed with a finger."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock_tui.view.box import EAST, NORTH, SIDES, SOUTH, WEST
from penstock_tui.view.graph_layers import around, place
from penstock_tui.view.graph_layout import ARROW, Drawing, draw
from penstock_tui.view.task_order import Node

STEPS = ((0, 1, EAST, WEST), (0, -1, WEST, EAST), (1, 0, SOUTH, NORTH), (-1, 0, NORTH, SOUTH))


def nodes(*lines: str) -> list[Node]:
    """Read ``task: parent parent`` lines."""
    return [Node(name, tuple(ups.split())) for name, ups in (line.split(":") for line in lines)]


def drawn(given_nodes: list[Node]) -> Drawing:
    return draw(given_nodes, {node.key: len(node.key) + 3 for node in given_nodes})


def sides(cells: dict[tuple[int, int], str], at: tuple[int, int]) -> int:
    char = cells.get(at, " ")
    return EAST | WEST if char == ARROW else SIDES.get(char, 0)


def reached(drawing: Drawing, key: str) -> set[tuple[int, int]]:
    """Return every cell that can be reached along lines from the right end of a task's text."""
    cells = {
        (row, column): char
        for row, line in enumerate(drawing.cells)
        for column, char in enumerate(line)
        if char != " "
    }
    row, column = drawing.places[key]
    seen: set[tuple[int, int]] = set()
    stack = [(row, column + len(key) + 3)]
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        for down, right, out, back in STEPS:
            if not sides(cells, at) & out:
                continue
            to = (at[0] + down, at[1] + right)
            while right and cells.get(to) == "│":
                to = (to[0], to[1] + right)
            if sides(cells, to) & back:
                stack.append(to)
    return seen


@st.composite
def dags(draw_: st.DrawFn) -> list[Node]:
    size = draw_(st.integers(1, 14))
    density = draw_(st.sampled_from([0.1, 0.25, 0.5]))
    random = draw_(st.randoms(use_true_random=False))
    names = [f"t{number}" for number in range(size)]
    return [
        Node(name, tuple(up for up in names[:number] if random.random() < density))
        for number, name in enumerate(names)
    ]


@given(dags())
@settings(max_examples=30)
def test_every_edge_can_be_followed_and_no_line_crosses_a_name(dag: list[Node]) -> None:
    drawing = drawn(dag)
    assert drawing.places.keys() == {node.key for node in dag}
    taken: set[tuple[int, int]] = set()
    for node in dag:
        row, column = drawing.places[node.key]
        own = {(row, column + cell) for cell in range(len(node.key) + 3)}
        assert not own & taken
        taken |= own
        line = drawing.cells[row] if row < len(drawing.cells) else ""
        assert not line[column : column + len(node.key) + 3].strip()
        for up in node.upstream:
            assert (row, column - 1) in reached(drawing, up), (up, node.key)
            assert drawing.places[up][1] < column
    assert all(len(line) <= drawing.width for line in drawing.cells)


def picture(given_nodes: list[Node]) -> str:
    drawing = drawn(given_nodes)
    rows = [list(line.ljust(drawing.width)) for line in drawing.cells]
    for key, (row, column) in drawing.places.items():
        rows[row][column : column + len(key) + 3] = f"✓ {key} "
    return "\n".join("".join(row).rstrip() for row in rows)


def test_a_real_pipeline_takes_three_rows() -> None:
    orders = nodes(
        "orders:", "stage_orders:orders", "dedupe:stage_orders", "users:", "stage_users:users",
        "join:dedupe stage_users", "extract_fx:", "fx:join extract_fx", "dq:fx", "fact:dq",
        "dim:dq stage_users", "report:fact dim",
    )  # fmt: skip
    assert picture(orders) == (
        "✓ users ──────▸✓ stage_users ─────────────┬──────────────────────────┬─▸✓ dim ──┬─▸✓ report\n"
        "✓ orders ─────▸✓ stage_orders ─▸✓ dedupe ─┴─▸✓ join ─┬─▸✓ fx ─▸✓ dq ─┴─▸✓ fact ─╯\n"
        "✓ extract_fx ────────────────────────────────────────╯"
    )


def test_lines_that_cross_do_not_join() -> None:
    five = ["i.a", "i.b", "i.c", "i.d", "i.e"]
    fan = nodes("drop:", *(f"{name}:drop" for name in five), f"checks:{' '.join(five)}", "dash:checks drop")
    assert "✓ i.b ─│─╮" in picture(fan)


def test_layers_are_those_of_the_longest_path() -> None:
    layers = place(nodes("a:", "b:a", "c:a b"))
    assert [[spot.key for spot in layer] for layer in layers.spots][2] == ["c"]
    assert {spot.layer for spot in layers.tasks if spot.key == "c"} == {2}


def test_the_neighbourhood_of_a_task() -> None:
    chain = nodes("a:", "b:a", "c:b", "d:c", "e:d", "f:e", "x:")
    assert [node.key for node in around(chain, "d", 2)] == ["b", "c", "d", "e", "f"]


def test_nothing_to_draw() -> None:
    assert draw([], {}).cells == ()

"""The rails say what the graph says: a reader who knows only the three rules finds exactly its edges."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.model.drawing.box import EAST, ELIDED, NORTH, SIDES, SOUTH, WEST, to_ascii
from penstock.model.drawing.order import Node
from penstock_tui.view.rails import Rails, RowKind, lay_out

GLYPH = "●"


def trace(rails: Rails) -> set[tuple[str, str]]:  # noqa: C901, PLR0912
    """Walk down the drawn characters by the rules in the module's docstring and collect the edges.

    What passes through an elision mark is not followed.
    """
    edges: set[tuple[str, str]] = set()
    flows: dict[int, set[str]] = {}
    bars_above: tuple[bool, bool] | None = None
    glyph_above = -1
    for place, row in enumerate(rails.rows):
        cells = row.cells.ljust(rails.width + 2)
        below: dict[int, set[str]] = {}
        has_glyph = row.column >= 0
        if not has_glyph:
            assert all(char in SIDES or char == ELIDED for char in cells)
        fed: set[str] = set()
        left_bar = has_glyph and row.column > 0 and cells[row.column - 1] == "─"
        right_bar = has_glyph and cells[row.column + 1] in "─⋯"
        target = row.key
        bend_fed: dict[int, set[str]] = {}
        if row.kind is RowKind.BEND:
            after = rails.rows[place + 1]
            assert after.column >= 0
            assert after.key == row.key
            assert SIDES.get(cells[after.column], SOUTH) & SOUTH, "the bar must lead down to its task"
        for column in range(0, len(cells), 2):
            char = cells[column]
            if has_glyph and column == row.column:
                straight = column in flows and not left_bar
                if straight and glyph_above == column:
                    straight = not (bars_above and bars_above[1])
                if straight:
                    fed |= flows[column]
                below[column] = {target} if not right_bar else set()
                continue
            if char in (" ", "─", ELIDED):
                continue
            sides = SIDES[char]
            arriving = flows.get(column, set())
            if sides & NORTH:
                assert column in flows, f"row {place}: {char} at {column} hangs on nothing"
            if sides & (EAST | WEST):
                if has_glyph and column < row.column:
                    fed |= arriving
                    if sides & SOUTH:
                        below[column] = arriving
                elif has_glyph:
                    below[column] = arriving | {target} if sides & NORTH else {target}
                else:
                    bend_fed[column] = arriving
                    if sides & SOUTH:
                        below[column] = arriving
            elif sides & SOUTH:
                below[column] = arriving
        if row.kind is RowKind.BEND:
            sink = rails.rows[place + 1].column
            below[sink] = set().union(*bend_fed.values())
        if has_glyph:
            edges |= {(source, target) for source in fed}
        glyph_above = row.column
        bars_above = (left_bar, right_bar)
        flows = below
        after_cells = rails.rows[place + 1].cells if place + 1 < len(rails.rows) else ""
        after_column = rails.rows[place + 1].column if place + 1 < len(rails.rows) else -1
        for column in list(flows):
            char = after_cells[column] if column < len(after_cells) else " "
            if column != after_column and not SIDES.get(char, 0) & NORTH:
                assert column == row.column or char in ("─", ELIDED) or rails.elided, (
                    f"row {place + 1}: rail cut off"
                )
                del flows[column]
    return edges


@st.composite
def dags(draw: st.DrawFn, max_size: int = 24) -> list[Node]:
    size = draw(st.integers(1, max_size))
    density = draw(st.sampled_from([0.05, 0.15, 0.4, 0.9]))
    names = draw(st.permutations([f"t{number}" for number in range(size)]))
    groups = draw(st.lists(st.sampled_from([None, "g", "g.h", "k"]), min_size=size, max_size=size))
    random = draw(st.randoms(use_true_random=False))
    nodes = []
    for place, name in enumerate(names):
        ups = tuple(up for up in names[:place] if random.random() < density)
        nodes.append(Node(name, ups, groups[place]))
    random.shuffle(nodes)
    return nodes


PARENTS = {"g": None, "g.h": "g", "k": None}


def edges_of(nodes: list[Node]) -> set[tuple[str, str]]:
    return {(up, node.key) for node in nodes for up in node.upstream}


@given(dags())
@settings(max_examples=120)
def test_every_task_once_and_exactly_the_edges(nodes: list[Node]) -> None:
    rails = lay_out(nodes, max_lanes=1000)
    assert sorted(row.key for row in rails.rows if row.kind is RowKind.TASK) == sorted(n.key for n in nodes)
    assert not rails.elided
    assert trace(rails) == edges_of(nodes)


@given(dags(), st.sets(st.sampled_from(["g", "g.h", "k"])))
@settings(max_examples=120)
def test_groups_stay_together_and_folding_keeps_the_edges_between(
    nodes: list[Node], folded: set[str]
) -> None:
    rails = lay_out(nodes, PARENTS, folded=folded, max_lanes=1000)
    stands_for = {key: key for key in (node.key for node in nodes)}
    shown = {row.key for row in rails.rows if row.kind is RowKind.FOLDED}
    for group in shown:
        stands_for.update(dict.fromkeys(rails.members[group], group))
    drawn = [row.key for row in rails.rows if row.column >= 0]
    assert sorted(drawn) == sorted(set(stands_for.values()))
    expected = {(stands_for[up], stands_for[down]) for up, down in edges_of(nodes)}
    assert trace(rails) == {(up, down) for up, down in expected if up != down}
    for group, members in rails.members.items():
        if not folded:
            places = [drawn.index(key) for key in members]
            assert places == list(range(places[0], places[0] + len(members))), group


@given(dags(), st.integers(2, 6))
@settings(max_examples=80)
def test_narrow_drawings_invent_nothing(nodes: list[Node], lanes: int) -> None:
    rails = lay_out(nodes, max_lanes=lanes)
    assert rails.width <= 2 * lanes
    assert sorted(row.key for row in rails.rows if row.kind is RowKind.TASK) == sorted(n.key for n in nodes)
    if rails.elided:
        assert any(ELIDED in row.cells for row in rails.rows)
    else:
        assert trace(rails) == edges_of(nodes)


@given(dags())
@settings(max_examples=50)
def test_parents_come_first(nodes: list[Node]) -> None:
    drawn = {row.key: place for place, row in enumerate(lay_out(nodes, PARENTS).rows) if row.column >= 0}
    assert all(drawn[up] < drawn[down] for up, down in edges_of(nodes))


def picture(nodes: list[Node], **options: object) -> str:
    rails = lay_out(nodes, **options)  # type: ignore[arg-type]
    lines = []
    for row in rails.rows:
        cells = row.cells
        if row.column >= 0:
            cells = cells[: row.column] + GLYPH + cells[row.column + 1 :]
        name = "" if row.kind is RowKind.BEND else row.key
        lines.append(f"{cells.ljust(rails.width)} {name}".rstrip())
    return "\n".join(lines)


def nodes(*lines: str) -> list[Node]:
    """Read ``task: parent parent`` lines."""
    return [Node(name, tuple(ups.split())) for name, ups in (line.split(":") for line in lines)]


def test_a_real_pipeline() -> None:
    orders = nodes(
        "extract_orders:", "stage_orders:extract_orders", "dedupe:stage_orders", "extract_users:",
        "stage_users:extract_users", "join:dedupe stage_users", "extract_fx:", "fx:join extract_fx", "dq:fx",
        "load_fact:dq", "load_dim:dq stage_users", "report:load_fact load_dim",
    )  # fmt: skip
    assert picture(orders) == (
        "●     extract_orders\n"
        "●     stage_orders\n"
        "●     dedupe\n"
        "│ ●   extract_users\n"
        "│ ●   stage_users\n"
        "├─┤\n"
        "● │   join\n"
        "│ │ ● extract_fx\n"
        "├─│─╯\n"
        "● │   fx\n"
        "● │   dq\n"
        "├─│─● load_fact\n"
        "├─╯ │\n"
        "●   │ load_dim\n"
        "├───╯\n"
        "●     report"
    )


def test_sisters_share_one_rail_each_way() -> None:
    fan = nodes("a:", "b:a", "c:a", "d:a", "e:b c d")
    assert picture(fan) == "●     a\n├─●─╮ b\n├─●─┤ c\n╰─●─┤ d\n╭───╯\n●     e"


def test_strangers_do_not_look_like_a_chain() -> None:
    assert picture(nodes("a:", "b:a", "c:", "d:c")) == "●   a\n●   b\n  ● c\n  ● d"


def test_fan_in_of_a_thousand_takes_three_lanes() -> None:
    middle = [Node(f"m{number}", ("first",)) for number in range(1000)]
    rails = lay_out([Node("first"), *middle, Node("last", tuple(node.key for node in middle))])
    assert rails.width == 5
    assert len(rails.rows) == 1003
    assert len(trace(rails)) == 2000


def test_layers_of_fifty_are_cut_to_the_lanes_that_fit() -> None:
    layers = [
        Node(f"{layer}-{place}", (f"{layer - 1}-{place}", f"{layer - 1}-{(place + 1) % 50}") if layer else ())
        for layer in range(20)
        for place in range(50)
    ]
    rails = lay_out(layers, max_lanes=8)
    assert rails.elided
    assert rails.width <= 16
    full = lay_out(layers, max_lanes=1000)
    assert trace(full) == edges_of(layers)


def test_a_group_that_a_path_leaves_and_enters_again_is_not_offered() -> None:
    knot = [Node("a", (), "g"), Node("x", ("a",)), Node("b", ("x",), "g")]
    rails = lay_out(knot, {"g": None}, folded={"g"})
    assert "g" not in rails.members
    assert [row.key for row in rails.rows] == ["a", "x", "b"]


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        lay_out([Node("a", ("b",)), Node("b", ("a",))])


def test_unknown_parents_are_ignored() -> None:
    assert [row.cells for row in lay_out([Node("a", ("gone", "a"))]).rows] == [" "]


def test_ascii_keeps_every_cell() -> None:
    assert to_ascii("│ ╭─┤├─╮╰─╯┬┴┼⋯") == "| .-++-.'-'+++~"
    rows = lay_out(nodes("a:", "b:a", "c:a", "d:b c")).rows
    for row, after in pairwise(rows):
        assert to_ascii(row.cells).isascii(), after

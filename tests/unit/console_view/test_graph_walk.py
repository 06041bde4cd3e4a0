"""The cursor in a graph: along edges and back, between siblings, beyond what is drawn, into groups."""

from __future__ import annotations

import pytest

from penstock.model.drawing.order import Node
from penstock_tui.view.graph import Graph
from penstock_tui.view.graph_walk import Direction


def graph(*lines: str, groups: dict[str, str | None] | None = None, cursor: str = "") -> Graph:
    """Read ``task: parent parent`` lines; a task with a dot is in the group before it."""
    nodes = []
    for line in lines:
        name, ups = line.split(":")
        group = name.rpartition(".")[0] or None
        nodes.append(Node(name, tuple(ups.split()), group))
    found = Graph()
    found.cursor = cursor
    found.set_nodes(nodes, groups or {node.group: None for node in nodes if node.group}, {})
    return found


DIAMOND = ("a:", "b1:a", "b2:a", "b3:a", "c:b1 b2 b3", "other:")


def walked(found: Graph, keys: str) -> list[str]:
    """Press ``l r u d`` and return where the cursor was after each."""
    places = []
    for key in keys:
        if key in "lr":
            found.go_sideways(1 if key == "r" else -1)
        else:
            found.go_upright(1 if key == "d" else -1)
        places.append(found.cursor)
    return places


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("rr", ["b2", "c"]),  # the child on the same row is the nearest
        ("ru", ["b2", "b1"]),
        ("rddd", ["b2", "b3", "other", "other"]),  # then what stands below
        ("rul", ["b2", "b1", "a"]),
        ("rdrlr", ["b2", "b3", "c", "b3", "c"]),  # back to where it came from
        ("rrr", ["b2", "c", "c"]),  # a leaf has nothing beyond
        ("l", ["a"]),
        ("rrld", ["b2", "c", "b2", "b3"]),  # the other parents are siblings too
    ],
)
def test_arrows_walk_along_edges_and_between_siblings(keys: str, wanted: list[str]) -> None:
    assert walked(graph(*DIAMOND, cursor="a"), keys) == wanted


def test_up_and_down_go_on_in_the_layer_after_the_last_sibling() -> None:
    found = graph("a:", "x:", "b:a", "c:a", "y:x", cursor="a")
    assert walked(found, "rdd") == ["b", "c", "y"]


def test_pages_and_ends() -> None:
    found = graph("a:", *(f"t{at}:a" for at in range(30)), cursor="t0")
    found.go_upright(1, 10)
    assert found.cursor == "t10"
    found.go_upright(1, 100)
    assert found.cursor == "t29"
    found.go_to_end(0)
    assert found.cursor == "a"
    found.go_to_end(-1)
    assert found.cursor == "t29"


def test_walking_beyond_what_is_drawn_draws_on() -> None:
    found = graph(*(f"c{at}:{f'c{at - 1}' if at else ''}" for at in range(400)), cursor="c0")
    assert found.scope.steps == 2
    assert walked(found, "r" * 10)[-1] == "c10"
    assert len(found.scope.nodes) < 8
    assert walked(found, "l" * 10)[-1] == "c0"


@pytest.mark.parametrize("direction", [1, -1])
def test_down_goes_on_to_siblings_that_are_not_drawn(direction: Direction) -> None:
    names = [f"t{at:03}" for at in range(500)]
    children = ("a:", *(f"{name}:a" for name in names), "z:a")
    parents = (*(f"{name}:" for name in names), f"a:{' '.join(names)}")
    found = graph(*(children if direction > 0 else parents), cursor="a")
    found.go_sideways(direction)
    found.toggle_fold()
    seen = {found.cursor}
    for _ in range(499):
        found.go_upright(1)
        seen.add(found.cursor)
    assert len(seen) >= 499


def test_more_and_fewer_steps() -> None:
    found = graph(*(f"c{at}:{f'c{at - 1}' if at else ''}" for at in range(20)), cursor="c9")
    assert found.said() == ""
    assert not found.more()
    assert found.fewer()
    assert found.said() == "7 of 20: 3 steps around c9"
    assert found.fewer()
    assert found.fewer()
    assert found.said() == "3 of 20: 1 step around c9"
    assert not found.fewer()
    while found.more():
        if found.scope.steps is None:
            break
    assert found.said() == ""
    assert found.cursor == "c9"


def test_what_is_near_the_cursor_is_drawn() -> None:
    found = graph(*(f"c{at}:{f'c{at - 1}' if at else ''}" for at in range(400)), cursor="c9")
    found.cursor = "c11"
    assert "c13" not in found.picture.drawing.places
    found.center()
    assert found.said() == "5 of 400: 2 steps around c11"
    assert "c13" in found.picture.drawing.places


def test_groups_fold_around_the_cursor_and_open_again() -> None:
    found = graph("a:", "g.b:a", "g.c:g.b", "d:g.c", cursor="g.c")
    assert found.toggle_fold()
    assert found.cursor == "g"
    assert [node.key for node in found.scope.nodes] == ["a", "g", "d"]
    assert found.tasks_at("g") == ("g.b", "g.c")
    assert found.toggle_fold()
    assert found.cursor == "g.b"
    assert len(found.scope.nodes) == 4
    found.cursor = "d"
    assert not found.toggle_fold()


def test_only_those_that_are_alike_with_it_are_opened() -> None:
    """Far away from the cursor, beside others that are alike."""
    chain = [f"c{at}:{f'c{at - 1}' if at else ''}" for at in range(400)]
    lone, used = [f"t{at:03}:c399" for at in range(300)], [f"u{at:03}:c399" for at in range(300)]
    end = f"z:{' '.join(f'u{at:03}' for at in range(300))}"
    found = graph(*chain, *lone, *used, end, cursor="c0")
    found.reveal("u123")
    assert found.cursor == "u123"
    assert [keys[0] for keys in found.apart.values()] == ["u000"]


def test_what_is_hidden_is_opened_when_one_goes_there() -> None:
    found = graph("a:", "g.b:a", "g.c:g.b", "d:g.c", cursor="g.c")
    found.toggle_fold()
    found.reveal("g.b")
    assert found.cursor == "g.b"
    found.reveal("nobody")
    assert found.cursor == "g.b"


def test_one_of_many_that_are_alike_is_found_among_them() -> None:
    found = graph("a:", *(f"t{at:03}:a" for at in range(500)), "z:a", cursor="a")
    assert len(found.scope.nodes) == 2  # z is alike too
    found.reveal("t321")
    assert found.cursor == "t321"
    assert {"a", "t320", "t322"} <= found.picture.drawing.places.keys()
    assert found.toggle_fold()  # and together again
    assert found.tasks_at(found.cursor)[0] == "t000"


def test_the_cursor_stays_when_tasks_come_and_go() -> None:
    found = graph("a:", "b:a", "c:b", cursor="b")
    found.set_nodes([Node("a"), Node("b", ("a",)), Node("n", ("b",))], {}, {})
    assert found.cursor == "b"
    found.set_nodes([Node("a")], {}, {})
    assert found.cursor == "a"
    found.set_nodes([], {}, {})
    assert (found.cursor, found.tasks_at(found.cursor)) == ("", ())
    found.go_sideways(1)
    found.go_upright(1)
    assert not found.toggle_fold()

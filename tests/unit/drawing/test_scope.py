"""What of a graph is drawn: folds, tasks that are alike, the neighbourhood; and the text of the nodes."""

from __future__ import annotations

import pytest

from penstock.model.drawing.layers import passing
from penstock.model.drawing.order import Node, Order
from penstock.model.drawing.picture import LONGEST, TANGLED, Picture, label, picture, short
from penstock.model.drawing.scope import ALIKE, READABLE, Scope, bundled, first_folds, scope
from penstock.model.states import TaskState


def fan(size: int, group: str | None = None) -> Order:
    leaves = tuple(f"t{at}" for at in range(size))
    nodes = [Node("start"), *(Node(leaf, ("start",), group) for leaf in leaves), Node("end", leaves)]
    return Order(nodes, {group: None} if group else {})


def chain(size: int) -> Order:
    return Order([Node(f"c{at}", (f"c{at - 1}",) if at else ()) for at in range(size)], {})


def keys(shown: Scope) -> list[str]:
    return [node.key for node in shown.nodes]


@pytest.mark.parametrize("size", [1, 20, READABLE - 2])
def test_a_graph_that_can_be_read_is_drawn_whole(size: int) -> None:
    shown = scope(fan(size))
    assert len(shown.nodes) == size + 2
    assert (shown.steps, shown.around, shown.members) == (None, None, {})


def test_tasks_that_are_alike_are_one_node_when_there_are_too_many() -> None:
    shown = scope(fan(998))
    assert keys(shown) == ["start", "t0 +997 alike", "end"]
    assert len(shown.members["t0 +997 alike"]) == 998
    assert shown.nodes[2].upstream == ("t0 +997 alike",)
    assert bundled("t0 +997 alike") == "t0"
    assert bundled("t0") is None
    assert shown.shown()["t42"] == "t0 +997 alike"


def test_few_that_are_alike_stay_apart() -> None:
    wide = [Node(f"r{at}") for at in range(READABLE)]
    few = [Node("a"), *(Node(f"b{at}", ("a",)) for at in range(ALIKE - 1))]
    assert "b1" in keys(scope(Order([*few, *wide], {}), steps=1, around="a"))


def test_what_somebody_took_apart_is_drawn_near_the_cursor_only() -> None:
    shown = scope(fan(998), apart={"t0"}, around="t500", steps=1)
    assert {"start", "end", "t500", "t499", "t501"} <= {*keys(shown)}
    assert len(shown.nodes) < 30
    assert shown.below["start"] == 998 - (len(shown.nodes) - 2)
    assert shown.above["end"] == shown.below["start"]
    assert shown.total == 1000


@pytest.mark.parametrize(
    ("steps", "wanted"), [(1, ["c4", "c5", "c6"]), (2, ["c3", "c4", "c5", "c6", "c7"]), (50, None)]
)
def test_the_neighbourhood_of_a_task(steps: int, wanted: list[str] | None) -> None:
    shown = scope(chain(11), around="c5", steps=steps)
    assert keys(shown) == (wanted or [f"c{at}" for at in range(11)])
    assert shown.above[keys(shown)[0]] == (1 if wanted else 0)
    assert shown.below[keys(shown)[-1]] == (1 if wanted else 0)


def test_a_task_with_a_thousand_children_still_shows_its_parents() -> None:
    order = Order([Node("a"), Node("b", ("a",)), *(Node(f"c{at}", ("b",)) for at in range(1000))], {})
    shown = scope(order, apart={"c0"}, around="b", steps=2, most=40)
    assert {"a", "b", "c0"} <= {*keys(shown)}
    assert len(shown.nodes) <= 40


def test_groups_are_folded_with_their_edges() -> None:
    shown = scope(fan(6, "g"), folded={"g"})
    assert keys(shown) == ["start", "g", "end"]
    assert shown.members["g"] == tuple(f"t{at}" for at in range(6))


def test_mapped_tasks_are_folded_at_first_and_groups_when_there_are_too_many() -> None:
    mapped = Order([Node(f"m[{at}]", (), "m[]") for at in range(3)], {"m[]": None})
    assert first_folds(mapped, {"m[]": None, "g": None}) == {"m[]"}
    assert first_folds(fan(400, "g"), {"g": None}) == {"g"}
    assert first_folds(fan(40, "g"), {"g": None}) == set()


def test_an_unknown_task_is_taken_for_the_first() -> None:
    assert scope(chain(5), around="nobody", steps=1).around == "c0"


def test_what_is_tangled_is_drawn_near_one_task() -> None:
    crossing = [Node(f"a{at}") for at in range(40)]
    crossing += [Node(f"b{at}", (f"a{(7 * at) % 40}", f"a{(11 * at + 5) % 40}")) for at in range(40)]
    order = Order(crossing, {})
    whole = picture(order, {}, everything=True)
    assert whole.drawing.lanes > TANGLED
    assert len(whole.scope.nodes) == 80
    assert picture(order, {}).scope.steps is not None


def test_lines_through_layers_are_counted_before_anything_is_drawn() -> None:
    long_way = [Node("a"), Node("b", ("a",)), Node("c", ("b",)), Node("d", ("c", "a"))]
    assert passing(long_way) == 2 / 4
    assert passing([]) == 0
    crowd = [Node(f"c{at}", tuple(f"c{up}" for up in (at - 1, at // 2) if up >= 0)) for at in range(200)]
    assert passing(crowd) > TANGLED
    assert picture(Order(crowd, {}), {}).scope.steps is not None


# -- text ------------------------------------------------------------------------------------------


def test_the_text_of_nodes() -> None:
    order = fan(6, "g")
    states = {f"t{at}": TaskState.SUCCESS for at in range(5)} | {"t5": TaskState.FAILED}
    folded = scope(order, folded={"g"})
    group = label(folded, "g", states)
    assert (group.name, group.after, group.state) == ("g.*", " 6/6", "failed")
    assert label(folded, "g", {}).after == " (6)"
    assert label(folded, "start", states).state == "none"
    near = scope(order, around="t3", steps=1)
    assert label(near, "t3", states).before == ""
    far = label(scope(chain(9), around="c4", steps=1), "c5", {})
    assert (far.before, far.after, far.width) == ("", " +1", 8)


def test_a_node_is_as_wide_however_far_the_run_is() -> None:
    folded = scope(fan(12, "g"), folded={"g"})
    none = {f"t{at}": TaskState.PENDING for at in range(12)}
    every = dict.fromkeys(none, TaskState.SUCCESS)
    assert label(folded, "g", none).width == label(folded, "g", every).width


def test_long_names_keep_both_ends() -> None:
    name = "load_" + "x" * 60 + "_final"
    assert len(short(name)) == LONGEST
    assert short(name).startswith("load_")
    assert short(name).endswith("_final")
    assert short("short") == "short"


@pytest.mark.parametrize("ascii", [False, True])
def test_lines_of_text(ascii: bool) -> None:  # noqa: A002
    order = Order([Node("a"), Node("b", ("a",)), Node("c", ("a",))], {})
    states = {"a": TaskState.SUCCESS, "b": TaskState.FAILED, "c": TaskState.RUNNING}
    lines = list(Picture.of(scope(order), states).lines(states, ascii=ascii))
    if ascii:
        assert lines == ["S a -+->F b", "     '->R c"]
    else:
        assert lines == ["✓ a ─┬─▸✗ b", "     ╰─▸▸ c"]


def test_in_ascii_lines_that_cross_can_be_told_from_lines_that_join() -> None:
    order = Order(
        [Node("a"), Node("b"), Node("c"), Node("x", ("a",)), Node("y", ("a", "b")), Node("z", ("a", "c"))], {}
    )
    found = Picture.of(scope(order), {})
    assert list(found.lines({}, ascii=False)) == ["- a ─┬─▸- x", "- b ─├─▸- y", "- c ─╰─▸- z"]
    assert list(found.lines({}, ascii=True)) == ["- a -+->- x", "- b -}->- y", "- c -'->- z"]

"""How many instances there are and what each gets, as tables."""

from __future__ import annotations

import itertools

import pytest

from penstock.authoring.xcom_sequences import Joined, Transformed, Zipped
from penstock.model.expansion import input_length, instance_count, item_places, sources
from penstock.model.spec import ExpandSpec, MapInput

A, B = MapInput(kind="xcom", task_id="a"), MapInput(kind="xcom", task_id="b")
THREE = MapInput(kind="literal", length=3)


@pytest.mark.parametrize(
    ("part", "length"),
    [
        (THREE, 3),
        (A, 4),
        (MapInput(kind="map", parts=(A,)), 4),
        (MapInput(kind="zip", parts=(A, B)), 2),
        (MapInput(kind="zip", parts=(A, B), fills=True), 4),
        (MapInput(kind="concat", parts=(A, B, A)), 10),
        (MapInput(kind="concat", parts=(A, MapInput(kind="xcom", task_id="unknown"))), None),
    ],
)
def test_lengths(part: MapInput, length: int | None) -> None:
    assert input_length(part, {"a": 4, "b": 2}.get) == length


def test_every_combination_once_the_last_varying_fastest() -> None:
    expand = ExpandSpec(kind="product", inputs={"x": A, "y": THREE})
    assert sources(expand) == {"a"}
    assert instance_count(expand, {"a": 2}.get) == 6
    assert instance_count(expand, lambda _: None) is None
    places = [tuple(item_places({"x": 2, "y": 3}, index).values()) for index in range(6)]
    assert [place[::-1] for place in places] == list(itertools.product(range(2), range(3)))


def test_sequences_are_worked_out_when_asked() -> None:
    called: list[int] = []

    def double(item: int) -> int:
        called.append(item)
        return item * 2

    doubled = Transformed([1, 2, 3], double)
    assert (len(doubled), doubled[-1], called) == (3, 6, [3])
    assert list(Zipped([[1, 2], "ab", {"k": 1}], (0,))) == [(1, "a", ("k", 1)), (2, "b", 0)]
    assert list(Zipped([[1, 2], [3]], ())) == [(1, 3)]
    joined = Joined([[1], {"k": 2}, [3]])
    assert (list(joined), joined[1:]) == ([1, ("k", 2), 3], [("k", 2), 3])

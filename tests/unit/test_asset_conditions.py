"""What a schedule says of assets, against what has happened."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from penstock.model.assets import AssetCondition as C
from penstock.model.assets import AssetSpec, awaits, describe, lacking, met
from penstock.model.outcome import AssetChange
from penstock.scheduling.moves.assets import changes_of


class Event(NamedTuple):
    name: str
    uri: str
    aliases: tuple[str, ...] = ()


def asset(name: str) -> C:
    return C(kind="asset", name=name, uri=f"s3://{name}")


def event(name: str, *aliases: str) -> Event:
    return Event(name, f"s3://{name}", aliases)


A, B, D = asset("a"), asset("b"), asset("d")
ALL, ANY = C(kind="all", of=(A, B)), C(kind="any", of=(A, B))
NESTED = C(kind="all", of=(A, C(kind="any", of=(B, D))))
ALIAS = C(kind="alias", name="x")


@pytest.mark.parametrize(
    ("condition", "happened", "expected", "waits"),
    [
        (A, [], False, ["a"]),
        (A, [event("a")], True, []),
        (A, [Event("a", "s3://other")], False, ["a"]),
        (ALL, [event("a")], False, ["b"]),
        (ALL, [event("a"), event("a")], False, ["b"]),
        (ALL, [event("b"), event("a")], True, []),
        (ANY, [event("b")], True, []),
        (ANY, [event("d")], False, ["a", "b"]),
        (NESTED, [event("a")], False, ["b", "d"]),
        (NESTED, [event("a"), event("d")], True, []),
        (NESTED, [event("b"), event("d")], False, ["a"]),
        (ALIAS, [event("a")], False, ["alias x"]),
        (ALIAS, [event("a", "x")], True, []),
        (C(kind="name", name="a"), [Event("a", "anywhere")], True, []),
        (C(kind="uri", uri="s3://a"), [Event("whatever", "s3://a")], True, []),
    ],
)
def test_met_and_what_is_lacking(
    condition: C, happened: list[Event], expected: bool, waits: list[str]
) -> None:
    assert met(condition, happened) is expected
    assert lacking(condition, happened) == waits


def test_only_what_is_in_the_condition_counts() -> None:
    assert [awaits(NESTED, event(name)) for name in "abcd"] == [True, True, False, True]
    assert awaits(ALIAS, event("q", "x"))


def test_in_words() -> None:
    assert describe(NESTED) == "a & (b | d)"
    assert describe(C(kind="any", of=(ALL, ALIAS))) == "(a & b) | alias x"
    assert describe(C(kind="all", of=(A,))) == "a"


def test_a_success_changes_every_outlet_and_what_came_under_an_alias() -> None:
    outlets = [AssetSpec(name="a", uri="u"), AssetSpec(name="b", uri="b"), AssetSpec(name="x", alias=True)]
    said = [
        AssetChange(name="b", uri="b", extra={"rows": 1}),
        AssetChange(name="new", uri="new", aliases=("x",)),
        AssetChange(name="stranger", uri="s", extra={"k": 1}),
        AssetChange(name="other", uri="o", aliases=("y",)),
    ]
    assert changes_of(outlets, said) == [AssetChange(name="a", uri="u"), said[0], said[1]]

"""Of all who could start an attempt, exactly one may."""

from __future__ import annotations

import itertools

import pytest

from penstock.execution.dask.fence import REVOKED, Fence


def test_what_was_not_offered_is_never_started() -> None:
    fence = Fence()
    assert fence.claim("a", "w1/1") is None
    assert fence.winners(["a"]) == {}
    assert len(fence) == 0


def test_an_engine_may_revoke_what_the_fence_does_not_know() -> None:
    fence = Fence()
    assert fence.claim("a", REVOKED) == REVOKED
    fence.offer(["a"])
    assert fence.claim("a", "w1/1") == REVOKED


@pytest.mark.parametrize("order", list(itertools.permutations(["w1/1", "w2/1", "w1/2", REVOKED])))
def test_the_first_who_claims_has_it_for_good(order: tuple[str, ...]) -> None:
    fence = Fence()
    fence.offer(["a"])
    assert fence.winners(["a"]) == {"a": None}
    assert {fence.claim("a", who) for who in order} == {order[0]}
    fence.offer(["a"])
    assert fence.winners(["a", "b"]) == {"a": order[0]}


def test_the_oldest_are_forgotten_and_never_start() -> None:
    fence = Fence(most=3)
    fence.offer(["a", "b", "c", "d"])
    assert fence.claim("a", "w1/1") is None
    assert fence.claim("d", "w1/1") == "w1/1"

"""What an engine says of an attempt elsewhere, by the last that was heard of it and how long ago that was."""

from __future__ import annotations

import pytest

from penstock.execution.executor import Accepted, Claimed, Lost, Observation, Unreachable
from penstock.execution.remote.config import Lease
from penstock.execution.remote.known import MARGIN, SILENT, Known, can_be_told, is_lost, must_fence, verdict
from penstock.execution.remote.protocol import Seen

WHOM = "executor grid"
LEASE = Lease(seconds=600.0)
OVER = 600.0 + 60.0 + MARGIN


def known(seen: Seen | None = None, **fields: object) -> Known:
    found = Known("a", grace=60.0, contact=0.0, contact_at=1000.0, sent=True)
    if seen is not None:
        found.hear(seen, 0.0, 1000.0)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


CLAIMED = Seen(kind="claimed", worker="w1", pid=7, at=5.0, note="n")


@pytest.mark.parametrize(
    ("one", "silent", "expected"),
    [
        (known(), 0.0, Accepted()),
        (known(), 10 * OVER, Accepted()),
        (known(adopted=True), 0.0, Unreachable(1000.0, WHOM)),
        (known(adopted=True), 10 * OVER, Unreachable(1000.0, WHOM)),
        (known(adopted=True, worker="w1"), OVER - 1, Unreachable(1000.0, "w1")),
        (known(Seen(kind="accepted", waiting="for a slot")), 10 * OVER, Accepted()),
        (known(CLAIMED), SILENT, Claimed(7, 5.0, "n", None, "w1")),
        (known(CLAIMED), SILENT + 1, Unreachable(1000.0, "w1")),
        (known(CLAIMED), OVER - 1, Unreachable(1000.0, "w1")),
        (known(Seen(kind="unreachable", worker="w1"), worker="w1"), 1.0, Unreachable(1000.0, "w1")),
        (known(Seen(kind="absent")), 0.0, Accepted()),
        (known(Seen(kind="absent"), adopted=True), 0.0, Unreachable(1000.0, WHOM)),
        (known(Seen(kind="exited", worker="w1")), 0.0, Unreachable(1000.0, "w1")),
    ],
)
def test_what_the_engine_is_told(one: Known, silent: float, expected: Observation) -> None:
    assert verdict(one, LEASE, silent, WHOM) == expected


def test_silence_beyond_the_lease_is_a_loss_and_says_whose() -> None:
    seen = verdict(known(CLAIMED), LEASE, OVER + 1, WHOM)
    assert seen == Lost("there has been no contact with worker w1 for 691 s, longer than its lease")


@pytest.mark.parametrize(
    ("one", "lease", "lost"),
    [
        (known(CLAIMED), LEASE, True),
        (known(CLAIMED), Lease(600.0, "keep"), False),
        (known(Seen(kind="accepted")), LEASE, False),
        (known(Seen(kind="accepted", worker="w1")), LEASE, True),
        (known(adopted=True), LEASE, False),
        (known(adopted=True, worker="w1"), LEASE, True),
        (known(Seen(kind="exited", worker="w1"), pulling=True), LEASE, False),
        (known(Seen(kind="exited", worker="w1")), LEASE, True),
        (known(CLAIMED, ended=Lost("x")), LEASE, False),
    ],
)
def test_only_what_a_worker_may_have_begun_can_be_lost(one: Known, lease: Lease, *, lost: bool) -> None:
    assert is_lost(one, lease, OVER + 1) is lost
    assert not is_lost(one, lease, OVER - 1)


@pytest.mark.parametrize(
    ("one", "fenced"),
    [
        (known(Seen(kind="absent")), True),
        (known(Seen(kind="absent"), worker="w1"), False),
        (known(Seen(kind="absent"), sent=False), False),
        (known(Seen(kind="accepted")), False),
        (known(Seen(kind="accepted"), revoke=True), True),
        (known(None, revoke=True, ended=Lost("x")), False),
        (known(Seen(kind="unreachable")), False),
    ],
)
def test_a_start_is_taken_away_only_from_what_nobody_knows(one: Known, *, fenced: bool) -> None:
    assert must_fence(one) is fenced


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (known(), False),
        (known(adopted=True), False),
        (known(Seen(kind="unreachable")), False),
        (known(Seen(kind="accepted", waiting="for a slot")), True),
        (known(given="w1"), True),
        (known(CLAIMED), True),
        (known(Seen(kind="unreachable", worker="w1"), worker="w1"), True),
        (known(Seen(kind="absent")), True),
    ],
)
def test_a_stop_is_kept_until_somebody_can_be_told(one: Known, *, told: bool) -> None:
    assert can_be_told(one) is told


@pytest.mark.parametrize(
    ("seen", "asked", "older"),
    [
        (Seen(kind="accepted", worker="w1"), 49.0, True),
        (Seen(kind="accepted", worker="w1"), 51.0, False),
        (Seen(kind="accepted", worker="w1"), None, True),
        (Seen(kind="accepted", waiting="for a slot"), 51.0, True),
        (Seen(kind="absent"), 50.0, True),
        (Seen(kind="absent"), 51.0, False),
        (Seen(kind="absent"), None, True),
        (Seen(kind="unreachable", worker="w1"), 49.0, False),
        (Seen(kind="exited", worker="w1"), None, False),
        (CLAIMED, 49.0, False),
    ],
)
def test_an_answer_that_was_overtaken_is_not_believed(
    seen: Seen, asked: float | None, *, older: bool
) -> None:
    """It would be taken for a host that has lost what it runs, and the task would run twice."""
    one = known(Seen(kind="accepted"))
    assert not one.is_overtaken(seen, asked), "nothing has begun yet"
    one.hear(CLAIMED, 50.0, 1050.0)
    assert one.is_overtaken(seen, asked) is older


def test_a_start_that_came_to_nothing_is_taken_away() -> None:
    """The fence gave it to a worker that did not hear so in time: it is nobody's, and costs no try."""
    one = known(Seen(kind="accepted", worker="w1", waiting="it is being started"))
    assert (one.worker, one.given) == (None, "w1")
    one.hear(Seen(kind="absent"), 20.0, 1020.0)
    assert must_fence(one)
    begun = known(CLAIMED)
    begun.hear(Seen(kind="absent"), 20.0, 1020.0)
    assert not must_fence(begun), "what ran is never started again because its host forgot it"


@pytest.mark.parametrize(
    ("then", "news"),
    [
        (CLAIMED, False),
        (Seen(kind="claimed", worker="w1", pid=7, at=5.0, note="other"), True),
        (Seen(kind="unreachable", worker="w1"), True),
        (Seen(kind="exited", worker="w1"), True),
    ],
)
def test_only_news_wakes_the_engine_and_only_answers_renew(then: Seen, *, news: bool) -> None:
    one = known(CLAIMED)
    assert one.hear(then, 50.0, 1050.0) is news
    assert one.contact == (0.0 if then.kind == "unreachable" else 50.0)

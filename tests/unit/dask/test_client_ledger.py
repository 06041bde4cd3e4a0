"""Where attempts are, as the client knows; and what of a worker is still free."""

from __future__ import annotations

import time

from penstock.attempts.protocol import AttemptSpec
from penstock.execution.dask.crowd import Crowd, Known, seat_of
from penstock.execution.dask.ledger import Ledger
from penstock.execution.dask.messages import Facts, Sighting
from penstock.execution.dask.placement import Seat
from penstock.execution.remote.protocol import Order


def order(attempt_id: str, **more: object) -> Order:
    return Order(spec=AttemptSpec(attempt_id=attempt_id, argv=("true",)), **more)  # type: ignore[arg-type]


def known(name: str, age: float = 0.0, *, gone: bool = False, **more: object) -> Known:
    facts = Facts(name=name, identity=name, host="h", address="a", slots=2, queues=("default",), **more)  # type: ignore[arg-type]
    return Known(Sighting(facts, age, gone), time.monotonic() - age)


def test_what_fits_is_placed_in_turn_and_the_rest_says_why_not() -> None:
    ledger = Ledger()
    for each in ("a", "b", "c"):
        ledger.take(order(each))
    ledger.take(order("g", queue="gpu"))
    ledger.take(order("a"))
    assert ledger.place({"w": Seat("w", 1, 2), "v": Seat("v", 1, 2)}) == ["a", "b"]
    assert {each: given.worker for each, given in ledger.given.items()} == {"a": "w", "b": "v"}
    assert list(ledger.queue) == ["c", "g"]
    assert ledger.words == {"c": "all 4 slots of v, w are taken", "g": "no worker serves queue 'gpu'"}
    assert ledger.on_the_way("w") == {"a": {}}


def test_what_was_declined_waits_before_all_others() -> None:
    ledger = Ledger()
    for each in ("a", "b"):
        ledger.take(order(each))
    ledger.place({"w": Seat("w", 1, 2)})
    assert ledger.put_back("a", "worker w is draining")
    assert (list(ledger.queue), ledger.words["a"]) == (["a", "b"], "worker w is draining")
    assert not ledger.put_back("a", "again")


def test_what_has_begun_is_taken_in_no_more() -> None:
    ledger = Ledger()
    ledger.take(order("a"))
    ledger.begun("a", "w")
    ledger.take(order("a"))
    assert (ledger.queue, ledger.given, ledger.where) == ({}, {}, {"a": "w"})
    ledger.forget("a")
    ledger.take(order("a"))
    assert list(ledger.queue) == ["a"]


def test_resources_on_their_way_are_not_given_twice() -> None:
    worker = known("w", holds=("a",), resources={"MEM": 10.0}, taken={"MEM": 3.0})
    seat = seat_of(worker, {"a": {"MEM": 3.0}, "b": {"MEM": 4.0}})
    assert (seat.free, seat.left, seat.closed) == (0, {"MEM": 3.0}, None)


def test_a_worker_s_state_and_since_when() -> None:
    crowd = Crowd()
    states = [
        crowd.facts({"w": worker})[0]
        for worker in (
            known("w", since=7.0),
            known("w", draining=True, draining_since=50.0),
            known("w", age=100.0),
            known("w", gone=True),
            known("w", note="has 1 MiB left on its disk"),
        )
    ]
    assert [each.state for each in states] == ["ready", "draining", "unreachable", "unreachable", "ready"]
    assert [each.since for each in states[:2]] == [7.0, 50.0]
    assert abs(states[2].since - (time.time() - 100)) < 5
    assert states[3].since == states[2].since, "it is the same silence"
    assert states[4].note == "worker w has 1 MiB left on its disk"
    assert seat_of(known("w", gone=True), {}).closed == "does not answer"

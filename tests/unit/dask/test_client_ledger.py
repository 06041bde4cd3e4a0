"""Where attempts are, as the client knows; and what of a worker is still free."""

from __future__ import annotations

import time

from penstock.attempts.protocol import AttemptSpec
from penstock.execution.dask.crowd import Crowd, Known, seat_of
from penstock.execution.dask.ledger import ON_THE_WAY_SECONDS, Ledger
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
    assert ledger.place({"w": Seat("w", 1, 1), "v": Seat("v", 1, 1)}) == ["a", "b", "c"]
    assert {each: given.worker for each, given in ledger.given.items()} == {"a": "w", "b": "v", "c": "w"}
    assert list(ledger.queue) == ["g"]
    assert ledger.words == {"c": "all 2 slots of v, w are taken", "g": "no worker serves queue 'gpu'"}
    assert ledger.on_the_way() == {"w": {"a": {}, "c": {}}, "v": {"b": {}}}


def test_a_busy_worker_gets_as_many_in_advance_as_it_has_slots_and_nothing_that_needs_resources() -> None:
    ledger = Ledger()
    for each in ("a", "b", "c"):
        ledger.take(order(each))
    ledger.take(order("m", resources={"MEM": 1.0}))
    full = Seat("w", 0, 2, total={"MEM": 9.0}, left={"MEM": 9.0})
    assert ledger.place({"w": full, "d": Seat("d", 1, 2, closed="is draining")}) == ["a", "b"]
    assert ledger.words == dict.fromkeys(("a", "b", "c", "m"), "all 2 slots of w are taken")


def test_a_worker_whose_attempts_are_short_gets_as_many_in_advance_as_end_there_in_a_moment() -> None:
    ledger = Ledger()
    for number in range(9):
        ledger.take(order(str(number)))
    assert len(ledger.place({"w": Seat("w", 0, 2, lately=5), "v": Seat("v", 0, 0, lately=9)})) == 5
    assert seat_of(known("w", holds=("a", "b")), {"c": {}}, 4).takes_ahead
    assert not seat_of(known("w", holds=("a", "b")), {"c": {}, "d": {}}).takes_ahead


def test_what_was_given_in_advance_goes_to_the_worker_that_is_free_first() -> None:
    ledger = Ledger()
    for each in ("a", "b", "c"):
        ledger.take(order(each))
    ledger.place({"w": Seat("w", 0, 3)})
    assert set(ledger.given) == {"a", "b", "c"}
    assert ledger.place({"w": Seat("w", -3, 3), "v": Seat("v", 0, 3)}) == []
    assert ledger.place({"w": Seat("w", -3, 3), "v": Seat("v", 1, 3)}) == ["c"]
    assert ledger.place({"w": Seat("w", 1, 3), "v": Seat("v", 0, 3)}) == [], "nobody waits behind others"
    assert {each: given.worker for each, given in ledger.given.items()} == {"a": "w", "b": "w", "c": "v"}
    ledger.given["b"].over = True
    assert ledger.place({"w": Seat("w", -1, 3), "v": Seat("v", 1, 3)}) == ["a"]


def test_what_was_declined_waits_before_all_others() -> None:
    ledger = Ledger()
    for each in ("a", "b"):
        ledger.take(order(each))
    ledger.place({"w": Seat("w", 1, 1)})
    ledger.put_back("b", "")
    assert ledger.put_back("a", "worker w is draining")
    assert (list(ledger.queue), ledger.words["a"]) == (["a", "b"], "worker w is draining")
    assert not ledger.put_back("a", "again")


def test_what_a_worker_does_not_have_is_on_its_way_for_a_while() -> None:
    ledger = Ledger()
    ledger.take(order("a"))
    ledger.place({"w": Seat("w", 1, 1)})
    given = ledger.given["a"]
    assert not given.is_lost()
    given.at -= ON_THE_WAY_SECONDS + 1
    assert given.is_lost()
    given.at = time.monotonic()
    given.over = True
    assert given.is_lost(), "its scheduler has gone"


def test_only_the_worker_that_was_given_it_may_say_that_it_is_over() -> None:
    ledger = Ledger()
    ledger.take(order("a"))
    ledger.place({"w": Seat("w", 1, 1)})
    ledger.is_over("v", ["a", "unknown"])
    assert not ledger.given["a"].over
    ledger.is_over("w", ["unknown", "a"])
    assert ledger.given["a"].over


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


def test_newer_facts_of_the_same_process_are_told_from_older_ones() -> None:
    first, second = known("w", since=1.0, number=4), known("w", since=1.0, number=5)
    again, other = known("w", since=2.0, number=1), known("v", since=1.0, number=9)
    facts = [each.sighting.facts for each in (first, second, again, other)]
    assert facts[0].is_older_than(facts[1])
    assert not facts[1].is_older_than(facts[0])
    assert not facts[2].is_older_than(facts[1]), "it was started again"
    assert not facts[1].is_older_than(facts[3])

"""What the scheduler answers about workers and starts."""

from __future__ import annotations

from penstock.execution.dask.messages import (
    Claim,
    Facts,
    Join,
    Leave,
    Look,
    Refused,
    Report,
    Sightings,
    Welcome,
    Who,
    Winners,
)
from penstock.execution.dask.roster import SILENT_SECONDS, Roster
from penstock.execution.dask.versions import Versions

MINE = Versions("1", "3.11", "2026.8.0")


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def facts(name: str, identity: str = "i", address: str = "tcp://1") -> Facts:
    return Facts(name=name, identity=identity, host="h", address=address, slots=2)


def roster() -> tuple[Roster, Clock]:
    clock = Clock()
    return Roster(MINE, "boot", clock), clock


def seen(of: Roster) -> dict[str, tuple[float, bool]]:
    found = of.answer(Look())
    assert isinstance(found, Sightings)
    return {each.facts.name: (each.age, each.gone) for each in found.workers}


def test_a_start_is_offered_claimed_and_looked_up() -> None:
    it, _ = roster()
    assert it.answer(Claim({"a": "w/1"})) == Winners({})
    it.fence.offer(["a"])
    assert it.answer(Who(["a", "b"])) == Winners({"a": None})
    assert it.answer(Claim({"a": "w/1", "b": "w/2"})) == Winners({"a": "w/1"})
    assert it.answer(Claim({"a": "v/1"})) == Winners({"a": "w/1"})


def test_who_does_not_fit_is_refused_with_the_remedy() -> None:
    it, clock = roster()
    clock.seconds = 7.0
    assert it.answer(Join(MINE)) == Welcome(MINE, "boot", age=7.0)
    answer = it.answer(Join(Versions("1", "3.11", "2026.7.0")))
    assert isinstance(answer, Refused)
    assert "pip install" in answer.reason


def test_a_name_is_one_worker_s_while_it_is_here() -> None:
    it, clock = roster()
    it.answer(Report(facts("w", "one")))
    assert isinstance(it.answer(Join(MINE, "w", "two")), Refused)
    assert isinstance(it.answer(Join(MINE, "w", "one")), Welcome), "it has come back"
    clock.seconds += SILENT_SECONDS
    assert isinstance(it.answer(Join(MINE, "w", "two")), Welcome)
    it.answer(Report(facts("w", "two")))
    it.answer(Leave("w"))
    assert isinstance(it.answer(Join(MINE, "w", "three")), Welcome)


def test_workers_are_seen_with_the_age_of_their_last_word() -> None:
    it, clock = roster()
    it.answer(Report(facts("v", address="tcp://1")))
    clock.seconds = 3.0
    it.answer(Report(facts("w", address="tcp://2")))
    assert seen(it) == {"v": (3.0, False), "w": (0.0, False)}
    it.lost("tcp://1")
    assert seen(it)["v"] == (3.0, True)
    assert (it.address_of("v"), it.address_of("w"), it.address_of("x")) == (None, "tcp://2", None)
    it.answer(Report(facts("v")))
    assert seen(it)["v"] == (0.0, False)
    clock.seconds += 30 * 86400
    assert seen(it) == {}

"""The process that runs triggers: when it is started again, what it is told, what operators see."""

from __future__ import annotations

from penstock.scheduling.world.triggers import FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS, Triggers

DIED = "the process that runs triggers died: {}; its triggers are started again"


def test_it_is_started_again_later_and_later_until_one_runs_steadily() -> None:
    triggers = Triggers(None)
    mono, waits = 1000.0, []
    for number in range(10):
        triggers.started(f"t{number}", mono)
        mono += 1
        triggers.ended(mono, f"signal {number}")
        waits.append(triggers.waits(mono))
        assert (triggers.died, triggers.trouble) == (number + 1, DIED.format(f"signal {number}"))
    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert triggers.waits(mono + 60) == 0
    assert triggers.waits(mono + 61) == -1
    triggers.started("steady", mono)
    triggers.lives(7, mono + STEADY_SECONDS - 0.1)
    assert (triggers.pid, triggers.died) == (7, 10)
    triggers.lives(7, mono + STEADY_SECONDS)
    assert (triggers.died, triggers.trouble) == (0, None)


def test_one_that_ran_steadily_and_dies_begins_with_the_first_pause() -> None:
    for ran, wait in ((STEADY_SECONDS - 0.1, 1.0), (STEADY_SECONDS, 0.5)):
        triggers = Triggers(None)
        triggers.started("a", 10.0)
        triggers.ended(11.0, "x")
        triggers.started("b", 20.0)
        triggers.ended(20.0 + ran, "y")
        assert triggers.waits(20.0 + ran) == wait
        assert triggers.trouble == DIED.format("y")


def test_one_that_ends_by_itself_is_no_trouble() -> None:
    triggers = Triggers("first")
    triggers.lives(3, 1.0)
    triggers.ended(2.0, "x")
    triggers.started("second", 10.0)
    triggers.ended(11.0, None)
    assert (triggers.triggerer, triggers.pid, triggers.died, triggers.trouble) == (None, None, 0, None)
    assert triggers.waits(11.0) < 0


def test_it_is_told_once_and_again_when_that_has_changed() -> None:
    triggers = Triggers(None)
    triggers.add("b", (1, "x"))
    triggers.add("a", (2, "y[3]"))
    assert triggers.to_tell() is None
    triggers.started("t", 5.0)
    assert triggers.to_tell() == ["a", "b"]
    triggers.told()
    assert triggers.to_tell() is None
    triggers.drop("nothing")
    assert triggers.to_tell() is None
    triggers.drop("b")
    assert triggers.to_tell() == ["a"]
    triggers.told()
    triggers.add("c", (1, "x"))
    assert triggers.to_tell() == ["a", "c"]
    triggers.told()
    triggers.started("again", 6.0)
    assert triggers.to_tell() == ["a", "c"]
    assert (len(triggers), "a" in triggers, "b" in triggers) == (2, True, False)
    assert triggers.place("a") == (2, "y[3]")
    assert list(triggers.ids) == ["a", "c"]
    assert triggers.watched == ["a", "c", "again"]
    triggers.ended(7.0, None)
    assert triggers.watched == ["a", "c"]


def test_operators_see_what_it_does() -> None:
    triggers = Triggers(None)

    def seen() -> list[tuple[object, ...]]:
        found = triggers.workers(lambda attempt_id: f"/logs/{attempt_id}")
        return [(each.executor, each.pid, each.attempts, each.state, each.note) for each in found]

    assert seen() == []
    triggers.started("t", 1.0)
    assert seen() == [("triggers", None, 0, "starting", "its log: /logs/t")]
    triggers.lives(9, 2.0)
    assert seen() == [("triggers", 9, 0, "idle", "its log: /logs/t")]
    triggers.add("a", (1, "x"))
    assert seen() == [("triggers", 9, 1, "working", "its log: /logs/t")]
    assert triggers.workers(lambda _: None)[0].note is None
    triggers.ended(3.0, "signal 9")
    assert seen() == []
    triggers.started("u", 4.0)
    assert seen() == [("triggers", None, 1, "starting", DIED.format("signal 9"))]


def test_numbers_that_the_handbook_gives() -> None:
    assert (FIRST_PAUSE, LONGEST_PAUSE, STEADY_SECONDS) == (0.5, 60.0, 120.0)

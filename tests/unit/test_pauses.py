"""Pauses in force: those of a run, and those that end by their time."""

from __future__ import annotations

from penstock.model.pauses import PauseKind
from penstock.scheduling.world.pauses import Pauses
from penstock.store.engine.records import PauseRecord


def pause(kind: PauseKind, dag: str, run: str = "", task: str = "", until: int | None = None) -> PauseRecord:
    return PauseRecord(kind, dag, run, task, "ann", 0, None, until)


def test_pauses_end_by_their_time_and_stand_until_they_are_taken_away() -> None:
    first, second = pause(PauseKind.SCHEDULE, "a", until=10), pause(PauseKind.FREEZE, "b", until=20)
    pauses = Pauses([second, first, pause(PauseKind.SCHEDULE, "c")])
    assert pauses.next_end_us == 10
    assert pauses.ended(9) == []
    assert pauses.ended(25) == [first, second]
    assert first.key in pauses
    left: int | None = pauses.next_end_us
    assert left is None


def test_the_time_of_a_pause_that_was_lifted_or_replaced_is_void() -> None:
    lifted, replaced = pause(PauseKind.SCHEDULE, "a", until=10), pause(PauseKind.SCHEDULE, "b", until=10)
    pauses = Pauses([lifted, replaced])
    pauses.pop(lifted.key)
    longer = pause(PauseKind.SCHEDULE, "b", until=30)
    pauses[longer.key] = longer
    assert pauses.ended(10) == []
    assert pauses.ended(30) == [longer]


def test_everything_that_holds_a_run_is_at_hand() -> None:
    run, task, before = (
        pause(PauseKind.RUN, "a", "r"),
        pause(PauseKind.TASK, "a", "r", "t"),
        pause(PauseKind.BEFORE, "a", "r", "u"),
    )
    coming = pause(PauseKind.BEFORE, "a", "", "u")
    pauses = Pauses(
        [run, task, before, coming, pause(PauseKind.SCHEDULE, "a"), pause(PauseKind.RUN, "a", "s")]
    )
    assert pauses.of_run("a", "r") == [run, task, before]
    assert pauses.breakpoints("a", "r") == (before,)
    assert pauses.breakpoints("a", "") == (coming,)
    assert sorted(pauses.runs_with_breakpoints()) == [("a", ""), ("a", "r")]
    pauses.pop(before.key)
    assert pauses.runs_with_breakpoints() == [("a", "")]
    assert pauses.of_run("a", "r") == [run, task]

"""Which DAGs a tick looks at."""

from __future__ import annotations

from penstock.scheduling.world.due_dags import DueDags


def test_every_dag_is_looked_at_once_at_first() -> None:
    due = DueDags(["a", "b"])
    assert due.take(0) == ["a", "b"]
    assert due.take(1 << 60) == []
    assert due.next_us is None


def test_a_dag_is_looked_at_when_its_point_is_due_and_not_before() -> None:
    due = DueDags([])
    due.look_later("late", 20)
    due.look_later("soon", 10)
    assert due.next_us == 10
    assert due.take(9) == []
    assert due.take(10) == ["soon"]
    assert due.next_us == 20
    assert due.take(25) == ["late"]
    assert due.next_us is None


def test_what_changed_is_looked_at_now_and_its_old_time_is_void() -> None:
    due = DueDags([])
    due.look_later("a", 10)
    due.look_at("a")
    assert due.take(5) == ["a"]
    due.look_later("a", 30)
    assert due.take(10) == [], "10 was its time before it changed"
    assert due.take(30) == ["a"]


def test_the_last_time_that_was_said_holds() -> None:
    due = DueDags([])
    due.look_later("a", 10)
    due.look_later("a", 15)
    assert due.take(14) == []
    assert due.take(15) == ["a"]
    due.look_later("a", 20)
    due.look_later("a", 20)
    assert due.take(20) == ["a"]
    assert due.take(20) == []


def test_of_very_many_some_are_taken_at_once_in_their_order() -> None:
    names = [f"d{number}" for number in range(2 * DueDags.MOST + 1)]
    due = DueDags(names)
    taken = due.take(0)
    assert (len(taken), due.more) == (DueDags.MOST, True)
    due.look_at("new")
    taken += due.take(0)
    assert due.more
    taken += due.take(0)
    assert (taken, due.more) == ([*names, "new"], False)


def test_what_is_looked_at_in_every_round_never_keeps_rounds_going() -> None:
    """DAGs without room for runs, however many, are no reason for another tick."""
    names = [f"d{number}" for number in range(DueDags.MOST + 1)]
    due = DueDags(names)
    for _ in range(3):
        looked_at = 0
        for last in (False, True):
            taken = due.take(0)
            looked_at += len(taken)
            for name in taken:
                due.look_again(name)
            assert due.more is not last
        assert looked_at == len(names)

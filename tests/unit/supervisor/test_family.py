"""Which attempt a process belongs to, by its ancestors, its session and its mark."""

from __future__ import annotations

import os

import pytest

from penstock import process
from penstock.process_stat import Stat
from penstock.supervisor.family import family, is_unassigned, owner
from penstock.supervisor.warm_parent import UNASSIGNED

OWN = os.getpid()
A, B = "attempt-a", "attempt-b"
LEADERS = {A: 100, B: 200, "not started": 0}
# By pid: the parent, the session, the mark, the state as in /proc.
PROCESSES = {
    OWN: (1, 1, None, "S"),
    100: (OWN, 100, A, "S"),
    101: (100, 100, A, "S"),
    102: (101, 102, None, "S"),  # below the leader, in a session of its own and without the mark
    103: (OWN, 100, None, "S"),  # an orphan of the leader's session
    104: (OWN, 104, A, "S"),  # an orphan that has the mark alone
    105: (OWN, 105, None, "S"),  # an orphan that has nothing
    106: (101, 106, B, "S"),  # the mark is the other's, its ancestors are not
    107: (101, 101, A, "Z"),
    200: (OWN, 200, B, "S"),
    201: (200, 201, A, "S"),
    300: (1, 300, A, "S"),  # started by somebody else, who passed the mark on
    301: (1, 301, None, "S"),
    302: (303, 302, None, "S"),  # two whose records were read at different times: each is above the other
    303: (302, 303, B, "S"),
    304: (999, 304, None, "S"),  # its parent has ended meanwhile
}


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        Stat(pid, state, parent, pid, session, 1) for pid, (parent, session, _, state) in PROCESSES.items()
    ]
    monkeypatch.setattr(process, "processes", lambda: iter(records))
    monkeypatch.setattr(process, "environment_value", lambda pid, name: PROCESSES[pid][2])


@pytest.mark.parametrize(
    ("attempt", "leaders", "pids"),
    [
        (A, LEADERS, [100, 101, 102, 103, 104, 106, 300]),
        (B, LEADERS, [200, 201, 303]),
        ("not started", LEADERS, []),
        (A, {A: 100}, [100, 101, 102, 103, 104, 105, 106, 201, 300]),
        (A, {A: 0}, [100, 101, 102, 103, 104, 105, 201, 300]),
    ],
)
def test_an_attempts_family(attempt: str, leaders: dict[str, int], pids: list[int]) -> None:
    assert [record.pid for record in family(attempt, leaders)] == pids


@pytest.mark.parametrize(
    ("session", "mark", "leaders", "whose"),
    [
        (100, None, LEADERS, A),
        (100, B, LEADERS, A),
        (5, B, LEADERS, B),
        (5, None, LEADERS, None),
        (5, None, {A: 100}, A),
        (5, "one that has ended", {A: 100}, "one that has ended"),
        (0, None, {A: 0, B: 200}, None),
    ],
)
def test_whose_an_orphan_is(
    session: int,
    mark: str | None,
    leaders: dict[str, int],
    whose: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "environment_value", lambda pid, name: mark)
    assert owner(Stat(5, "S", OWN, 5, session, 1), leaders) == whose


def test_a_warm_parent_and_its_forks_have_no_attempt_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Stat(5, "S", OWN, 5, 5, 1)
    for mark, unassigned in ((UNASSIGNED, True), (A, False), (None, False)):
        monkeypatch.setattr(process, "environment_value", lambda pid, name, mark=mark: mark)
        assert is_unassigned(record) is unassigned

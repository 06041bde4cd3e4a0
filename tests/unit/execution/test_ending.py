"""The stopping rule by itself: who is told what, and when."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from penstock import process
from penstock.process_stat import Stat
from penstock.supervisor import ending, sigterm
from penstock.supervisor.ending import Ending
from penstock.supervisor.sigterm import NEVER

TERM, KILL, CONT = 15, 9, 18
pytestmark = pytest.mark.skipif(not process.LINUX, reason="families are seen in /proc")


class Told:
    """A child whose group hears, and relatives that hear by themselves; nobody obeys."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own = process.stat(os.getpid())
        assert own is not None
        self.pid = 4_000_001
        self.heard: list[tuple[int, int]] = []
        self.family = [Stat(own.pid, "S", 1, 77, 77, own.start_ticks)]
        self.answer = 0
        self.ending = Ending(lambda: self.family)
        monkeypatch.setattr(process, "send", self._send)
        monkeypatch.setattr(sigterm, "_end", lambda pid, handle: "")

    def _send(self, pid: int, ticks: int, number: int) -> int:
        self.heard.append((pid, number))
        return self.answer

    def terminate(self) -> None:
        self.heard.append((self.pid, TERM))

    def kill(self) -> None:
        self.heard.append((self.pid, KILL))

    def order(self, kind: str, now: float, grace: float) -> None:
        child: Any = self
        self.ending.order(kind, "why", now, grace=grace, child=child)

    def strike(self, now: float, *, leader_ended: bool = False) -> None:
        child: Any = self
        self.ending.kill(child, now, leader_ended=leader_ended)

    def is_over(self, now: float) -> bool:
        child: Any = self
        return self.ending.is_over(child, now)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


def test_everybody_hears_sigterm_once_however_often_it_is_ordered(told: Told) -> None:
    told.order("timeout", 10.0, 5.0)
    told.order("cancelled", 11.0, 60.0)
    assert told.heard == [(told.pid, TERM), (os.getpid(), TERM), (os.getpid(), CONT)]
    assert (told.ending.ordered, told.ending.kill_at) == ("timeout", 15.0)
    told.order("cancelled", 12.0, 0.0)
    assert told.ending.kill_at == 12.0


def test_who_is_in_the_group_hears_it_with_the_group(told: Told) -> None:
    told.family[0].group = told.pid
    told.order("cancelled", 0.0, 5.0)
    assert told.heard == [(told.pid, TERM)]


def test_without_a_grace_nobody_is_asked(told: Told) -> None:
    told.order("cancelled", 0.0, 0.0)
    assert told.heard == []
    told.strike(0.0)
    assert told.heard == [(told.pid, KILL), (os.getpid(), KILL)]
    assert told.ending.killed_after == 0.0
    assert told.ending.killed == set()


def test_after_the_first_process_its_number_is_not_used_any_more(told: Told) -> None:
    told.order("cancelled", 0.0, 5.0)
    told.heard.clear()
    told.strike(5.0, leader_ended=True)
    assert told.heard == [(os.getpid(), KILL)]
    assert {pid for pid, _ in told.ending.killed} == {os.getpid()}


def test_killing_goes_on_with_longer_and_longer_pauses(told: Told) -> None:
    told.order("cancelled", 0.0, 5.0)
    now, moments = 5.0, []
    for _ in range(14):
        told.strike(now, leader_ended=True)
        moments.append(round(told.ending.kill_at - now, 2))
        now = told.ending.kill_at
    assert moments[:4] == [0.05, 0.1, 0.2, 0.4]
    assert moments[-1] == 30.0
    assert told.ending.killed_after == 5.0


def test_who_lives_on_long_after_is_said_not_to_end(told: Told) -> None:
    told.order("cancelled", 0.0, 1.0)
    told.strike(1.0)
    told.strike(1.0 + ending.DOUBT_SECONDS / 2)
    assert told.ending.trouble is None
    told.strike(1.0 + ending.DOUBT_SECONDS)
    assert f"process {os.getpid()} (" in str(told.ending.trouble)
    assert str(told.ending.trouble).endswith("cannot be killed: it does not end")
    told.family[0].state = "D"
    told.strike(9.0)
    assert str(told.ending.trouble).endswith("it waits in the kernel")


def test_who_is_not_ours_is_said_at_once(told: Told) -> None:
    told.answer = errno.EPERM
    told.order("cancelled", 0.0, 1.0)
    told.strike(1.0)
    assert str(told.ending.trouble).endswith("cannot be killed: belongs to another user")


def test_it_is_over_when_nobody_is_left(told: Told) -> None:
    told.order("cancelled", 0.0, 5.0)
    assert not told.is_over(1.0)
    look = told.ending.look_at
    assert look > 1.0
    told.family = []
    assert not told.is_over((1.0 + look) / 2)  # it looks now and then
    told.ending.look_soon()
    assert told.is_over((1.0 + look) / 2)
    assert (told.ending.kill_at, told.ending.look_at) == (NEVER, NEVER)

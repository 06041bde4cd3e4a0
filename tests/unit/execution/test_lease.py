"""When a lease ends, by a clock that a test sets."""

from __future__ import annotations

import pytest

from penstock import process
from penstock.supervisor.lease import LAST_LOOK, LOOK_SECONDS, Lease
from penstock.supervisor.sigterm import NEVER


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a cell with the seconds of the steady clock."""
    cell = [100.0]
    monkeypatch.setattr(process, "steady", lambda: cell[0])
    return cell


def test_an_order_without_a_lease_may_run_for_ever(steady: list[float]) -> None:
    lease = Lease(None, 0.0)
    steady[0] = 1e9
    lease.renew(5.0)
    assert (lease.look_at, lease.is_over(1e9)) == (NEVER, False)


@pytest.mark.parametrize(("seconds", "first"), [(2.0, 2.0), (600.0, LOOK_SECONDS)])
def test_it_is_looked_at_in_time_and_now_and_then(steady: list[float], seconds: float, first: float) -> None:
    assert Lease(seconds, 10.0).look_at == 10.0 + first


def test_it_ends_after_its_time_and_a_last_look(steady: list[float]) -> None:
    lease = Lease(2.0, 10.0)
    steady[0] += 1.5
    assert not lease.is_over(11.5)
    assert lease.look_at == 12.0
    steady[0] += 0.5
    assert not lease.is_over(12.0), "what was sent while it was frozen has not been read"
    assert lease.look_at == 12.0 + LAST_LOOK
    steady[0] += LAST_LOOK
    assert lease.is_over(13.0)
    assert lease.is_over(99.0), "it stays so"
    assert lease.words() == "lease expired: nobody renewed it for 2 s"


@pytest.mark.parametrize("asleep", [0.0, 1.9, 2.0, 1e6])
def test_whoever_renews_it_before_the_last_look_is_in_time(steady: list[float], asleep: float) -> None:
    lease = Lease(2.0, 10.0)
    steady[0] += asleep
    lease.is_over(10.0)
    lease.renew(10.0)
    assert not lease.is_over(10.0)
    steady[0] += 1.9
    assert not lease.is_over(11.9)
    steady[0] += 0.2
    assert not lease.is_over(12.1), "the last look is given anew"


def test_sleep_of_the_machine_counts(steady: list[float]) -> None:
    """The timers stand still then, and it is looked at soon after."""
    lease = Lease(600.0, 10.0)
    steady[0] += 3600.0
    assert lease.look_at <= 10.0 + LOOK_SECONDS
    lease.is_over(lease.look_at)
    assert lease.is_over(lease.look_at)

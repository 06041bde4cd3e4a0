"""Engine and supervisors die at any moment; no status is lost, nothing runs twice, nothing is left over.

The full counts run with ``make slow``; the suite runs a short version of each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drive.chaos import Chaos

POINTS = ("before_commit", "after_commit", "after_mkdir", "after_spec", "after_spawn_request", "after_submit")

Make = Callable[[], Chaos]


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # a failure is replayed with it
    made = Chaos(tmp_path, seed)
    made.instance.start()
    yield made
    made.close()


def engine_kills(chaos: Chaos, count: int) -> None:
    for _ in range(count):
        chaos.kill_engine()
    chaos.settle()
    found = chaos.audit()
    print(f"{count} engine kills, {len(chaos.runs)} runs, {found}")
    found.assert_clean(lost_allowed=False)


def failpoint_kills(chaos: Chaos, count: int) -> None:
    reached = 0
    for number in range(count):
        point = f"{POINTS[number % len(POINTS)]}:{chaos.random.randint(1, 6)}"
        reached += chaos.kill_engine_at(point)
    chaos.settle()
    found = chaos.audit()
    print(f"{reached} of {count} named points reached, {len(chaos.runs)} runs, {found}")
    assert reached >= count * 0.6, "the points are hardly reached: the test shows nothing"
    found.assert_clean(lost_allowed=False)


def supervisor_kills(chaos: Chaos, count: int) -> None:
    for _ in range(count):
        chaos.kill_supervisor()
    chaos.settle()
    found = chaos.audit()
    print(f"{count} supervisor kills, {len(chaos.runs)} runs, {found}")
    assert found.lost > 0, "no kill hit an attempt: the test shows nothing"
    found.assert_clean(lost_allowed=True)


def test_engine_killed_at_random_moments(chaos: Chaos) -> None:
    engine_kills(chaos, 5)


def test_engine_killed_between_decision_and_spawn(chaos: Chaos) -> None:
    failpoint_kills(chaos, len(POINTS))


def test_supervisors_killed(chaos: Chaos) -> None:
    supervisor_kills(chaos, 6)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_engine_killed_at_random_moments_200_times(chaos: Chaos) -> None:
    engine_kills(chaos, 200)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_engine_killed_between_decision_and_spawn_50_times(chaos: Chaos) -> None:
    failpoint_kills(chaos, 50)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_supervisors_killed_50_times(chaos: Chaos) -> None:
    supervisor_kills(chaos, 50)

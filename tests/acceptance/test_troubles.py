"""Kills, set clocks, full disks and spoiled rows at once: nothing lost, doubled or left over; no beat missed.

The full count runs with ``make slow``; the suite runs a short version.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.troubles import Troubles, check_beats


@pytest.fixture
def troubles(tmp_path: Path) -> Iterator[Troubles]:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # a failure is replayed with it
    made = Troubles(tmp_path, seed)
    try:
        made.instance.start()
        yield made
    finally:
        made.close()


def many(troubles: Troubles, count: int) -> None:
    for number in range(count):
        troubles.one(number)
    freed = troubles.settle_all()
    found = troubles.audit()
    points = troubles.beats()
    print(
        f"{dict(troubles.done)}, disk {'small' if troubles.disk.mounted else 'ordinary'}, "
        f"clock {'set' if troubles.clock.environment else 'left alone'}, {len(troubles.runs)} runs, "
        f"{freed} of {len(troubles.spoiled)} spoiled runs freed, {len(points)} beats, {found}"
    )
    found.assert_clean(lost_allowed=False)
    assert freed == len(set(troubles.spoiled)), "what was spoiled is not what was in quarantine"
    assert troubles.odd_durations() == []
    check_beats(points)


def test_each_trouble_twice(troubles: Troubles) -> None:
    many(troubles, 8)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_200_troubles(troubles: Troubles) -> None:
    many(troubles, 200)

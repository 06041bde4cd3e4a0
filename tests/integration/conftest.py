"""What holds for all tests of several rooms together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.loop import Bench, opened


@pytest.fixture
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Bench]:
    """An engine's loop over an empty database, a clock and an executor that tests set.

    No tick may fail meanwhile, for the engine does one that failed again without what it failed over, and a
    test would not notice. Where that is what is tried, the test says so: ``@pytest.mark.ticks_fail``.
    """
    async with opened(tmp_path) as made:
        yield made
    if request.node.get_closest_marker("ticks_fail") is None:
        assert [each.getMessage() for each in caplog.get_records("call") if each.name in _LOOP] == []


_LOOP = ("penstock.scheduling.isolate", "penstock.scheduling.loop")

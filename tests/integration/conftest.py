"""What holds for all tests of several rooms together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.loop import Bench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """An engine's loop over an empty database, a clock and an executor that tests set."""
    async with opened(tmp_path) as made:
        yield made

"""The other side, once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from drive.far_hosts import Far, far_hosts


@pytest.fixture(scope="session")
def other_side() -> Iterator[Far]:
    with far_hosts() as found:
        yield found


@pytest.fixture
def far(other_side: Far, monkeypatch: pytest.MonkeyPatch) -> Far:
    """The other side, which this process reaches as one that is started here does."""
    for name, value in other_side.sshd.environment.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return other_side

"""`say("trigger", "hello")` runs a command against an engine in memory and returns what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from drive.commands import alone, engine, home, say

__all__ = ["alone", "engine", "home", "say"]


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """Let no test find the machine's home."""

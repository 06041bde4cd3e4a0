"""What holds for all tests of the console."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder of the test's own: whatever keys are pressed, a log is saved there."""
    monkeypatch.chdir(tmp_path)

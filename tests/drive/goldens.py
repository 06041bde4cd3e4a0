"""Pages that are read in review: what is told now must be what was told when somebody read it.

With ``PENSTOCK_GOLDENS=write`` they are written anew, to be read as a difference.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

_SHOWN = 200
"""Lines of the difference that are shown."""


def assert_as_read(told: Mapping[Path, str]) -> None:
    """Compare each text with its file, or write all of them and skip the test."""
    if os.environ.get("PENSTOCK_GOLDENS") == "write":
        for file, text in told.items():
            file.write_text(text, encoding="utf-8")
        pytest.skip("written")
    differences = [
        line
        for file, text in told.items()
        for line in difflib.unified_diff(
            file.read_text(encoding="utf-8").splitlines(), text.splitlines(), "read", "now", lineterm=""
        )
    ]
    assert not differences, "\n".join(differences[:_SHOWN])

"""Which versions may join, and what mends those that may not."""

from __future__ import annotations

import pytest

from penstock.execution.dask.versions import Versions, misfit

THERE = Versions("0.2.0", "3.11", "2026.8.0")


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        (THERE, []),
        (
            Versions("0.1.0", "3.11", "2026.8.0"),
            ["Penstock 0.1.0 here, 0.2.0 there", "penstock[dask]==0.2.0"],
        ),
        (
            Versions("0.2.0", "3.11", "2026.7.1"),
            ["Dask 2026.7.1 here, 2026.8.0 there", "distributed==2026.8.0"],
        ),
        (Versions("0.2.0", "3.12", "2026.8.0"), ["Python 3.12 here, 3.11 there", "python3.11 -m venv"]),
        (
            Versions("0.1.0", "3.13", "2025.1.0"),
            ["Penstock 0.1.0", "Python 3.13", "Dask 2025.1.0", "python3.11"],
        ),
    ],
)
def test_what_fits(mine: Versions, words: list[str]) -> None:
    reason = misfit(mine, THERE)
    assert (reason is None) == (not words)
    assert all(word in str(reason) for word in words)

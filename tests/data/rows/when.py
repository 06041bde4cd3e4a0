"""Moments of the rows: all in 2026, and the present moment of whoever reads them."""

from __future__ import annotations

from datetime import UTC, datetime

from penstock.clock import to_us

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return a moment of ``month-day hour:minute[:second]``."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}").replace(tzinfo=UTC)


def us(text: str) -> int:
    """Return the same in microseconds."""
    return to_us(at(text))

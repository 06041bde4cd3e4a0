"""Dates as they are typed into a form. Pure: now is passed in. Raises `UsageError` in plain words."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from penstock.errors import UsageError

_SPAN = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?")


def moment(text: str, *, end_of_day: bool = False) -> datetime:
    """Return an ISO date or time as typed; naive, so in the DAG's zone, if it has no offset.

    A date without a time is its first moment, or its last with *end_of_day*. Raise `UsageError` otherwise.
    """
    typed = text.strip()
    try:
        parsed = datetime.fromisoformat(typed)
    except ValueError:
        raise UsageError(f"{typed!r} is not a date: write 2026-08-21 or 2026-08-21T06:00") from None
    if end_of_day and len(typed) <= len("2026-08-21"):
        return datetime.combine(parsed.date(), time(23, 59, 59))
    return parsed


def span(text: str) -> timedelta | None:
    """Return a span such as ``90m``, ``2h`` or ``1d12h``; None for other text."""
    found = _SPAN.fullmatch(text.strip())
    if not found or not any(found.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def until(text: str, now: datetime) -> datetime | None:
    """Return when a pause ends: after a span (``90m``, ``1d12h``) or at a date; None when nothing is typed.

    Raise `UsageError` for other text.
    """
    typed = text.strip()
    if not typed:
        return None
    wait = span(typed)
    return moment(typed) if wait is None else now + wait

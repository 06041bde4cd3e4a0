"""A time in a log as it is typed: of the day, a date, or so long before its end. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from penstock.errors import UsageError

_SPAN = re.compile(r"([-+])(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")
_OF_DAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
HINT = "06:30, 2026-07-12T06:30, -10m before the end or +1h after the beginning"


def log_moment(text: str, begin: datetime, end: datetime, zone: tzinfo) -> datetime:
    """Return the time that *text* means in a log written from *begin* to *end*; raise `UsageError`.

    ``-10m``, ``-1h30m`` and ``-90s`` count from its end, ``+5m`` from its beginning. A time of the day is the
    last one up to the end. What has no offset is in *zone*.
    """
    typed = text.strip()
    span = _SPAN.fullmatch(typed)
    if span is not None and any(span.groups()[1:]):
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups()[1:])
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        try:
            return end - length if span[1] == "-" else begin + length
        except OverflowError:
            raise UsageError(f"{typed!r} is too long") from None
    if _OF_DAY.fullmatch(typed):
        day = end.astimezone(zone)
        moment = _parsed(f"{day:%Y-%m-%d}T{typed if typed[1:2] != ':' else '0' + typed}", zone)
        return moment if moment <= end else moment - timedelta(days=1)
    return _parsed(typed, zone)


def _parsed(typed: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        raise UsageError(f"{typed!r} is not a time: write {HINT}") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)

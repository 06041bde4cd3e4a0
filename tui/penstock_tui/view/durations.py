"""Times, spans and sizes in few characters. Pure: now is passed in."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def span(seconds: float | None) -> str:
    """Return a duration: ``0.4s``, ``42s``, ``14m02s``, ``3h07m``, ``12d03h``; ``-`` for None."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02d}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02d}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02d}h"


def brief(seconds: float | None) -> str:
    """Return a duration in its largest unit only: ``42s``, ``14m``, ``3h``, ``12d``; ``-`` for None."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def took(start: datetime | None, end: datetime | None, now: datetime) -> float | None:
    """Return seconds from *start* to *end*, or to *now* while it goes on; None before it started."""
    if start is None:
        return None
    return ((end or now) - start).total_seconds()


def past(moment: datetime | None, now: datetime, zone: tzinfo | None = None) -> str:
    """Return when something was: ``06:13:58`` today, ``yesterday 06:13``, else ``08-19 06:13``.

    Days are counted in *zone* (default: that of *now*).
    """
    if moment is None:
        return "-"
    here, today = moment.astimezone(zone or now.tzinfo), now.astimezone(zone or now.tzinfo)
    days = (today.date() - here.date()).days
    if days == 0:
        return here.strftime("%H:%M:%S")
    if days == 1:
        return here.strftime("yest. %H:%M")
    if here.year == today.year:
        return here.strftime("%m-%d %H:%M")
    return here.strftime("%Y-%m-%d")


def coming(moment: datetime | None, now: datetime, zone: tzinfo | None = None) -> str:
    """Return when something will be: ``in 47m``, ``tomorrow 06``, ``09-01 06:00``; ``-`` for None."""
    if moment is None:
        return "-"
    seconds = (moment - now).total_seconds()
    if seconds < 0:
        return f"due {brief(-seconds)}"
    if seconds < 12 * _HOUR:
        return f"in {brief(seconds)}"
    here, today = moment.astimezone(zone or now.tzinfo), now.astimezone(zone or now.tzinfo)
    days = (here.date() - today.date()).days
    if days == 0:
        return here.strftime("%H:%M")
    if days == 1:
        return here.strftime("tom. %H:%M")
    return here.strftime("%m-%d %H:%M") if here.year == today.year else here.strftime("%Y-%m-%d")


def stamp(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """Return a logical date: ``2026-08-21`` at midnight, else ``2026-08-21T06:00``; ``-`` for None."""
    if moment is None:
        return "-"
    here = moment.astimezone(zone) if zone else moment
    if (here.hour, here.minute, here.second) == (0, 0, 0):
        return here.strftime("%Y-%m-%d")
    return here.strftime("%Y-%m-%dT%H:%M:%S" if here.second else "%Y-%m-%dT%H:%M")


@lru_cache(64)
def zone(name: str) -> tzinfo:
    """Return the time zone called *name*; UTC if it does not exist.

    Logical dates are in the zone of their DAG, everything else in that of the operator.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def size(amount: float | None) -> str:
    """Return bytes: ``640``, ``14K``, ``210M``, ``1.1G``; ``-`` for None."""
    if amount is None:
        return "-"
    for unit in ("", "K", "M", "G"):
        if amount < 999.5:
            return f"{amount:.1f}{unit}" if unit and amount < 9.95 else f"{amount:.0f}{unit}"
        amount /= 1024
    return f"{amount:.1f}T"

"""Dates, durations and JSON objects as arguments.

A date without an offset is in the DAG's time zone, which only the engine knows, so the argument stays
naive until `in_zone`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import click

from penstock.errors import UsageError

_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
NO_DATE = datetime.max.replace(tzinfo=UTC)
"""Means "without a logical date", where an argument may be ``none``."""


class Moment(click.ParamType[datetime]):
    """``now`` or an ISO date or time; a date without a time is midnight."""

    name = "date"

    def __init__(self, *, none_allowed: bool = False) -> None:
        self.none_allowed = none_allowed

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time, naive if the text has no offset."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        if text == "now":
            return datetime.now(UTC)
        if text == "none" and self.none_allowed:
            return NO_DATE
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is not a date: write 2013-01-05, 2013-01-05T06:00 or now", param, ctx)


class Until(Moment):
    """A time, or a duration from now such as ``90m``, ``2h`` or ``1d12h``."""

    name = "time"
    direction = 1

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time, naive if the text has no offset."""
        found = _SPAN.fullmatch(str(value))
        if found and any(found.groups()):
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            try:
                span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
                return datetime.now(UTC) + self.direction * span
            except OverflowError:
                self.fail(f"{value!r} is too long", param, ctx)
        return super().convert(value, param, ctx)


class Ago(Until):
    """A time, or a duration before now."""

    direction = -1


class Conf(click.ParamType[dict[str, Any]]):
    """A JSON object."""

    name = "json"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Return the object."""
        import json

        if isinstance(value, dict):
            return value
        try:
            conf = json.loads(str(value))
        except ValueError as error:
            self.fail(f"not JSON: {error}", param, ctx)
        if not isinstance(conf, dict):
            self.fail("must be a JSON object, such as '{\"day\": 3}'", param, ctx)
        return conf


_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)


def duration(text: str, what: str) -> tuple[float | None, dict[str, int] | None]:
    """Return an ISO duration as seconds, or as relativedelta keywords if it has months or years.

    Raises `UsageError` with a message that begins with *what*.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise UsageError(f"{what}: {text!r} is not a duration: write PT6H, P1D, P1M or P2W")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    seconds = float(found[7] or 0)
    if not years and not months:
        return ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds, None
    if not seconds.is_integer():
        raise UsageError(f"{what}: {text!r} has months or years, so its seconds must be whole")
    named = {
        "years": years,
        "months": months,
        "days": days + 7 * weeks,
        "hours": hours,
        "minutes": minutes,
        "seconds": int(seconds),
    }
    return None, {name: value for name, value in named.items() if value}


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """Return *at* in UTC; a naive one is in *zone*."""
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def as_date(text: str) -> date | datetime | None:
    """Return the date in *text*: a day, a time (naive or not), or None if it is not a date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None

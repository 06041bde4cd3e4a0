"""``airflow.utils.timezone``: moments that know their time zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from penstock.task_process.moment import Moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

utc = ZoneInfo("UTC")


def is_localized(value: dt.datetime) -> bool:
    """Whether *value* has a time zone."""
    return value.utcoffset() is not None


def is_naive(value: dt.datetime) -> bool:
    """Whether *value* has no time zone."""
    return value.utcoffset() is None


def utcnow() -> Moment:
    """Return the present moment."""
    return Moment.now_utc()


def utc_epoch() -> Moment:
    """Return 1970-01-01 in UTC."""
    return Moment(1970, 1, 1, tzinfo=utc)


def convert_to_utc(value: dt.datetime | None) -> Moment | None:
    """Return the same moment in UTC; one without a zone is taken to be in it."""
    if value is None:
        return None
    aware = value if is_localized(value) else value.replace(tzinfo=utc)
    return Moment.of(aware.astimezone(utc))


def make_aware(value: dt.datetime, timezone: Any = None) -> Moment:
    """Return a wall-clock time of *timezone* as a moment; raise ValueError for one that has a zone."""
    if is_localized(value):
        raise ValueError(f"make_aware needs a time without a zone, not {value}")
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone or utc
    return Moment.of(value.replace(tzinfo=zone))


def make_naive(value: dt.datetime, timezone: Any = None) -> dt.datetime:
    """Return the wall-clock time of *value* in *timezone*; raise ValueError for one without a zone."""
    if is_naive(value):
        raise ValueError("make_naive needs a time with a zone")
    return value.astimezone(timezone or utc).replace(tzinfo=None)


def datetime(*args: Any, **kwargs: Any) -> Moment:
    """Return a moment, in UTC unless a zone is given."""
    kwargs.setdefault("tzinfo", utc)
    return Moment(*args, **kwargs)


def parse(string: str, timezone: Any = None, *, strict: bool = False) -> Moment:
    """Return the moment that *string* names; one without a zone is in *timezone*, or UTC."""
    from dateutil import parser

    found = dt.datetime.fromisoformat(string) if strict else parser.parse(string)
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone or utc
    return Moment.of(found if is_localized(found) else found.replace(tzinfo=zone))


def coerce_datetime(v: dt.datetime | None, tz: Any = None) -> Moment | None:
    """Return *v* as a moment with a zone."""
    if v is None:
        return None
    return Moment.of(v if is_localized(v) else v.replace(tzinfo=tz or utc))


def parse_timezone(name: str | int) -> Any:
    """Return the time zone of a name, or of an offset in seconds."""
    return dt.timezone(dt.timedelta(seconds=name)) if isinstance(name, int) else ZoneInfo(name)


def from_timestamp(timestamp: float, tz: Any = None) -> Moment:
    """Return the moment so many seconds after 1970."""
    return Moment.fromtimestamp(timestamp, ZoneInfo(tz) if isinstance(tz, str) else tz or utc)


def td_format(td_object: dt.timedelta | float | None) -> str | None:
    """Return a duration in letters, such as ``1h:20M``."""
    if not td_object:
        return None
    left = int(td_object.total_seconds() if isinstance(td_object, dt.timedelta) else td_object)
    parts = []
    for letter, size in (
        ("y", 31_536_000),
        ("m", 2_592_000),
        ("d", 86_400),
        ("h", 3600),
        ("M", 60),
        ("s", 1),
    ):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{letter}")
    return ":".join(parts) or "<1s"

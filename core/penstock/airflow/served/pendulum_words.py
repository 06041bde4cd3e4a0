"""The words of pendulum that DAG files use, over our own moments; only where pendulum is not installed."""

from __future__ import annotations

import datetime as _dt  # noqa: ICN001 - datetime is one of the words
from zoneinfo import ZoneInfo

from penstock.task_process.moment import Moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

__all__ = [
    "UTC", "Date", "DateTime", "Duration", "Time", "Timezone", "date", "datetime", "duration", "from_format",
    "from_timestamp", "instance", "local", "local_timezone", "naive", "now", "parse", "period", "time",
    "timezone", "today", "tomorrow", "yesterday",
]  # fmt: skip

DateTime = Moment
Date = _dt.date
Time = _dt.time
UTC = ZoneInfo("UTC")


class Timezone(ZoneInfo):
    """A time zone by its name."""

    @property
    def name(self) -> str:
        """The name."""
        return self.key


def timezone(name: str | int) -> Any:
    """Return a time zone by its name, or by its offset in seconds."""
    return _dt.timezone(_dt.timedelta(seconds=name)) if isinstance(name, int) else Timezone(name)


def _zone(tz: Any) -> Any:
    return timezone(tz) if isinstance(tz, str | int) else tz


def datetime(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
    tz: Any = UTC,
    **more: Any,
) -> Moment:
    """Return a moment, in UTC unless *tz* says otherwise."""
    zone = _zone(more.get("tzinfo", tz))
    return Moment(year, month, day, hour, minute, second, microsecond, tzinfo=zone)


def local(*args: int) -> Moment:
    """Return a moment on the machine's clock."""
    return Moment.of(_dt.datetime(*args).astimezone())  # type: ignore[arg-type]


def naive(*args: int) -> Moment:
    """Return a time without a zone."""
    return Moment(*args)  # type: ignore[arg-type]


def date(year: int, month: int, day: int) -> _dt.date:
    """Return a day."""
    return _dt.date(year, month, day)


def time(hour: int, minute: int = 0, second: int = 0, microsecond: int = 0) -> _dt.time:
    """Return a time of the day."""
    return _dt.time(hour, minute, second, microsecond)


def now(tz: Any = None) -> Moment:
    """Return the present moment, on the machine's clock unless *tz* says otherwise."""
    return Moment.of(_dt.datetime.now(_zone(tz)).astimezone(_zone(tz)))


def today(tz: Any = "local") -> Moment:
    """Return the beginning of the day."""
    zone = None if tz == "local" else tz
    return now(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def yesterday(tz: Any = "local") -> Moment:
    """Return the beginning of the day before."""
    return today(tz) - _dt.timedelta(days=1)


def tomorrow(tz: Any = "local") -> Moment:
    """Return the beginning of the next day."""
    return today(tz) + _dt.timedelta(days=1)


def local_timezone() -> Any:
    """Return the zone of the machine's clock."""
    return _dt.datetime.now().astimezone().tzinfo


def parse(text: str, tz: Any = UTC, **more: Any) -> Moment:
    """Return the moment that *text* names."""
    del more
    from dateutil import parser

    found = parser.parse(text)
    return Moment.of(found if found.tzinfo else found.replace(tzinfo=_zone(tz)))


def instance(moment: _dt.datetime, tz: Any = UTC) -> Moment:
    """Return a datetime as one of ours."""
    return Moment.of(moment if moment.tzinfo else moment.replace(tzinfo=_zone(tz)))


def from_timestamp(timestamp: float, tz: Any = UTC) -> Moment:
    """Return the moment so many seconds after 1970."""
    return Moment.fromtimestamp(timestamp, _zone(tz))


_PATTERNS = {
    "YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S",
}  # fmt: skip


def from_format(text: str, fmt: str, tz: Any = UTC) -> Moment:
    """Return the moment that *text* names in the usual letters (``YYYY-MM-DD HH:mm:ss``)."""
    for ours, python in _PATTERNS.items():
        fmt = fmt.replace(ours, python)
    return Moment.of(_dt.datetime.strptime(text, fmt).replace(tzinfo=_zone(tz)))


class Duration(_dt.timedelta):
    """A length of time; a month is 30 days and a year 365, as in pendulum."""

    def __new__(cls, days: float = 0, seconds: float = 0, microseconds: float = 0, **more: float) -> Self:
        """Return the length of all parts together."""
        days += more.pop("years", 0) * 365 + more.pop("months", 0) * 30
        return super().__new__(cls, days=days, seconds=seconds, microseconds=microseconds, **more)

    def in_seconds(self) -> int:
        """Return it in seconds."""
        return int(self.total_seconds())

    def in_minutes(self) -> int:
        """Return it in minutes."""
        return int(self.total_seconds() // 60)

    def in_hours(self) -> int:
        """Return it in hours."""
        return int(self.total_seconds() // 3600)

    def in_days(self) -> int:
        """Return it in days."""
        return self.days


duration = Duration


def period(start: _dt.datetime, end: _dt.datetime) -> _dt.timedelta:
    """Return the length of time between two moments."""
    return end - start

"""Words of pendulum's that moments have too, and that few tasks use: formats, calendar units, differences."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Self

    from penstock.task_process.moment import Moment

_TOKEN = re.compile(
    r"\[(?:[^\]])*\]|YYYY|YY|Y|Qo?|MMMM|MMM|MM|Mo|M|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|E|W[Wo]?"
    r"|HH|H|hh|h|mm|m|ss|s|S{1,6}|X|x|ZZ|Z|zz|z|A|LTS|LT|LLLL|LLL|LL|L"
)
_LONG = {
    "LTS": "h:mm:ss A", "LT": "h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A", "LLL": "MMMM D, YYYY h:mm A",
    "LL": "MMMM D, YYYY", "L": "MM/DD/YYYY",
}  # fmt: skip
_UNITS = ("second", "minute", "hour", "day", "week", "month", "year", "decade", "century")


class Span(timedelta):
    """A difference of two moments: a timedelta that says its length in a unit."""

    @classmethod
    def of(cls, length: timedelta) -> Self:
        """Return *length* as a `Span`."""
        return cls(length.days, length.seconds, length.microseconds)

    def total_minutes(self) -> float:
        """Return the minutes, with their fraction."""
        return self.total_seconds() / 60

    def total_hours(self) -> float:
        """Return the hours, with their fraction."""
        return self.total_seconds() / 3600

    def total_days(self) -> float:
        """Return the days, with their fraction."""
        return self.total_seconds() / 86400

    def in_seconds(self) -> int:
        """Return the whole seconds."""
        return int(self.total_seconds())

    def in_minutes(self) -> int:
        """Return the whole minutes."""
        return int(self.total_minutes())

    def in_hours(self) -> int:
        """Return the whole hours."""
        return int(self.total_hours())

    def in_days(self) -> int:
        """Return the whole days."""
        return int(self.total_days())

    def in_weeks(self) -> int:
        """Return the whole weeks."""
        return int(self.total_days() / 7)

    @property
    def hours(self) -> int:
        """The hours besides the days."""
        return self.seconds // 3600

    @property
    def minutes(self) -> int:
        """The minutes besides the hours."""
        return self.seconds // 60 % 60


def word(moment: Moment, name: str) -> Any:
    """Return the method or the value called *name* of a moment; raise AttributeError for all others."""
    if name in _VALUES:
        return _VALUES[name](moment)
    if name in _METHODS:
        method = _METHODS[name]
        return lambda *args, **named: method(moment, *args, **named)
    raise AttributeError(f"{type(moment).__name__!r} object has no attribute {name!r}")


def formatted(moment: Moment, fmt: str, locale: Any = None) -> str:
    """Return the moment as *fmt* says: ``YYYY-MM-DD HH:mm:ss``, text in ``[brackets]`` as it is."""
    del locale
    return _TOKEN.sub(lambda found: _token(moment, found[0]), fmt)


def _token(moment: Moment, token: str) -> str:
    if token[0] == "[":
        return token[1:-1]
    if token in _LONG:
        return formatted(moment, _LONG[token])
    if token[0] == "S":
        return f"{moment.microsecond:06}"[: len(token)]
    return str(_TOKENS[token](moment))


def _ordinal(number: int) -> str:
    end = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{end}"


def _quarter(moment: Moment) -> int:
    return (moment.month + 2) // 3


def _offset(moment: Moment, between: str) -> str:
    text = moment.strftime("%z") or "+0000"
    return f"{text[:3]}{between}{text[3:5]}"


def _week_of_year(moment: Moment) -> int:
    return moment.isocalendar().week


_TOKENS: dict[str, Callable[[Moment], Any]] = {
    "YYYY": lambda at: f"{at.year:04}", "YY": lambda at: f"{at.year % 100:02}", "Y": lambda at: at.year,
    "Q": _quarter, "Qo": lambda at: _ordinal(_quarter(at)), "MMMM": lambda at: at.strftime("%B"),
    "MMM": lambda at: at.strftime("%b"), "MM": lambda at: f"{at.month:02}", "M": lambda at: at.month,
    "Mo": lambda at: _ordinal(at.month), "DDDD": lambda at: at.strftime("%j"),
    "DDD": lambda at: at.timetuple().tm_yday, "DDDo": lambda at: _ordinal(at.timetuple().tm_yday),
    "DD": lambda at: f"{at.day:02}", "D": lambda at: at.day, "Do": lambda at: _ordinal(at.day),
    "dddd": lambda at: at.strftime("%A"), "ddd": lambda at: at.strftime("%a"),
    "dd": lambda at: at.strftime("%a")[:2], "d": lambda at: at.isoweekday() % 7,
    "do": lambda at: _ordinal(at.isoweekday() % 7), "E": lambda at: at.isoweekday(),
    "W": _week_of_year, "WW": lambda at: f"{_week_of_year(at):02}",
    "Wo": lambda at: _ordinal(_week_of_year(at)),
    "HH": lambda at: f"{at.hour:02}", "H": lambda at: at.hour, "hh": lambda at: f"{at.hour % 12 or 12:02}",
    "h": lambda at: at.hour % 12 or 12, "mm": lambda at: f"{at.minute:02}", "m": lambda at: at.minute,
    "ss": lambda at: f"{at.second:02}", "s": lambda at: at.second, "X": lambda at: int(at.timestamp()),
    "x": lambda at: int(at.timestamp() * 1000), "ZZ": lambda at: _offset(at, ""),
    "Z": lambda at: _offset(at, ":"),
    "zz": lambda at: at.tzname() or "", "z": lambda at: at.timezone_name or "",
    "A": lambda at: "AM" if at.hour < 12 else "PM",
}  # fmt: skip


def start_of(moment: Moment, unit: str) -> Moment:
    """Return the beginning of the unit that the moment lies in; raise ValueError for an unknown unit."""
    if unit not in _UNITS:
        raise ValueError(f"the unit must be one of {', '.join(_UNITS)}, not {unit!r}")
    at = moment.replace(microsecond=0)
    fields = {"second": {}, "minute": {"second": 0}, "hour": {"second": 0, "minute": 0}}
    if unit in fields:
        return at.replace(**fields[unit])  # type: ignore[arg-type]  # numbers
    at = at.replace(second=0, minute=0, hour=0)
    if unit == "week":
        return at - timedelta(days=at.weekday())
    if unit == "day":
        return at
    at = at.replace(day=1)
    if unit == "month":
        return at
    size = {"year": 1, "decade": 10, "century": 100}[unit]
    first = at.year - at.year % size if size < 100 else at.year - (at.year - 1) % size
    return at.replace(month=1, year=first)


def end_of(moment: Moment, unit: str) -> Moment:
    """Return the last microsecond of the unit that the moment lies in; raise ValueError as `start_of`."""
    begin = start_of(moment, unit)
    step: dict[str, int] = {"decade": 10, "century": 100}
    following = begin.add(years=step[unit]) if unit in step else begin.add(**{f"{unit}s": 1})
    return following - timedelta(microseconds=1)


def _set(moment: Moment, **fields: Any) -> Moment:
    zone = fields.pop("tz", None)
    if zone is not None:
        fields["tzinfo"] = moment.in_timezone(zone).tzinfo
    return moment.replace(**fields)


def _diff(moment: Moment, other: datetime | None = None, abs: bool = True) -> Span:  # noqa: A002 - pendulum's word
    found = (datetime.now(UTC) if other is None else other) - moment
    return Span.of(-found if abs and found < timedelta(0) else found)


def _day(moment: Moment, weekday: int | None, step: int) -> Moment:
    at = start_of(moment, "day")
    wanted = moment.weekday() if weekday is None else int(weekday)
    at = at.add(days=step)
    while at.weekday() != wanted:
        at = at.add(days=step)
    return at


def _last_day(moment: Moment) -> int:
    return monthrange(moment.year, moment.month)[1]


_METHODS: dict[str, Callable[..., Any]] = {
    "format": formatted,
    "start_of": start_of,
    "end_of": end_of,
    "set": _set,
    "on": lambda at, year, month, day: at.replace(year=year, month=month, day=day),
    "at": lambda at, hour, minute=0, second=0, microsecond=0: at.replace(
        hour=hour, minute=minute, second=second, microsecond=microsecond
    ),
    "diff": _diff,
    "next": lambda at, weekday=None: _day(at, weekday, 1),
    "previous": lambda at, weekday=None: _day(at, weekday, -1),
    "first_of": start_of,
    "last_of": lambda at, unit: start_of(end_of(at, unit), "day"),
    "naive": lambda at: at.replace(tzinfo=None),
    "is_utc": lambda at: at.utcoffset() == timedelta(0),
    "is_past": lambda at: at < datetime.now(UTC),
    "is_future": lambda at: at > datetime.now(UTC),
    "is_leap_year": lambda at: monthrange(at.year, 2)[1] == 29,
    "is_same_day": lambda at, other: at.date() == other.date(),
    "to_time_string": lambda at: at.strftime("%H:%M:%S"),
    "to_rfc3339_string": lambda at: at.isoformat(),
    "to_atom_string": lambda at: at.isoformat(),
    "to_w3c_string": lambda at: at.isoformat(),
    "to_day_datetime_string": lambda at: formatted(at, "ddd, MMM D, YYYY h:mm A"),
    "to_formatted_date_string": lambda at: formatted(at, "MMM DD, YYYY"),
    "to_rfc822_string": lambda at: formatted(at, "ddd, DD MMM YY HH:mm:ss ZZ"),
}
_VALUES: dict[str, Callable[[Moment], Any]] = {
    "quarter": _quarter,
    "day_of_week": lambda at: at.weekday(),
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "week_of_year": _week_of_year,
    "week_of_month": lambda at: (at.day + at.replace(day=1).weekday() + 6) // 7,
    "days_in_month": _last_day,
    "float_timestamp": lambda at: at.timestamp(),
    "timezone": lambda at: at.tzinfo,
    "tz": lambda at: at.tzinfo,
    "offset": lambda at: int((at.utcoffset() or timedelta(0)).total_seconds()),
    "offset_hours": lambda at: (at.utcoffset() or timedelta(0)).total_seconds() / 3600,
}

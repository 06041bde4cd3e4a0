"""Reads a calendar event of systemd (``OnCalendar=``), as systemd 252 does."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from penstock.importing.meaning import WEEKDAYS, FieldError, Meaning

_WORDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "semi-annually": "*-01,07-01 00:00:00",
    "biannually": "*-01,07-01 00:00:00",
    "bi-annually": "*-01,07-01 00:00:00",
    "half-yearly": "*-01,07-01 00:00:00",
}
_NAMES = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_WEEKDAY = re.compile(r"[A-Za-z]+(?:(?:\.\.|-|,)[A-Za-z]+)*,?")
_PART = re.compile(r"(\*|\d+)(?:\.\.(\d+))?(?:/(\d+))?", re.ASCII)
_YEARS = (1970, 2199)


def read_calendar(text: str) -> tuple[Meaning, str | None]:
    """Return when an event is due, and its time zone if it names one; raise `FieldError`."""
    words = text.split()
    zone = None
    if len(words) > 1 and (words[-1] == "UTC" or words[-1] in available_timezones()):
        zone = words.pop()
    if len(words) == 1 and words[0].lower() in _WORDS:
        words = _WORDS[words[0].lower()].split()
    if not words:
        raise FieldError("it is empty")
    weekdays = WEEKDAYS
    if _WEEKDAY.fullmatch(words[0]):
        weekdays = _weekdays(words.pop(0))
    date = words.pop(0) if words and ":" not in words[0] else "*-*-*"
    time = words.pop(0) if words and ":" in words[0] else "00:00:00"
    if words:
        raise FieldError(f"{text!r} is not a calendar event: {words[0]!r} is one word too many")
    years, months, days, from_end = _date(date)
    hours, minutes, seconds = _time(time)
    meaning = Meaning(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=weekdays,
        both=True,
        seconds=seconds,
        years=years,
        from_end=from_end,
    )
    return meaning, zone


def _weekdays(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.rstrip(",").split(","):
        first, dots, last = part.partition(".." if ".." in part else "-")
        low, high = _weekday(first), _weekday(last) if dots else _weekday(first)
        order = [(low - 1) % 7, (high - 1) % 7]  # a week of systemd begins on Monday
        if order[0] > order[1]:
            raise FieldError(f"the weekdays {part!r} go backwards, past the end of the week on Sunday")
        found |= {(day + 1) % 7 for day in range(order[0], order[1] + 1)}
    return frozenset(found)


def _weekday(word: str) -> int:
    low = word.lower()
    for number, name in enumerate(_NAMES):
        if low in (name, name[:3]):
            return number
    raise FieldError(f"{word!r} is not a weekday such as Mon or Monday")


def _date(text: str) -> tuple[frozenset[int] | None, frozenset[int], frozenset[int], frozenset[int]]:
    """Return years (None for all), months, days, and days from the end of the month."""
    head, tilde, last = text.partition("~")
    parts = [*head.split("-"), last] if tilde else text.split("-")
    if len(parts) == 2:
        parts = ["*", *parts]
    if len(parts) != 3:
        raise FieldError(f"{text!r} is not a date such as *-*-01 or 2026-01-01")
    year, month, day = parts
    years = None if year == "*" else _values(year, *_YEARS, "year")
    months = _values(month, 1, 12, "month")
    if not tilde:
        return years, months, _values(day, 1, 31, "day"), frozenset()
    return years, months, frozenset(), _from_end(day)


def _from_end(text: str) -> frozenset[int]:
    """Return days from the end of the month: ``7/1`` begins at the seventh last and goes to the last."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None or match[1] == "*":
            raise FieldError(f"{part!r} is not a day counted from the end of the month")
        first, last, step = int(match[1]), match[2], match[3]
        end = int(last) if last else (1 if step else first)
        low, high = sorted((first, end))
        if not 1 <= low <= high <= 28:
            raise FieldError(f"{part!r} is not a day counted from the end of the month")
        found |= set(range(high, low - 1, -int(step or 1)))
    return frozenset(found)


def _time(text: str) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    parts = text.split(":")
    if len(parts) == 2:
        parts.append("00")
    if len(parts) != 3:
        raise FieldError(f"{text!r} is not a time such as 02:30 or *:0/20")
    hour, minute, second = parts
    if "." in second.replace("..", ""):
        raise FieldError(f"{text!r} has parts of a second")
    return (
        _values(hour, 0, 23, "hour"),
        _values(minute, 0, 59, "minute"),
        _values(second, 0, 59, "second"),
    )


def _values(text: str, low: int, high: int, name: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise FieldError(f"{part!r} is not a {name} of a calendar event")
        first, last, step = match.groups()
        if first == "*":
            if last:
                raise FieldError(f"{part!r} is not a {name} of a calendar event")
            begin, end = low, high
        else:
            begin = int(first)
            end = int(last) if last else (high if step else begin)
        if name == "year":
            begin, end = _full_year(begin), _full_year(end)
        if not (low <= begin <= high and low <= end <= high) or begin > end or step == "0":
            raise FieldError(f"{part!r} is not a {name} from {low} to {high}")
        found |= set(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _full_year(value: int) -> int:
    if value >= 100:
        return value
    return value + (1900 if value >= 70 else 2000)

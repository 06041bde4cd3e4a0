"""Dates by CLDR patterns (``EEEE, d MMMM y``), in English; other languages need Babel."""

from __future__ import annotations

import re
from datetime import datetime

_FIELD = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*")
_MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def format_date(moment: datetime, pattern: str, locale: str | None = None) -> str:
    """Return *moment* in *pattern*; raise ValueError for an unknown field or language."""
    if locale and not locale.lower().startswith("en"):
        try:
            from babel.dates import format_datetime  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise ValueError(f"dates in {locale!r} need the package Babel: pip install Babel") from None
        return str(format_datetime(moment, pattern, locale=locale))

    def field(found: re.Match[str]) -> str:
        text = found[0]
        if text.startswith("'"):
            return text[1:-1].replace("''", "'") or "'"
        return _field(moment, text[0], len(text))

    return _FIELD.sub(field, pattern)


def _field(moment: datetime, letter: str, width: int) -> str:
    """Return one field of a pattern."""
    match letter:
        case "y" | "Y" | "u":
            year = moment.isocalendar().year if letter == "Y" else moment.year
            return f"{year % 100:02}" if width == 2 else f"{year:0{width}}"
        case "M" | "L":
            return _named(_MONTHS, moment.month - 1, width) if width > 2 else f"{moment.month:0{width}}"
        case "E" | "e" | "c" if letter == "E" or width > 2:
            return _named(_DAYS, moment.weekday(), max(width, 3))
        case "d" | "D" | "H" | "m" | "s" | "w" | "Q" | "h" | "e" | "c":
            return f"{_number(moment, letter):0{width}}"
        case "a":
            return "AM" if moment.hour < 12 else "PM"
        case "S":
            return f"{moment.microsecond:06}"[:width].ljust(width, "0")
    raise ValueError(f"the date pattern has an unknown field: {letter * width!r}")


def _number(moment: datetime, letter: str) -> int:
    numbers = {
        "d": moment.day,
        "D": moment.timetuple().tm_yday,
        "H": moment.hour,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
        "w": moment.isocalendar().week,
        "Q": (moment.month + 2) // 3,
        "e": moment.isoweekday() % 7 + 1,
        "c": moment.isoweekday() % 7 + 1,
    }
    return numbers[letter]


def _named(names: list[str], place: int, width: int) -> str:
    """Return a name whole (4), short (3) or as a letter (5)."""
    name = names[place]
    return {3: name[:3], 4: name, 5: name[0], 6: name[:2]}.get(width, name)

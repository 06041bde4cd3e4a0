"""Reads the five fields of a line as busybox crond 1.35 does.

Ranges go on past the end of a field. Days of the month are counted from 0, so ``*/2`` means even days. A
field with a mistake keeps what was read before it, and the line runs: a weekday of 7 means every day.
"""

from __future__ import annotations

import re

from penstock.importing.meaning import DAYS, FieldError, Meaning
from penstock.importing.vixie import AT_WORDS, Read

_DIGITS = re.compile(r"\d+", re.ASCII)
_STEP = re.compile(r"[+-]?\d+|", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 60, 0, ()),
    ("hour", 24, 0, ()),
    ("day of month", 32, 0, ()),
    ("month", 12, -1, _MONTHS),
    ("weekday", 7, 0, _WEEKDAYS),
)
"""Name, how many places, what is added to a number, and names of values."""
_PATIENCE = 1024
"""After so many steps through a field it gives up."""


def read_busybox(schedule: str) -> Read:
    """Return the meaning of five fields or an ``@word``; raise `FieldError` if the line is passed over."""
    if schedule.startswith("@"):
        if schedule not in AT_WORDS:
            raise FieldError(f"{schedule} is not one of {', '.join([*AT_WORDS, '@reboot'])}")
        schedule = AT_WORDS[schedule]
    words = schedule.split()
    if len(words) != 5:
        raise FieldError(f"it has {len(words)} fields, and needs five and a command")
    notes: list[str] = []
    minutes, hours, days, months, weekdays = (
        _field(word, *facts, notes) for word, facts in zip(words, _FIELDS, strict=True)
    )
    every_day, every_weekday = len(days) == 32, len(weekdays) == 7
    if every_day and not every_weekday:
        days = set()
    elif every_weekday and not every_day:
        weekdays = set()
    return Read(
        Meaning(
            minutes=frozenset(minutes),
            hours=frozenset(hours),
            days=frozenset(days) & DAYS,
            months=frozenset(month + 1 for month in months),
            weekdays=frozenset(weekdays),
            both=False,
        ),
        tuple(notes),
    )


def _field(text: str, name: str, size: int, added: int, names: tuple[str, ...], notes: list[str]) -> set[int]:
    values: set[int] = set()
    at = 0
    while True:
        first, last, at = _ends(text, at, size, added, names)
        if first is None or last is None:
            at = -1
            break
        step = 1
        if text[at : at + 1] == "/":
            found = _STEP.match(text, at + 1)
            assert found is not None
            step, at = int(found[0] or 0), found.end()
        if not _fill(values, first, last, step, size):
            at = -1
            break
        if text[at : at + 1] != ",":
            break
        at += 1
    if at != len(text):
        kept = ", ".join(str(value - added) for value in sorted(values)) or "nothing"
        notes.append(
            f"busybox reports a parse error for {text!r} in the {name} field, and goes on with "
            f"{'everything' if len(values) == size else kept}"
        )
    return values


def _ends(
    text: str, at: int, size: int, added: int, names: tuple[str, ...]
) -> tuple[int | None, int | None, int]:
    """Return where a range begins and ends, and where the text goes on; None if it cannot be read."""
    first = last = -1
    while True:
        if text[at : at + 1] == "*":
            first, last, at = 0, size - 1, at + 1
        elif found := _DIGITS.match(text, at):
            value, at = int(found[0]) + added, found.end()
            first, last = (value, last) if first < 0 else (first, value)
        elif (name := text[at : at + 3].lower()) in names:
            value, at = names.index(name), at + 3
            first, last = (value, last) if first < 0 else (first, value)
        else:
            return None, None, at
        if text[at : at + 1] == "-" and last < 0:
            at += 1
            continue
        return first, first if last < 0 else last, at


def _fill(values: set[int], first: int, last: int, step: int, size: int) -> bool:
    """Add the values from *first* to *last*, past the end if need be; return whether *last* was met."""
    place, wait = first - 1, 1
    for _ in range(_PATIENCE - 1):
        place = place + 1 if place + 1 < 0 else (place + 1) % size
        wait -= 1
        if wait == 0:
            values |= {place} if place >= 0 else set()
            wait = step
        if place == last:
            return True
    return False

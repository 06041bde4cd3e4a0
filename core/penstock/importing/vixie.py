"""Reads the five fields of a line as Debian cron 3.0pl1 and cronie 1.7 do.

Both come from one program. Debian's stops reading a field at the first character that it does not know,
and skips the rest of it: ``1#1`` is 1, ``*5`` is ``*``. cronie refuses such a field, and knows ``~``.
Ranges that go backwards are accepted by both, and hold nothing.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from penstock.importing.meaning import FieldError, Meaning

_WORD = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    low: int
    high: int
    names: Sequence[str] = ()


_KINDS = (
    _Kind("minute", 0, 59),
    _Kind("hour", 0, 23),
    _Kind("day-of-month", 1, 31),
    _Kind("month", 1, 12, _MONTHS),
    _Kind("day-of-week", 0, 7, _WEEKDAYS),
)

AT_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""The same for all daemons, in lower case only; ``@reboot`` is known too, and has no times."""


@dataclass(frozen=True, slots=True)
class Read:
    """What five fields mean, and what is worth saying about how they were read."""

    meaning: Meaning
    notes: tuple[str, ...] = ()


def read_vixie(schedule: str, *, strict: bool) -> Read:
    """Return the meaning of five fields or an ``@word``; *strict* is cronie's way.

    Raises `FieldError` if the daemon refuses it.
    """
    if schedule.startswith("@"):
        if schedule not in AT_WORDS:
            raise FieldError(_unknown_word(schedule))
        schedule = AT_WORDS[schedule]
    words = schedule.split()
    if len(words) != 5:
        raise FieldError(f"it has {len(words)} fields, and needs five and a command")
    notes: list[str] = []
    minute, hour, day, month, weekday = (
        _field(kind, word, strict, notes) for kind, word in zip(_KINDS, words, strict=True)
    )
    if weekday & {0, 7}:
        weekday |= {0, 7}
    notes += [
        f"{part!r} in the {kind.name} field goes backwards and holds nothing; was {meant!r} meant?"
        for kind, word in zip(_KINDS, words, strict=True)
        for part, meant in _backwards(kind, word)
    ]
    star = [word.startswith("*") for word in words]
    return Read(
        Meaning(
            minutes=frozenset(minute),
            hours=frozenset(hour),
            days=frozenset(day),
            months=frozenset(month),
            weekdays=frozenset(weekday - {7}),
            both=star[2] or star[4],
            wild=star[0] or star[1],
        ),
        tuple(notes),
    )


def _unknown_word(word: str) -> str:
    known = ", ".join([*AT_WORDS, "@reboot"])
    if word.lower() in AT_WORDS:
        return f"bad time specifier: {word} must be in lower case"
    return f"bad time specifier: {word} is not one of {known}"


def _field(kind: _Kind, text: str, strict: bool, notes: list[str]) -> set[int]:
    values: set[int] = set()
    at = 0
    while True:
        found, at = _range(kind, text, at, strict, notes)
        values |= found
        if at >= len(text) or text[at] != ",":
            break
        at += 1
    if at < len(text):
        if strict:
            raise FieldError(f"bad {kind.name}: {text!r}")
        notes.append(f"Debian cron reads {text!r} in the {kind.name} field as {text[:at]!r}")
    return values


def _range(
    kind: _Kind,
    text: str,
    at: int,
    strict: bool,
    notes: list[str],
) -> tuple[set[int], int]:
    """Return the values of one member of a list that begins at *at*, and where it ends."""
    step, single = 1, False
    if text[at : at + 1] == "*":
        low, high, at = kind.low, kind.high, at + 1
    elif strict and text[at : at + 1] == "~":
        return _random(kind, text, kind.low, at + 1, notes)
    else:
        low, at = _number(kind, text, at, kind.names)
        high, single = low, True
        if strict and text[at : at + 1] == "~":
            return _random(kind, text, low, at + 1, notes)
        if text[at : at + 1] == "-":
            high, at = _number(kind, text, at + 1, kind.names)
            single = False
    if text[at : at + 1] == "/":
        if single:
            raise FieldError(f"bad {kind.name}: a step needs a range or a star before it, in {text!r}")
        step, at = _number(kind, text, at + 1, ())
        if step == 0:
            raise FieldError(f"bad {kind.name}: the step in {text!r} is 0")
    if not (kind.low <= low <= kind.high and kind.low <= high <= kind.high):
        raise FieldError(f"bad {kind.name}: {text!r} is not within {kind.low}-{kind.high}")
    return set(range(low, high + 1, step)), at


def _number(kind: _Kind, text: str, at: int, names: Sequence[str]) -> tuple[int, int]:
    found = _WORD.match(text, at)
    word = found[0] if found else ""
    if word.lower() in names:
        return names.index(word.lower()) + kind.low, at + len(word)
    if not word.isdecimal():
        raise FieldError(f"bad {kind.name}: {text!r}")
    return int(word), at + len(word)


def _random(kind: _Kind, text: str, low: int, at: int, notes: list[str]) -> tuple[set[int], int]:
    high = kind.high
    if at < len(text) and text[at] != ",":
        high, at = _number(kind, text, at, kind.names)
    if not kind.low <= low <= high <= kind.high:
        raise FieldError(f"bad {kind.name}: {text!r} is not within {kind.low}-{kind.high}")
    chosen = low + zlib.crc32(text.encode()) % (high - low + 1)
    notes.append(
        f"cronie takes another {kind.name} from {low} to {high} at each start; here it is always {chosen}"
    )
    return {chosen}, at


def _backwards(kind: _Kind, text: str) -> list[tuple[str, str]]:
    """Return the ranges of a field that go backwards, each with what its author may have meant."""
    found = []
    for part in text.split(","):
        first, dash, rest = part.partition("-")
        last, slash, _ = rest.partition("/")
        if not dash:
            continue
        try:
            low, _ = _number(kind, first, 0, kind.names)
            high, _ = _number(kind, last, 0, kind.names)
        except FieldError:
            continue
        if low > high:
            end = kind.high if kind.name != "day-of-week" else 6
            meant = (
                f"{low}-{end},{kind.low}-{high}" if not slash else f"{low}-{end},{kind.low}-{high} with steps"
            )
            found.append((part, meant))
    return found

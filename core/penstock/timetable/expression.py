"""Parses a cron expression: its fields in a known order, what is refused, and what is warned about.

Every sentence about an expression that an author reads is made here and in `fields`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Literal

from penstock.timetable import hints
from penstock.timetable.fields import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    YEAR,
    Field,
    FieldError,
    parse_field,
    spans,
)
from penstock.timetable.presets import PRESETS

SecondsAt = Literal["first", "last"]
"""Which field is the second among six or seven fields."""
Days = Literal["either", "both"]
"""Which days match if both day fields are restricted: the days of either, or those in both."""

_NUMBERED = re.compile(r"(?<![#/\d])\d")
"""A weekday as a number, not a step or a place in the month."""
_YEARS = re.compile(r"(?:19|20)\d\d(?:[-,/]\d+)*", re.ASCII)
_LAST = (MINUTE, HOUR, DAY, MONTH, WEEKDAY, SECOND, YEAR)
_FIRST = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR)
_ORDER = {"first": "second minute hour day month weekday", "last": "minute hour day month weekday second"}


@dataclass(frozen=True, slots=True)
class Expression:
    """A cron expression. ``text`` is what the author wrote.

    ``union``: a day matches if either day field has it; otherwise both must.
    """

    text: str
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field
    second: Field
    year: Field
    union: bool
    warnings: tuple[str, ...] = ()

    @property
    def every_day(self) -> bool:
        """Whether it matches on every day."""
        days = self.day.full or self.weekday.full if self.union else self.day.full and self.weekday.full
        return days and self.month.full and self.year.free

    @property
    def times_of_day(self) -> tuple[int, ...]:
        """The seconds of the day at which it matches, on a day that matches."""
        moments = product(self.hour.every, self.minute.every, self.second.every)
        return tuple(hour * 3600 + minute * 60 + second for hour, minute, second in moments)


def parse_cron(text: str, seconds: SecondsAt | None = None, days: Days | None = None) -> Expression:
    """Return *text* as an expression; raise ValueError in one plain sentence.

    *seconds* says which field is the second if there are six or seven, *days* what two day fields mean
    together. Whether any date matches is not checked.
    """
    words = text.split()
    preset = PRESETS.get(text.strip().lower())
    if preset is not None:
        words = preset.split()
    hint = hints.not_a_cron(text, words) if preset is None else None
    if hint is not None:
        raise ValueError(f"cron {text!r} is not valid: {hint}")
    if (line := _crontab_line(words)) is not None:
        raise ValueError(f"cron {text!r} is not valid: {line}")
    if not 5 <= len(words) <= 7:
        count = f"{len(words)} field{'' if len(words) == 1 else 's'}"
        raise ValueError(
            f"cron {text!r} is not valid: it has {count}, not the five for minute, hour, day of month, month "
            "and weekday (six with seconds, seven with seconds and years)"
        )
    if len(words) == 6 and seconds is None:
        raise ValueError(f"cron {text!r} {_six(words)}")
    try:
        found = _fields(words, seconds or "last")
    except FieldError as error:
        other = (
            hints.years_first(words) if len(words) == 7 and seconds is None and _reads(words, "first") else ""
        )
        raise ValueError(f"cron {text!r} is not valid: {error}{other}") from None
    minute, hour, day, month, weekday, second, year = found
    _refuse_dropped(text, day, weekday, days)
    warnings = tuple(f"cron {text!r}: {each}" for each in _doubts(found, days, _seven(words, seconds)))
    return Expression(
        text, minute, hour, day, month, weekday, second, year, _union(day, weekday, days), warnings
    )


def _fields(words: list[str], seconds: SecondsAt) -> tuple[Field, ...]:
    """Return the fields as minute, hour, day, month, weekday, second, year."""
    if len(words) == 5:
        words = [*words, "0"] if seconds == "last" else ["0", *words]
    kinds = _LAST if seconds == "last" else _FIRST
    known = {kind: parse_field(kind, word) for kind, word in zip(kinds, [*words, "*"], strict=False)}
    return tuple(known[kind] for kind in _LAST)


def _reads(words: list[str], seconds: SecondsAt) -> bool:
    try:
        _fields(words, seconds)
    except FieldError:
        return False
    return True


def _six(words: list[str]) -> str:
    """Return why six fields are refused, and what to write instead."""
    years = " ".join([*words[:5], "0", words[5]])
    if _YEARS.fullmatch(words[5]) and _reads(years.split(), "last"):
        return f"has six fields: a year is the seventh, after the second, so write {years!r}"
    written = [_with_second(words, order) for order in ("first", "last") if _reads(words, order)]
    if written:
        return f"has six fields, and programs differ on which one is the second: write {', '.join(written)}"
    try:
        _fields(words, "last" if "?" in words[:5] and words[5] == "*" else "first")  # AWS has a year there
    except FieldError as error:
        return f"has six fields, which can be read neither with the second first nor last: {error}"
    raise AssertionError("one of the two can be read")


def _with_second(words: list[str], order: SecondsAt) -> str:
    """Return what to write if the second is the first or the last one; five fields if they are enough."""
    second, five = (words[0], words[1:]) if order == "first" else (words[5], words[:5])
    spared = second == "0" or (order == "last" and second == "*" and "?" in words)  # as AWS has it
    line = f"{' '.join(five)!r} or " if spared else ""
    return f'{line}seconds="{order}" if it is the {order} one'


def is_crontab_line(text: str) -> bool:
    """Return whether *text* is a cron with a command after it."""
    return _crontab_line(text.split()) is not None


def _crontab_line(words: list[str]) -> str | None:
    """Return what to write for a line with its command, or None if it is not one."""
    if len(words) < 6:
        return None
    try:
        _fields(words[:5], "last")
    except FieldError:
        return None
    if all(hints.like_a_field(word) for word in words[5:]):
        return None
    return hints.beside(" ".join(words[:5]), " ".join(words[5:]))


def _seven(words: list[str], seconds: SecondsAt | None) -> str | None:
    """Return a warning about which of seven fields is the second, None if that is given or clear."""
    if len(words) < 7 or seconds is not None or not _reads(words, "first"):
        return None
    return (
        f"seven fields are read with the second sixth ({_ORDER['last']} year); "
        'use seconds="first" if it is the first one, otherwise seconds="last"'
    )


# -- the two day fields --------------------------------------------------------------------------


def _union(day: Field, weekday: Field, days: Days | None) -> bool:
    """Return whether either field is enough, as in the reference unless *days* says otherwise."""
    if "?" in (day.text, weekday.text) or "*" in (day.text, weekday.text):
        return False
    if days is not None:
        return days == "either"
    if day.free or weekday.free:
        return False
    return not (day.full and "*" in weekday.text) and not (weekday.full and "*" in day.text)


def _unlike(day: Field, weekday: Field) -> bool:
    """Return whether cron daemons, where both must match if one begins with a star, take other days."""
    both = day.text.startswith("*") or weekday.text.startswith("*")
    union = _union(day, weekday, None)
    if both is not union or "*" in (day.text, weekday.text) or "?" in (day.text, weekday.text):
        return False
    return not (day.full and weekday.full)


def _refuse_dropped(text: str, day: Field, weekday: Field, days: Days | None) -> None:
    """Refuse ``#``, ``L5`` or ``W`` beside another day field: one of the two would be dropped."""
    alone = "*" in (day.text, weekday.text) or "?" in (day.text, weekday.text)
    if alone or not (day.odd or weekday.odd) or days == "both":
        return
    odd = day if day.odd else weekday
    raise ValueError(
        f"cron {text!r} is not valid: {odd.text!r} cannot be used with another day field; for the days of "
        'either write two crons and a MultipleCronTriggerTimetable, for those in both use days="both"'
    )


def _doubts(fields: tuple[Field, ...], days: Days | None, seven: str | None) -> list[str]:
    """Return the warnings about *fields*, each as a sentence."""
    day, weekday = fields[2], fields[4]
    doubts = [seven] if seven else []
    if days is None and not day.odd and not weekday.odd and _unlike(day, weekday):
        doubts.append(_two_readings(day, weekday))
    if day.text == "?" and _NUMBERED.search(weekday.text):
        doubts.append(
            f"weekday {weekday.text!r} is counted from 0 for Sunday here; Quartz and AWS, which use ?, "
            "count from 1 for Sunday, so write names, such as MON"
        )
    for each in fields:
        doubts += [_over_the_end(each, part) for part in each.over_the_end]
        doubts += [
            f"{part!r} in the {each.kind.name} field steps past all its values and is only {each.kind.name} "
            f"{each.kind.low}; write an interval as timedelta(...)"
            for part in each.idle_steps
        ]
        doubts += [
            f"{part!r} in the weekday field is read as {spans(parse_field(WEEKDAY, part).every)} "
            f"(0 is Sunday), but some programs read it differently; write out the days"
            for part in each.open_steps
        ]
    return doubts


def _over_the_end(each: Field, part: str) -> str:
    values = spans(parse_field(each.kind, part).every)
    return (
        f"{part!r} goes past the end of the {each.kind.name} field and is read as {values}; "
        "in cron such a range never runs"
    )


def _two_readings(day: Field, weekday: Field) -> str:
    here = "either is enough" if _union(day, weekday, None) else "both must match"
    there = "both must match" if here.startswith("either") else "either is enough"
    return (
        f"day of month {day.text!r} and weekday {weekday.text!r}: {here} here and in Airflow, {there} "
        'in cron; use days="either" or days="both"'
    )

"""Writes a meaning as a cron of Penstock that means exactly the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from penstock.importing.meaning import DAYS, HOURS, MINUTES, MONTHS, WEEKDAYS, ZERO, Meaning
from penstock.model.spec import ScheduleSpec
from penstock.timetable.expression import Days, Expression, SecondsAt, parse_cron

_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class CannotSayError(ValueError):
    """No cron of Penstock means this; the message says why, in plain words."""


@dataclass(frozen=True, slots=True)
class Written:
    """A cron, with what a timetable has to know about it; or a fixed interval of ``every`` seconds."""

    cron: str
    days: Days | None = None
    seconds: SecondsAt | None = None
    every: float | None = None

    def __str__(self) -> str:
        return self.cron if self.every is None else f"every {self.every:g} s"

    def spec(self, zone: str) -> ScheduleSpec:
        """Return the schedule as the DAG file will give it."""
        return ScheduleSpec(
            kind="cron",
            crons=(self.cron,),
            run_immediately=False,
            cron_days=self.days,
            cron_seconds=self.seconds,
            timezone=zone,
            text=self.cron,
        )


def written(meaning: Meaning, text: str = "") -> Written:
    """Return *meaning* as a cron: as *text*, the author's own, if that means the same here.

    Raises `CannotSayError` if no cron does.
    """
    own = Written(" ".join(text.split()))
    if text and _same(own, meaning):
        return own
    plain = meaning.plain
    restricted = plain.weekdays != WEEKDAYS and plain.days != DAYS
    days: Days | None = ("both" if plain.both else "either") if restricted else None
    five = [
        _numbers(plain.minutes, MINUTES),
        _numbers(plain.hours, HOURS),
        _days_of_month(plain),
        _numbers(plain.months, MONTHS),
        _weekdays(plain, keep=restricted),
    ]
    found = Written(" ".join(five), days)
    if plain.years is not None:
        span = _listed(plain.years)
        found = Written(" ".join([_numbers(plain.seconds, MINUTES), *five, span]), days, "first")
    elif plain.seconds != ZERO:
        found = Written(" ".join([_numbers(plain.seconds, MINUTES), *five]), days, "first")
    for plainest in (replace(found, days=None), found):
        if _same(plainest, meaning):
            return plainest
    raise CannotSayError("no cron means the same")


def _same(found: Written, meaning: Meaning) -> bool:
    """Return whether *found* is a cron without doubts that means what *meaning* does."""
    try:
        read = parse_cron(found.cron, found.seconds, found.days)
    except ValueError:
        return False
    if read.warnings:
        return False
    nth, wanted = _weekday_from_end(meaning)
    if nth is not None:
        return read.weekday.nth == {nth} and read.day.full and _meaning(read) == wanted
    return not read.weekday.odd and not read.day.odd and _meaning(read) == wanted


def _meaning(read: Expression) -> Meaning:
    return Meaning(
        minutes=frozenset(read.minute.every),
        hours=frozenset(read.hour.every),
        days=DAYS if read.day.free else frozenset(read.day.values),
        months=frozenset(read.month.every),
        weekdays=frozenset(value % 7 for value in read.weekday.every),
        both=not read.union,
        seconds=frozenset(read.second.every),
        years=None if read.year.free else frozenset(read.year.values),
        from_end=frozenset({1}) if read.day.last_day else frozenset(),
    ).plain


def _weekday_from_end(meaning: Meaning) -> tuple[tuple[int, int] | None, Meaning]:
    """Return the weekday if *meaning* is the last one of a month, and what the other fields mean."""
    plain = meaning.plain
    last_week = not plain.days and plain.from_end == frozenset(range(1, 8))
    if not (plain.both and last_week and len(plain.weekdays) == 1):
        return None, plain
    (weekday,) = plain.weekdays
    return (weekday, 0), replace(plain, days=DAYS, from_end=frozenset(), weekdays=frozenset())


def _days_of_month(plain: Meaning) -> str:
    if not plain.from_end:
        return _numbers(plain.days, DAYS)
    if _weekday_from_end(plain)[0] is not None:
        return "*"
    if plain.from_end != {1}:
        raise CannotSayError("no cron counts days from the end of the month, except the last one")
    return ",".join([*([_listed(plain.days)] if plain.days else []), "L"])


def _weekdays(plain: Meaning, *, keep: bool) -> str:
    nth, _ = _weekday_from_end(plain)
    if nth is not None:
        return f"L{nth[0]}"
    if plain.weekdays == WEEKDAYS:
        return "*"
    if keep and not plain.weekdays:
        raise CannotSayError("it has no weekday")
    return ",".join(
        _NAMES[first] if first == last else f"{_NAMES[first]}-{_NAMES[last]}"
        for first, last in _runs(sorted(plain.weekdays))
    )


def _numbers(values: frozenset[int], every: frozenset[int]) -> str:
    """Return *values* as a field: ``*``, ``*/5``, or a list of numbers and ranges."""
    if values == every:
        return "*"
    ordered = sorted(values)
    if len(ordered) > 2 and ordered[0] == min(every):
        step = ordered[1] - ordered[0]
        if ordered == list(range(ordered[0], max(every) + 1, step)):
            return f"*/{step}"
    return _listed(values)


def _listed(values: Iterable[int]) -> str:
    ordered = sorted(values)
    steps = {later - sooner for sooner, later in pairwise(ordered)}
    if len(ordered) > 3 and len(steps) == 1 and steps != {1}:
        return f"{ordered[0]}-{ordered[-1]}/{steps.pop()}"
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in _runs(ordered))


def _runs(ordered: list[int]) -> list[tuple[int, int]]:
    """Return sorted values as ranges; two neighbours stay two values."""
    runs: list[list[int]] = []
    for value in ordered:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    ranges: list[tuple[int, int]] = []
    for run in runs:
        ranges += [(run[0], run[-1])] if len(run) > 2 else [(value, value) for value in run]
    return ranges

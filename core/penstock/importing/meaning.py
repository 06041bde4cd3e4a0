"""When a line is due: sets of values, by which the program that it was written for decides."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

MINUTES = frozenset(range(60))
HOURS = frozenset(range(24))
DAYS = frozenset(range(1, 32))
MONTHS = frozenset(range(1, 13))
WEEKDAYS = frozenset(range(7))
ZERO = frozenset({0})

_LAST_YEAR = 2400
"""The calendar repeats after 400 years."""


class FieldError(ValueError):
    """A schedule that the program refuses, in plain words."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The times at which a line is due, on the wall clock.

    ``weekdays`` count from 0 for Sunday. ``both``: a day must be in ``days`` and in ``weekdays``; otherwise
    either is enough. ``from_end`` are days counted from the end of the month, 1 for the last; they add to
    ``days``. ``years`` is None for every year. ``wild``: to Debian cron and cronie, a line whose minute or
    hour begins with a star follows the wall clock when that is set; others are made up for.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] = DAYS
    months: frozenset[int] = MONTHS
    weekdays: frozenset[int] = WEEKDAYS
    both: bool = True
    seconds: frozenset[int] = ZERO
    years: frozenset[int] | None = None
    from_end: frozenset[int] = frozenset()
    wild: bool = False

    def has_day(self, day: date) -> bool:
        """Return whether it is due on *day*."""
        if day.month not in self.months or (self.years is not None and day.year not in self.years):
            return False
        weekday = day.isoweekday() % 7 in self.weekdays
        if self.both and not weekday:
            return False
        month_day = day.day in self.days
        if self.from_end and not month_day:
            month_day = monthrange(day.year, day.month)[1] - day.day + 1 in self.from_end
        return month_day and weekday if self.both else month_day or weekday

    def days_from(self, first: date) -> Iterator[date]:
        """Yield the days on which it is due, from *first* on, in order."""
        for year in range(first.year, max(first.year, _LAST_YEAR) + 1):
            if self.years is not None and year not in self.years:
                continue
            for month in sorted(self.months):
                for number in range(1, monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.has_day(day):
                        yield day

    @property
    def times(self) -> tuple[tuple[int, int, int], ...]:
        """The times of a day on which it is due, as hour, minute and second."""
        return tuple(
            (hour, minute, second)
            for hour in sorted(self.hours)
            for minute in sorted(self.minutes)
            for second in sorted(self.seconds)
        )

    @property
    def never(self) -> bool:
        """Whether it is never due."""
        if not (self.minutes and self.hours and self.seconds):
            return True
        return next(self.days_from(date(2000, 1, 1)), None) is None

    @property
    def plain(self) -> Meaning:
        """The same days in one way only: what has no effect is left out."""
        full_days, full_weekdays = self.days == DAYS, self.weekdays == WEEKDAYS
        if not self.both and (full_days or full_weekdays):
            return replace(self, days=DAYS, weekdays=WEEKDAYS, from_end=frozenset(), both=True, wild=False)
        if not self.both and not self.weekdays:
            return replace(self, weekdays=WEEKDAYS, both=True, wild=False)
        if not self.both and not self.days and not self.from_end:
            return replace(self, days=DAYS, both=True, wild=False)
        return replace(self, from_end=frozenset() if full_days else self.from_end, wild=False)

"""The next times of a line, as the program it was written for would have them. All times are in UTC.

What each does where clocks change:

- Debian cron and cronie: a line whose minute or hour begins with a star follows the wall clock, so it has
  nothing in the skipped hour and both in the repeated one. Any other runs once: at once after the skipped
  hour, and the first time in the repeated one.
- busybox: every line follows the wall clock.
- systemd: nothing in the skipped hour, the first time in the repeated one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import takewhile
from typing import Literal

from penstock.importing.meaning import Meaning

ClockRule = Literal["vixie", "busybox", "systemd"]
_DAY = timedelta(days=1)
_AHEAD = 364
"""Days in which changes of clocks are looked for."""


def moments_after(meaning: Meaning, zone: tzinfo, rule: ClockRule, after: datetime) -> Iterator[datetime]:
    """Yield the times later than *after*, in order; two are equal where the program runs it twice."""
    waiting: list[datetime] = []
    for day in meaning.days_from(after.astimezone(zone).date() - _DAY):
        # A clock change at midnight may put times of one day among those of the next.
        safe = datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * _DAY
        yield from takewhile(lambda moment: moment < safe, waiting)  # noqa: B023 - used at once
        waiting = [moment for moment in waiting if moment >= safe]
        waiting += [moment for moment in _of_day(meaning, zone, rule, day) if moment > after]
        waiting.sort()
    yield from waiting


def _of_day(meaning: Meaning, zone: tzinfo, rule: ClockRule, day: date) -> Iterator[datetime]:
    for hour, minute, second in meaning.times:
        wall = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
        early = wall.astimezone(UTC)
        late = wall.replace(fold=1).astimezone(UTC)
        follows = rule == "busybox" or (rule == "vixie" and meaning.wild)
        if early == late:
            yield early
        elif early < late:  # the hour comes twice
            yield early
            if follows:
                yield late
        elif rule == "vixie" and not follows:
            yield _end_of_gap(early, late, zone)


def _end_of_gap(early: datetime, late: datetime, zone: tzinfo) -> datetime:
    """Return the first moment after the gap that a wall time lies in.

    *early* is that time by the offset before the gap, so it is past it; *late* lies before.
    """
    low, high = late, early
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)


def clock_changes(zone: tzinfo, after: datetime) -> list[datetime]:
    """Return the midnights (UTC) of days on which clocks change in *zone*, for a good year from *after*."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + number * _DAY for number in range(_AHEAD)]
    return [
        day for day in days if day.astimezone(zone).utcoffset() != (day + _DAY).astimezone(zone).utcoffset()
    ]

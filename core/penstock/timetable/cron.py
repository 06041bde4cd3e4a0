"""Cron expressions in a time zone, as a grid of UTC times.

The rules when clocks change, as measured on the reference system:

- a wall time inside the skipped hour is due one shift later (02:30 becomes 03:30);
- a wall time inside the repeated hour is due once, the second time that it comes;
- an expression whose hour field is ``*`` follows elapsed time, so it is due in both hours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from penstock.timetable.expression import Days, Expression, SecondsAt, parse_cron
from penstock.timetable.fields import Field
from penstock.timetable.point import DAWN, NEVER

if TYPE_CHECKING:
    from croniter import croniter

_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_FROM = datetime(2000, 1, 1)  # noqa: DTZ001 - croniter works on wall clock times
_YEARS = 150
"""How many years to search: all years that can be named, and 29 February on a given weekday (40)."""
_FIRST_YEAR, _LAST_YEAR = DAWN.year - 1, NEVER.year


class Cron:
    """One expression over naive wall clock times.

    Times of day are computed here. croniter only finds the days and gets plain numbers only, so that its
    version does not matter. It is imported only if not every day matches: it brings 2 MiB along. Raises
    ValueError in plain words if *expression* is not a cron expression or matches no date from 2000 on.
    """

    def __init__(self, expression: str, seconds: SecondsAt | None = None, days: Days | None = None) -> None:
        found = parse_cron(expression, seconds, days)
        self.expression = found
        self.every_hour = found.hour.full
        self.times_of_day = found.times_of_day
        self._days = () if found.every_day else _days_of(found)
        self.day_after = lru_cache(maxsize=256)(self._day_after)
        self.day_before = lru_cache(maxsize=256)(self._day_before)
        if self.following(_FROM - _TICK) is None:
            raise ValueError(f"cron {expression!r} never matches any date{_why_never(found)}")

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings for the author, each a sentence."""
        return self.expression.warnings

    def following(self, wall: datetime) -> datetime | None:
        """Return the first match after *wall*, or None if there is none."""
        day = _midnight(wall)
        if self.matches_day(day):
            place = bisect_right(self.times_of_day, _second_of_day(wall))
            if place < len(self.times_of_day):
                return day + timedelta(seconds=self.times_of_day[place])
        found = self.day_after(day)
        return None if found is None else found + timedelta(seconds=self.times_of_day[0])

    def preceding(self, wall: datetime) -> datetime | None:
        """Return the last match before *wall*, or None if there is none."""
        day = _midnight(wall)
        if self.matches_day(day):
            place = bisect_left(self.times_of_day, _second_of_day(wall) + (wall.microsecond > 0))
            if place:
                return day + timedelta(seconds=self.times_of_day[place - 1])
        found = self.day_before(day)
        return None if found is None else found + timedelta(seconds=self.times_of_day[-1])

    def matches_day(self, midnight: datetime) -> bool:
        """Return whether the day that begins at *midnight* has matches."""
        return self.day_after(midnight - _DAY) == midnight

    def _day_after(self, midnight: datetime) -> datetime | None:
        if not self._days:
            return midnight + _DAY
        found = [_seek(each.get_next, midnight) for each in self._days]
        return min((day for day in found if day is not None), default=None)

    def _day_before(self, midnight: datetime) -> datetime | None:
        if not self._days:
            return midnight - _DAY
        found = [_seek(each.get_prev, midnight) for each in self._days]
        return max((day for day in found if day is not None), default=None)


def _seek(step: Any, midnight: datetime) -> datetime | None:
    from croniter import CroniterBadDateError

    if not _FIRST_YEAR <= midnight.year <= _LAST_YEAR:
        return None
    try:
        return cast("datetime", step(datetime, start_time=midnight))
    except CroniterBadDateError:
        return None


def _days_of(found: Expression) -> tuple[croniter, ...]:
    """Return iterators over the days of an expression, each written as plainly as possible."""
    from croniter import croniter

    day, weekday = _numbers(found.day), _numbers(found.weekday)
    month, year = _numbers(found.month), "" if found.year.free else f"0 {_numbers(found.year)}"
    sides = ((day, "*"), ("*", weekday)) if found.union else ((day, weekday),)
    return tuple(
        croniter(
            f"0 0 {side[0]} {month} {side[1]} {year}", _FROM, day_or=False, max_years_between_matches=_YEARS
        )
        for side in sides
    )


def _why_never(found: Expression) -> str:
    """Return why no date from 2000 on matches the days of an expression, as the end of a sentence."""
    longest = max(monthrange(2000, month)[1] for month in found.month.every)
    if not found.day.odd and not found.day.free and min(found.day.values, default=0) > longest:
        return f": the longest of its months has {longest} days; L is the last day of each"
    if not found.year.free:
        return f" from {_FROM.year} on, as its years are {found.year.text!r}; name others"
    return f": day of month {found.day.text!r} and weekday {found.weekday.text!r} are never the same day"


def _numbers(each: Field) -> str:
    if each.full and not each.odd and not each.last_day:
        return "*"
    if each.nearest is not None:
        return f"{each.nearest}W"
    nth = (f"{day}#{place}" if place else f"L{day}" for day, place in sorted(each.nth))
    last = ["L"] if each.last_day else []
    return ",".join([*map(str, sorted(each.values)), *last, *nth])


def _midnight(wall: datetime) -> datetime:
    return wall.replace(hour=0, minute=0, second=0, microsecond=0)


class CronGrid:
    """The times at which any of *crons* matches in *zone*, as aware datetimes in UTC.

    `after` and `before` step as the reference does; near a clock change, a step depends on where it
    starts, so `newest`, `first_from` and `count` start a day earlier or later if that matters.
    """

    def __init__(
        self,
        crons: Sequence[str],
        zone: tzinfo,
        *,
        seconds: SecondsAt | None = None,
        days: Days | None = None,
    ) -> None:
        if not crons:
            raise ValueError("a cron schedule needs at least one expression")
        self.zone = zone
        self.crons = tuple(Cron(expression, seconds, days) for expression in crons)
        self._changes = not (isinstance(zone, ZoneInfo) and zone.key in {"UTC", "Etc/UTC"})
        self._by_day = lru_cache(maxsize=64)(self._merge_times)

    def after(self, moment: datetime) -> datetime:
        """Return the next tick after *moment*, or `NEVER`."""
        here = _within(moment)
        return min(NEVER, *(self._step(cron, here, forward=True) for cron in self.crons))

    def before(self, moment: datetime) -> datetime:
        """Return the tick before *moment*, or `DAWN`."""
        here = _within(moment)
        return max(DAWN, *(self._step(cron, here, forward=False) for cron in self.crons))

    def align_down(self, moment: datetime) -> datetime:
        """Return *moment* if it is a tick, otherwise the one before, by one step forward and back.

        Inside a skipped hour this is the moved tick, as in the reference's manual runs.
        """
        preceding = self.before(moment)
        known = preceding != DAWN and self.after(preceding) == moment
        return moment if known else preceding

    def newest(self, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*, or `DAWN`."""
        moment = _within(moment)
        if self._plain_around(moment):
            return self.before(moment + _TICK)
        found = self.before(moment - _DAY)
        following = self.after(found if found != DAWN else moment - _DAY)
        while following <= moment:
            found, following = following, self.after(following)
        return found

    def first_from(self, moment: datetime) -> datetime:
        """Return the first tick at or after *moment*, or `NEVER`."""
        moment = _within(moment)
        if self._plain_around(moment):
            return self.after(moment - _TICK)
        tick = self.after(moment - _DAY)
        while tick < moment:
            tick = self.after(tick)
        return tick

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many ticks there are from *first*, which must be one, to *last*, both included."""
        total, tick = 0, first
        while tick <= last:
            wall = self._wall(tick)
            if not self._plain_day(wall):
                total, tick = total + 1, self.after(tick)
                continue
            midnight = _midnight(wall)
            times = self._by_day(tuple(cron.matches_day(midnight) for cron in self.crons))
            done = bisect_right(times, _second_of_day(wall)) - 1
            end = self._wall(last)
            if end.date() == wall.date():
                return total + bisect_right(times, _second_of_day(end)) - done
            total += len(times) - done
            tick = self.after(self._resolve(midnight + _DAY) - _TICK)
        return total

    def moved(self, tick: datetime) -> bool:
        """Return whether a clock change moved *tick* to a wall time that does not match the expression."""
        if not self._changes or self._offset(tick) == self._offset(tick - _DAY):
            return False
        wall = self._wall(tick)
        return all(cron.following(wall - _TICK) != wall for cron in self.crons)

    def _step(self, cron: Cron, moment: datetime, *, forward: bool) -> datetime:
        here = self._wall(moment)
        found = cron.following(here) if forward else cron.preceding(here)
        if found is None:
            return NEVER if forward else DAWN
        span = found - here
        if cron.every_hour and abs(span) < _DAY:
            return moment + span
        return self._resolve(found)

    def _resolve(self, wall: datetime) -> datetime:
        """Return the UTC time of a wall time: later inside a gap, the second one inside a repeat."""
        late = wall.replace(tzinfo=self.zone, fold=1)
        early = wall.replace(tzinfo=self.zone, fold=0)
        # In a gap, fold 0 is the offset before the change, which is later in UTC.
        return max(late.astimezone(UTC), early.astimezone(UTC))

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.zone).utcoffset() or timedelta()

    def _plain_around(self, moment: datetime) -> bool:
        """Return whether *moment* is so far from any clock change that a step does not depend on it."""
        if not self._changes:
            return True
        shift = self._offset(moment + _DAY) - self._offset(moment - _DAY)
        if all(cron.every_hour for cron in self.crons):
            return not shift % timedelta(hours=1)
        return not shift

    def _plain_day(self, wall: datetime) -> bool:
        if not self._changes:
            return True
        midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=self.zone)
        return (midnight - _DAY).utcoffset() == (midnight + _DAY).utcoffset()

    def _merge_times(self, matching: tuple[bool, ...]) -> tuple[int, ...]:
        chosen = (cron.times_of_day for cron, match in zip(self.crons, matching, strict=True) if match)
        return tuple(sorted(set().union(*chosen)))


def _second_of_day(wall: datetime) -> int:
    return wall.hour * 3600 + wall.minute * 60 + wall.second


def _within(moment: datetime) -> datetime:
    """Return *moment*, or the end of time if it is beyond that."""
    return min(max(moment, DAWN), NEVER)

"""Cron expressions on the wall clock of a time zone, as a grid of UTC moments.

The rule across clock changes, measured against the reference system:

- a wall time inside the skipped hour is due one shift later (02:30 becomes 03:30);
- a wall time inside the repeated hour is due once, at its second occurrence;
- an expression whose hour field is ``*`` follows elapsed time, so it is due in both hours.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, CroniterError, croniter

from penstock.timetable.point import DAWN, NEVER

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_UNSTABLE = re.compile(r"(?<![A-Za-z])[RrHh](?![A-Za-z])")
_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_FAR = datetime(2000, 1, 1)  # noqa: DTZ001 - croniter works on wall clock times


class Cron:
    """One expression on naive wall clock times.

    Raises ValueError in plain words when *expression* is not a cron expression or never matches.
    """

    def __init__(self, expression: str) -> None:
        self.expression = PRESETS.get(expression.strip().lower(), expression.strip())
        count = len(self.expression.split())
        if self.expression.startswith("@"):
            raise ValueError(f"cron {expression!r} is not valid: it is none of {', '.join(PRESETS)}")
        if not 5 <= count <= 7:
            found = f"{count} field{'' if count == 1 else 's'}"
            raise ValueError(
                f"cron {expression!r} is not valid: it has {found}, not 5 (6 with seconds, 7 with years)"
            )
        if _UNSTABLE.search(self.expression):
            raise ValueError(f"cron {expression!r}: R and H would give other times at each load")
        try:
            self._cron = croniter(self.expression, _FAR)
            fields = cast("list[list[Any]]", self._cron.expanded)
            if len(fields) < 7:
                self._cron.get_next(datetime, start_time=_FAR)
        except CroniterBadDateError:
            raise ValueError(f"cron {expression!r} never matches any date") from None
        except (CroniterError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"cron {expression!r} is not valid: {error}") from None
        self.every_hour = fields[1] == ["*"]
        self.times_of_day = _times_of_day(fields)
        words = self.expression.split()
        year = ["0", words[6]] if len(words) == 7 else []
        self._days = croniter(" ".join(["0", "0", *words[2:5], *year]), _FAR)

    def following(self, wall: datetime) -> datetime | None:
        """Return the first match after *wall*, or None when there is none."""
        return self._seek(self._cron.get_next, wall)

    def preceding(self, wall: datetime) -> datetime | None:
        """Return the last match before *wall*, or None when there is none."""
        return self._seek(self._cron.get_prev, wall)

    def matches_day(self, midnight: datetime) -> bool:
        """Return whether the day that begins at *midnight* has matches."""
        return self._seek(self._days.get_next, midnight - _TICK) == midnight

    @staticmethod
    def _seek(step: Any, wall: datetime) -> datetime | None:
        try:
            return cast("datetime", step(datetime, start_time=wall))
        except CroniterBadDateError:
            return None


def _times_of_day(fields: list[list[Any]]) -> tuple[int, ...]:
    """Return the seconds of the day at which the expression matches, on a day that matches."""

    def values(place: int, size: int) -> Sequence[int]:
        field = fields[place] if place < len(fields) else [0]
        return range(size) if field == ["*"] else sorted({int(value) for value in field})

    return tuple(
        hour * 3600 + minute * 60 + second
        for hour in values(1, 24)
        for minute in values(0, 60)
        for second in values(5, 60)
    )


class CronGrid:
    """The moments at which any of *crons* matches in *zone*. Moments are aware datetimes in UTC.

    `after` and `before` step as the reference does; near a clock change a step depends on where
    it starts, so `newest`, `first_from` and `count` walk from a day away where that matters.
    """

    def __init__(self, crons: Sequence[str], zone: tzinfo) -> None:
        if not crons:
            raise ValueError("a cron schedule needs at least one expression")
        self.zone = zone
        self.crons = tuple(Cron(expression) for expression in crons)
        self._changes = not (isinstance(zone, ZoneInfo) and zone.key in {"UTC", "Etc/UTC"})
        self._by_day = lru_cache(maxsize=64)(self._merge_times)

    def after(self, moment: datetime) -> datetime:
        """Return the next tick after *moment*, or `NEVER`."""
        return min(self._step(cron, moment, forward=True) for cron in self.crons)

    def before(self, moment: datetime) -> datetime:
        """Return the tick before *moment*, or `DAWN`."""
        return max(self._step(cron, moment, forward=False) for cron in self.crons)

    def align_up(self, moment: datetime) -> datetime:
        """Return *moment* when it is a tick, else the next one."""
        following = self.after(moment)
        known = following != NEVER and self.before(following) == moment
        return moment if known else following

    def align_down(self, moment: datetime) -> datetime:
        """Return *moment* when it is a tick, else the one before."""
        preceding = self.before(moment)
        known = preceding != DAWN and self.after(preceding) == moment
        return moment if known else preceding

    def newest(self, moment: datetime) -> datetime:
        """Return the last tick at or before *moment*, or `DAWN`."""
        if self._plain_around(moment):
            return self.before(moment + _TICK)
        found = self.before(moment - _DAY)
        following = self.after(found if found != DAWN else moment - _DAY)
        while following <= moment:
            found, following = following, self.after(following)
        return found

    def first_from(self, moment: datetime) -> datetime:
        """Return the first tick at or after *moment*, or `NEVER`."""
        if self._plain_around(moment):
            return self.after(moment - _TICK)
        tick = self.after(moment - _DAY)
        while tick < moment:
            tick = self.after(tick)
        return tick

    def count(self, first: datetime, last: datetime) -> int:
        """Return how many ticks lie from *first*, which must be one, to *last*, both counted."""
        total, tick = 0, first
        while tick <= last:
            wall = self._wall(tick)
            if not self._plain_day(wall):
                total, tick = total + 1, self.after(tick)
                continue
            midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
            times = self._by_day(tuple(cron.matches_day(midnight) for cron in self.crons))
            done = bisect_right(times, _second_of_day(wall)) - 1
            end = self._wall(last)
            if end.date() == wall.date():
                return total + bisect_right(times, _second_of_day(end)) - done
            total += len(times) - done
            tick = self.after(self._resolve(midnight + _DAY) - _TICK)
        return total

    def moved(self, tick: datetime) -> bool:
        """Return whether a clock change moved *tick* to a wall time that the expression does not name."""
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
        """Return the moment of a wall time: later inside a gap, the second one inside a repeat."""
        late = wall.replace(tzinfo=self.zone, fold=1)
        early = wall.replace(tzinfo=self.zone, fold=0)
        # In a gap fold 0 is the offset before the change, which lies further on the UTC line.
        return max(late.astimezone(UTC), early.astimezone(UTC))

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.zone).utcoffset() or timedelta()

    def _plain_around(self, moment: datetime) -> bool:
        """Return whether no clock change is near enough to *moment* to matter to a step."""
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

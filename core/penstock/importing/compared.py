"""The next times of a job there and here, and what to say where they are not the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from penstock.importing.meaning import Meaning
from penstock.importing.moments import ClockRule, clock_changes, moments_after
from penstock.importing.written import Written
from penstock.timetable.schedule import timetable_of

_COUNT = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Compared:
    """The next times there and here, in UTC, and a sentence for what differs within a year."""

    there: tuple[datetime, ...]
    here: tuple[datetime, ...]
    notes: tuple[str, ...] = ()


def compared(
    meaning: Meaning, cron: Written | None, zone: str, rule: ClockRule, program: str, now: datetime
) -> Compared:
    """Return the next five times by *program*, and by Penstock with *cron* (None: it is not kept)."""
    here_zone = ZoneInfo(zone)
    if meaning.never:
        return Compared((), ())
    there = tuple(islice(moments_after(meaning, here_zone, rule, now), _COUNT))
    if cron is None:
        return Compared(there, ())
    return Compared(
        there,
        tuple(_points(cron, zone, now, _COUNT)),
        tuple(_where_clocks_change(meaning, cron, zone, rule, program, now)),
    )


def here_alone(cron: Written, zone: str, now: datetime) -> tuple[datetime, ...]:
    """Return the next five times by Penstock; an interval counts from *now*, as if it were loaded then."""
    if cron.every is not None:
        return tuple(now + timedelta(seconds=cron.every * number) for number in range(1, _COUNT + 1))
    return tuple(_points(cron, zone, now, _COUNT))


def _points(cron: Written, zone: str, after: datetime, count: int | None = None) -> list[datetime]:
    points = timetable_of(cron.spec(zone)).points_after(after)
    return [point.run_after for point in islice(points, count)]


def _where_clocks_change(
    meaning: Meaning, cron: Written, name: str, rule: ClockRule, program: str, now: datetime
) -> list[str]:
    zone = ZoneInfo(name)
    notes: dict[str, None] = {}
    for day in clock_changes(zone, now):
        # The hours around a change, not the days: what is there on any night says nothing.
        begin, end = max(now, day - timedelta(hours=2)), day + _DAY + timedelta(hours=4)
        there = list(takewhile(lambda at: at < end, moments_after(meaning, zone, rule, begin)))  # noqa: B023
        points = timetable_of(cron.spec(name)).points_after(begin)
        here = [point.run_after for point in takewhile(lambda point: point.run_after < end, points)]  # noqa: B023
        if there != here:
            only_there = [at for at in there if at not in here] or there
            only_here = [at for at in here if at not in there] or here
            when = f"{(day + _DAY / 2).astimezone(zone):%Y-%m-%d}"
            notes[
                f"clocks change on {when}: {program} runs it {_times(only_there, there, zone)}, "
                f"Penstock {_times(only_here, here, zone)}"
            ] = None
    return list(notes)


def _times(differing: Sequence[datetime], every: Sequence[datetime], zone: ZoneInfo) -> str:
    if not every:
        return "not at all around the change"
    if len(differing) > 3:
        return f"{len(every)} times"
    return "at " + " and ".join(f"{at.astimezone(zone):%H:%M %Z}" for at in differing)

"""Decides what to do about the points of one DAG's schedule: the policy of the missed-point ledger.

Pure: the engine provides the facts, carries out the decisions in one transaction, and stores the
cursor that comes with them.

Which points exist. They begin at the start date or the first load, whichever is later; with catchup
``all``, at the start date, however long ago. One exception follows the reference: a DAG that was
just loaded, with ``latest`` and a start date in the past, begins with the newest tick that has
passed. Ticks before that one are not points and have no record.

What happens to them. While the schedule is paused, nothing is decided. A point is *missed* if it was
due before the schedule was resumed, or more than a minute ago (the engine was down, the machine
asleep). ``all`` runs missed points late, ``latest`` runs the newest unless a later point is on time,
``none`` runs none; the rest are skipped with the reason. Points that are not missed always get a
run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from penstock.model.spec import DagSpec
from penstock.timetable.point import DAWN, NEVER, Point
from penstock.timetable.schedule import stored_timetable, timetable_of
from penstock.timetable.special import ContinuousTimetable
from penstock.timetable.timetable import DataIntervalTimetable, Grid, PeriodicTimetable
from penstock.timetable.triggers import CronTriggerTimetable

ON_TIME = timedelta(seconds=60)
"""A run created later than this after its ``run_after`` ran late."""
_LAST_TICK = NEVER - timedelta(microseconds=1)
SkipReason = Literal["paused", "downtime", "schedule changed"]


@dataclass(frozen=True, slots=True)
class Create:
    """Create the run of *point*; ``late`` if that is more than a minute after it was due."""

    point: Point
    late: bool


@dataclass(frozen=True, slots=True)
class Skip:
    """Record *count* points from *first* to *last* as skipped, with the *reason*."""

    first: Point
    last: Point
    count: int
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Decisions:
    """What to do now, in the order of the points.

    ``cursor`` is the last settled point once ``decisions`` are carried out. ``next_due`` is when to ask
    again: it has already passed if *limit* left points over, and is None if time alone changes
    nothing.
    """

    decisions: list[Create | Skip]
    cursor: Point | None
    next_due: datetime | None


def decide(
    spec: DagSpec,
    *,
    cursor: Point | None,
    first_seen: datetime,
    now: datetime,
    paused: bool,
    limit: int,
    resumed: datetime | None = None,
    busy: bool = False,
) -> Decisions:
    """Return what is to be done about *spec*'s schedule at *now*.

    *cursor* is the last settled point, None before the first; *first_seen* is when the DAG was first
    loaded. At most *limit* runs are created; skips are spans and have no limit. *resumed* is when a pause
    of the schedule was lifted, if that was after the cursor: points before it are skipped as paused, other
    missed ones as downtime. *busy* says that a run of the DAG is unfinished, for which ``@continuous``
    waits. Raises ValueError if the schedule is invalid.
    """
    table = timetable_of(spec.schedule)
    if paused:
        return Decisions([], cursor, None)
    if not isinstance(table, PeriodicTimetable):
        continuous = isinstance(table, ContinuousTimetable)
        if continuous and busy:
            return Decisions([], cursor, None)
        seen = now if continuous else first_seen
        point = table.next(cursor, start=spec.start_date or first_seen, end=spec.end_date, now=seen)
        return _single(point, cursor, now, limit)
    grid = table.grid(spec.start_date or first_seen)
    return _Periodic(table, grid, spec, cursor, first_seen, now, resumed).settle(limit)


def close(spec: DagSpec, *, cursor: Point | None, first_seen: datetime, now: datetime) -> Decisions:
    """Settle what the old schedule *spec* left open, for a DAG whose schedule changes at *now*.

    Its due points are skipped as "schedule changed". The new cursor is *now*, so that the new schedule
    settles only points after the change. A DAG that never had a point still has none.
    """
    table = stored_timetable(spec.schedule)
    if cursor is None or not isinstance(table, PeriodicTimetable):
        return Decisions([], cursor, None)
    grid = table.grid(spec.start_date or first_seen)
    work = _Periodic(table, grid, spec, cursor, first_seen, now)
    first, last = work.first_tick(), work.newest_tick(now)
    skips = work.skip(first, last, "schedule changed")
    return Decisions([*skips], Point.over(now, now), None)


def first_open(spec: DagSpec, *, cursor: Point | None, first_seen: datetime, now: datetime) -> Point | None:
    """Return the first point that is not settled, due or in the future; None if there is none.

    A DAG whose schedule is paused leaves its due points open until it is resumed.
    """
    table = stored_timetable(spec.schedule)
    if isinstance(table, PeriodicTimetable):
        grid = table.grid(spec.start_date or first_seen)
        tick = _Periodic(table, grid, spec, cursor, first_seen, now).first_tick()
        beyond = tick == NEVER or (spec.end_date is not None and tick > spec.end_date)
        return None if beyond else table.point(grid, tick)
    if isinstance(table, ContinuousTimetable):
        return None  # its points are made as runs end
    return table.next(cursor, start=spec.start_date or first_seen, end=spec.end_date, now=first_seen)


def owed(
    spec: DagSpec, *, cursor: Point | None, first_seen: datetime, now: datetime
) -> tuple[int, Point | None]:
    """Return how many runs a schedule makes at once if its pause is lifted at *now*, and the first one."""
    table = stored_timetable(spec.schedule)
    if spec.catchup == "all" and isinstance(table, PeriodicTimetable):
        grid = table.grid(spec.start_date or first_seen)
        work = _Periodic(table, grid, spec, cursor, first_seen, now)
        first, newest = work.first_tick(), work.newest_tick(now)
        return (0, None) if first > newest else (grid.count(first, newest), table.point(grid, first))
    try:
        made = decide(
            spec, cursor=cursor, first_seen=first_seen, now=now, paused=False, limit=2, resumed=now
        ).decisions
    except (ValueError, OverflowError):
        return 0, None
    points = [each.point for each in made if isinstance(each, Create)]
    return len(points), points[0] if points else None


def coming(
    spec: DagSpec,
    *,
    cursor: Point | None,
    first_seen: datetime,
    now: datetime,
    resumed: datetime | None = None,
) -> Iterator[Point]:
    """Yield the points that get a run, in order, seen at *now*, if nothing is paused and the engine runs.

    What `decide` creates now comes first, then what it will create later. *resumed* is when a pause of the
    schedule is lifted. For ``@continuous`` only the next point is known.
    """
    table = stored_timetable(spec.schedule)
    if isinstance(table, PeriodicTimetable):
        grid = table.grid(spec.start_date or first_seen)
        yield from _Periodic(table, grid, spec, cursor, first_seen, now, resumed).created()
        return
    seen = now if isinstance(table, ContinuousTimetable) else first_seen
    point = table.next(cursor, start=spec.start_date or first_seen, end=spec.end_date, now=seen)
    if point is not None:
        yield point


def count_coming(
    spec: DagSpec,
    *,
    cursor: Point | None,
    first_seen: datetime,
    now: datetime,
    until: datetime,
    resumed: datetime | None = None,
) -> int:
    """Return how many of the points of `coming` are due at *until*, without making them one by one."""
    table = stored_timetable(spec.schedule)
    if not isinstance(table, PeriodicTimetable):
        only = next(coming(spec, cursor=cursor, first_seen=first_seen, now=now, resumed=resumed), None)
        return int(only is not None and only.run_after <= until)
    grid = table.grid(spec.start_date or first_seen)
    work = _Periodic(table, grid, spec, cursor, first_seen, now, resumed)
    tick = work.first_made()
    first = next(work.created(tick), None)
    return 0 if first is None or first.run_after > until else grid.count(tick, work.newest_tick(until))


def _single(point: Point | None, cursor: Point | None, now: datetime, limit: int) -> Decisions:
    if point is None:
        return Decisions([], cursor, None)
    if point.run_after > now or limit < 1:
        return Decisions([], cursor, point.run_after)
    return Decisions([Create(point, now - point.run_after > ON_TIME)], point, None)


@dataclass(frozen=True)
class _Periodic:
    """One question about a DAG with a grid of ticks."""

    table: PeriodicTimetable
    grid: Grid
    spec: DagSpec
    cursor: Point | None
    first_seen: datetime
    now: datetime
    resumed: datetime | None = None

    def settle(self, limit: int) -> Decisions:
        """Return the decisions, with at most *limit* runs."""
        first, newest = self.first_tick(), self.newest_tick(self.now)
        done: list[Create | Skip] = []
        if self.spec.catchup != "all":
            kept = self._first_kept(first, newest)
            done += self._skip_missed(first, kept)
            first = max(first, kept)
        creates = [self._create(point) for point in islice(self._points(first, newest), max(limit, 0))]
        done += creates
        cursor = self.cursor
        if done:
            end = done[-1]
            cursor = end.point if isinstance(end, Create) else end.last
            if creates:
                first = self.table.tick_after(self.grid, creates[-1].point)
        return Decisions(done, cursor, self._due_at(first))

    def created(self, first: datetime | None = None) -> Iterator[Point]:
        """Yield the points that get a run now or later, in order; *first* is `first_made`, if it is known."""
        tick = self.first_made() if first is None else first
        yield from self._points(tick, min(self.spec.end_date or NEVER, _LAST_TICK))

    def first_made(self) -> datetime:
        """Return the first tick that gets a run."""
        first = self.first_tick()
        if self.spec.catchup == "all":
            return first
        return max(first, self._first_kept(first, self.newest_tick(self.now)))

    def first_tick(self) -> datetime:
        """Return the first tick that is not settled, or `NEVER`."""
        start = self.spec.start_date
        if self.cursor is not None:
            tick = self.table.tick_after(self.grid, self.cursor)
            return max(tick, self.grid.first_from(start)) if start is not None and tick < start else tick
        if self.spec.catchup == "all" and start is not None:
            return self.grid.first_from(start)
        tick = self._first_after_loading()
        if start is not None and tick < start:
            tick = self.grid.first_from(start)
        if start is None and self.spec.catchup != "none" and isinstance(self.table, CronTriggerTimetable):
            tick = min(tick, self.table.first_without_start(self.first_seen))
        if self.spec.catchup == "latest" and tick > (newest := self.table.newest_due(self.grid, self.now)):
            tick = self._leading_tick(tick, newest)
        return tick

    def _first_after_loading(self) -> datetime:
        """Return the first tick whose point is due at the first load or later."""
        before = self.table.newest_due(self.grid, self.first_seen - timedelta(microseconds=1))
        return self.grid.first_from(self.first_seen) if before == DAWN else self.grid.after(before)

    def _leading_tick(self, tick: datetime, newest: datetime) -> datetime:
        """Return the tick with which a newly loaded DAG begins if none has passed since."""
        start, end = self.spec.start_date, self.spec.end_date
        if newest == DAWN or (end is not None and newest > end):
            return tick
        if start is not None:
            return newest if newest >= start else tick
        return newest if isinstance(self.table, DataIntervalTimetable) else tick

    def newest_tick(self, moment: datetime) -> datetime:
        """Return the last tick within bounds whose point is due at *moment*, or `DAWN`."""
        newest = self.table.newest_due(self.grid, moment)
        end = self.spec.end_date
        return newest if end is None or newest <= end else min(newest, self.grid.newest(end))

    def _first_kept(self, first: datetime, newest: datetime) -> datetime:
        """Return the first tick that gets a run although catchup is not ``all``."""
        threshold = max(self.now - ON_TIME, self.resumed or self.now - ON_TIME)
        missed = self.newest_tick(threshold - timedelta(microseconds=1))
        if missed < first:
            return first
        if self.spec.catchup == "latest" and missed == newest:
            return missed
        return self.grid.after(missed)

    def _skip_missed(self, first: datetime, kept: datetime) -> Iterator[Skip]:
        """Yield the skips of the ticks before *kept*: those before the pause was lifted, then the rest."""
        if kept <= first:
            return
        last = self.grid.newest(kept - timedelta(microseconds=1))
        if self.resumed is not None:
            paused = min(last, self.newest_tick(self.resumed - timedelta(microseconds=1)))
            yield from self.skip(first, paused, "paused")
            first = self.grid.after(paused) if paused >= first else first
        yield from self.skip(first, last, "downtime")

    def skip(self, first: datetime, last: datetime, reason: SkipReason) -> Iterator[Skip]:
        """Yield the skip of the ticks from *first* to *last*, if there are any."""
        if first > last:
            return
        begin, end = self.table.point(self.grid, first), self.table.point(self.grid, last)
        if begin is not None and end is not None:
            yield Skip(begin, end, self.grid.count(first, last), reason)

    def _points(self, tick: datetime, last: datetime) -> Iterator[Point]:
        while tick <= last:
            point = self.table.point(self.grid, tick)
            if point is None:
                return
            yield point
            tick = self.grid.after(tick)

    def _create(self, point: Point) -> Create:
        return Create(point, self.now - point.run_after > ON_TIME)

    def _due_at(self, tick: datetime) -> datetime | None:
        end = self.spec.end_date
        if tick == NEVER or (end is not None and tick > end):
            return None
        point = self.table.point(self.grid, tick)
        return point.run_after if point is not None else None

"""Triggers: fire at each tick of a cron expression, or at a fixed interval."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.timetable.cron import CronGrid
from penstock.timetable.interval import DeltaGrid, Step
from penstock.timetable.point import NEVER
from penstock.timetable.timetable import TriggerTimetable

_FIRST_RUN_GRACE = timedelta(minutes=5)


class CronTriggerTimetable(TriggerTimetable):
    """A cron expression, or several, each with its own times."""

    def __init__(
        self, ticks: CronGrid, interval: Step | None, run_immediately: bool | float | None = None
    ) -> None:
        super().__init__(interval)
        self.ticks = ticks
        self.run_immediately = run_immediately

    def grid(self, anchor: datetime) -> CronGrid:  # noqa: ARG002 - crons need no anchor
        """Return the matches of the expression."""
        return self.ticks

    def first_without_start(self, now: datetime) -> datetime:
        """Return the first tick of a DAG without a start date: the last one if it has only just passed."""
        past, following = self.ticks.newest(now), self.ticks.first_from(now)
        match self.run_immediately:
            case True:
                return past
            case False:
                return following
            case None:
                tenth = (following - past) / 10 if following != NEVER else _FIRST_RUN_GRACE
                grace = max(tenth, _FIRST_RUN_GRACE)
            case seconds:
                grace = timedelta(seconds=seconds)
        return past if now - past <= grace else following


class DeltaTriggerTimetable(TriggerTimetable):
    """Fires at a fixed interval."""

    def __init__(self, step: Step, interval: Step | None) -> None:
        super().__init__(interval)
        self.step = step

    def grid(self, anchor: datetime) -> DeltaGrid:
        """Return *anchor* and its followers."""
        return DeltaGrid(anchor, self.step)

"""Data intervals: cover the time from one tick to the next."""

from __future__ import annotations

from datetime import datetime

from penstock.timetable.cron import CronGrid
from penstock.timetable.interval import DeltaGrid, Step
from penstock.timetable.timetable import DataIntervalTimetable


class CronIntervalTimetable(DataIntervalTimetable):
    """The time between two matches of a cron expression."""

    def __init__(self, ticks: CronGrid) -> None:
        self.ticks = ticks

    def grid(self, anchor: datetime) -> CronGrid:  # noqa: ARG002 - crons need no anchor
        """Return the matches of the expression."""
        return self.ticks

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the last interval that has passed at *logical_date*."""
        end = self.ticks.align_down(logical_date)
        return self.ticks.before(end), end


class DeltaIntervalTimetable(DataIntervalTimetable):
    """Covers spans of a fixed length."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def grid(self, anchor: datetime) -> DeltaGrid:
        """Return *anchor* and its followers."""
        return DeltaGrid(anchor, self.step)

    def manual_interval(self, logical_date: datetime) -> tuple[datetime, datetime]:
        """Return the span that ends at *logical_date*."""
        return logical_date - self.step, logical_date

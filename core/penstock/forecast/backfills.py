"""Backfills on paper: their points become runs, a few at once, besides those of the schedule."""

from __future__ import annotations

from collections import deque

from penstock.forecast.facts import BackfillFacts, BackfillPointFacts
from penstock.forecast.paper import PaperDag, PaperRun


class PaperBackfill:
    """One active backfill of *dag*."""

    __slots__ = ("_canary", "dag", "end_us", "facts", "going", "id", "last", "runs", "waiting")

    def __init__(self, facts: BackfillFacts, dag: PaperDag) -> None:
        self.facts = facts
        self.id = facts.id
        self.dag = dag
        self.waiting: deque[BackfillPointFacts] = deque(facts.waiting)
        self.going = 0
        """Its runs that have not ended."""
        self.runs: list[PaperRun] = []
        """What became of the points that wait now, in order."""
        self.last: PaperRun | None = None
        """The newest of its runs."""
        self.end_us: int | None = None
        """When the last of its points had ended."""
        self._canary = facts.canary

    @property
    def takes(self) -> bool:
        """Whether it may start another point."""
        at_once = 1 if self._canary else self.facts.at_once
        return bool(self.waiting) and not self.facts.paused and self.going < at_once

    @property
    def started(self) -> int:
        """How many of the points that wait now were started."""
        return len(self.runs)

    @property
    def left(self) -> int:
        """How many points were not started."""
        return len(self.waiting) + self.facts.more

    def ended(self, at_us: int) -> None:
        """Note that one of its runs has ended; after the canary the others may go."""
        self.going -= 1
        self._canary = False
        if not self.going and not self.left:
            self.end_us = at_us

"""A backfill in the engine's working set."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from penstock.model.backfills import BackfillPointState
from penstock.store.engine.records import BackfillPointRecord, BackfillRecord


@dataclass(slots=True)
class LiveBackfill:
    """A backfill that has not ended, its points in order. `moves.backfill_points` keeps it in step."""

    record: BackfillRecord
    points: list[BackfillPointRecord]
    waiting: deque[BackfillPointRecord] = field(init=False)
    running: int = field(init=False)
    failed: int = field(init=False)
    by_run: dict[str, BackfillPointRecord] = field(init=False)
    """Points that have a run, by its id."""
    passed_over: int = field(default=0, init=False)
    """Number of launches of other runs since the last one of its own."""

    def __post_init__(self) -> None:
        self.waiting = deque(point for point in self.points if point.state is BackfillPointState.WAITING)
        self.running = sum(point.state is BackfillPointState.RUNNING for point in self.points)
        self.failed = sum(point.state is BackfillPointState.FAILED for point in self.points)
        self.by_run = {point.run_id: point for point in self.points if point.run_id is not None}

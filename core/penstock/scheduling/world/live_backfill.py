"""A backfill as the engine has it in hand."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from penstock.model.backfills import BackfillPointState
from penstock.store.engine.records import BackfillRecord, SlotRecord


@dataclass(slots=True)
class LiveBackfill:
    """A backfill that has not ended, with its slots in order. `acts.backfill.save_slot` keeps it in step."""

    record: BackfillRecord
    slots: list[SlotRecord]
    waiting: deque[SlotRecord] = field(init=False)
    running: int = field(init=False)
    failed: int = field(init=False)
    by_run: dict[str, SlotRecord] = field(init=False)
    """Slots that have a run, by its id."""
    passed_over: int = field(default=0, init=False)
    """How many tasks of other runs were launched since the last one of its own."""

    def __post_init__(self) -> None:
        self.waiting = deque(slot for slot in self.slots if slot.state is BackfillPointState.WAITING)
        self.running = sum(slot.state is BackfillPointState.RUNNING for slot in self.slots)
        self.failed = sum(slot.state is BackfillPointState.FAILED for slot in self.slots)
        self.by_run = {slot.run_id: slot for slot in self.slots if slot.run_id is not None}

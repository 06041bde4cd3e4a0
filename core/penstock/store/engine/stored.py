"""Everything that the engine works with, as read from the database at its start."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from penstock.store.engine.assets import Queued
from penstock.store.engine.records import (
    CLOCK,
    TRIGGERER,
    BackfillPointRecord,
    BackfillRecord,
    CallbackRecord,
    DagRecord,
    PauseRecord,
    PoolRecord,
    QuarantineRecord,
    RunRecord,
    TaskRecord,
    ValueRecord,
)
from penstock.store.engine.working_set import WorkingSet
from penstock.store.sieve import Sieve


@dataclass(frozen=True, slots=True)
class Stored:
    """The records that can be read and are not left out.

    ``sieve`` says what is left out; code that finds an unusable record tells it (`Sieve.fault`).
    """

    sieve: Sieve
    clock: str | None
    """The clocks at the last look, as JSON."""
    triggerer: str | None
    """The attempt that runs triggers, if there is one."""
    quarantine: dict[str, QuarantineRecord]
    dags: list[DagRecord]
    pauses: list[PauseRecord]
    pools: dict[str, PoolRecord]
    values: list[ValueRecord]
    queued_assets: Queued
    """Asset events that have not had a run yet."""
    next_asset_event: int
    callbacks: list[CallbackRecord]
    """Those that are not done, oldest first."""
    next_callback: int
    missed_deadlines: set[tuple[int, str]]
    """(run key, ``deadline:0``) of deadlines that were reported already."""
    backfills: list[tuple[BackfillRecord, list[BackfillPointRecord]]]
    runs: list[tuple[RunRecord, list[TaskRecord]]]
    """Unfinished ones, and those with a live attempt."""


def read_stored(reads: WorkingSet, without: Collection[str] = ()) -> Stored:
    """Read everything, *without* some subjects (ids) and what is in quarantine; a short read per table."""
    sieve = Sieve(without)
    return Stored(
        sieve=sieve,
        quarantine=reads.quarantined(sieve),  # first, because everything after leaves it out
        clock=reads.fact(CLOCK),
        triggerer=reads.fact(TRIGGERER),
        dags=reads.dags(sieve),
        pauses=reads.pauses(sieve),
        pools=reads.pools(sieve),
        values=reads.values(sieve),
        queued_assets=reads.queued_assets(sieve),
        next_asset_event=reads.next_asset_event(),
        callbacks=reads.callbacks(sieve),
        next_callback=reads.next_key("callback"),
        missed_deadlines=reads.missed_deadlines(),
        backfills=reads.backfills(sieve),
        runs=reads.active_runs(sieve),
    )

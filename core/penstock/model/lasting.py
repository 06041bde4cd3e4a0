"""Acts that are never refused because things moved between the look and the key."""

from __future__ import annotations

from penstock.model.acts import (
    Cancel,
    CancelBackfill,
    ClearBreakpoint,
    DrainWorker,
    Freeze,
    Hold,
    PauseAll,
    PauseBackfill,
    PauseSchedule,
    Release,
    ResizeBackfill,
    ResumeAll,
    ResumeBackfill,
    RunInTurn,
    RunNext,
    RunNow,
    SetBreakpoint,
    UndrainWorker,
    Unfreeze,
    UnpauseSchedule,
)

Lasting = (
    Cancel
    | RunNext
    | RunNow
    | RunInTurn
    | PauseSchedule
    | UnpauseSchedule
    | Freeze
    | Unfreeze
    | Hold
    | Release
    | SetBreakpoint
    | ClearBreakpoint
    | PauseAll
    | ResumeAll
    | PauseBackfill
    | ResumeBackfill
    | CancelBackfill
    | ResizeBackfill
    | DrainWorker
    | UndrainWorker
)
"""Acts that mean the same whatever changes (cancel this run, pause that DAG), so that nobody who was shown
one is refused because things moved; if there is nothing left to do, the answer says so."""

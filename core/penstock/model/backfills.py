"""The vocabularies of backfills: their states, those of their points and canary, what they reprocess."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from penstock.model.looks import LOOKS
from penstock.model.vocabulary import Term, Vocabulary


class BackfillState(StrEnum):
    """The state of a backfill."""

    RUNNING = "running"
    """Its points become runs, a few at once."""
    PAUSED = "paused"
    """No more of its points become runs; those that run go on."""
    SUCCESS = "success"
    """All of its points have ended, and none failed."""
    FAILED = "failed"
    """All of its points have ended, and some failed or were cancelled."""
    CANCELLED = "cancelled"
    """An operator ended it; what ran may still go on."""


class BackfillPointState(StrEnum):
    """The state of one schedule point of a backfill."""

    WAITING = "waiting"
    """It has not become a run of this backfill yet."""
    RUNNING = "running"
    """Its run is queued or running."""
    SUCCESS = "success"
    """Its run succeeded."""
    FAILED = "failed"
    """Its run failed."""
    KEPT = "kept"
    """There was a run for its date that need not be repeated."""
    SKIPPED = "skipped"
    """It does not run: its date had an active run, or the backfill stopped before."""
    CANCELLED = "cancelled"
    """Its run or the backfill was cancelled."""


class Reprocess(StrEnum):
    """Which points of a backfill run again if there is a run for their date."""

    NONE = "none"
    """None: only dates without a run."""
    FAILED = "failed"
    """Also those whose run failed or was cancelled."""
    COMPLETED = "completed"
    """All whose run has ended."""


class Choice(StrEnum):
    """What a backfill does with one of its points."""

    CREATE = "create"
    """There is no run for its date: one is created."""
    RERUN = "rerun"
    """Its run is cleared."""
    KEPT = "kept"
    """Its run stays as it is."""
    IN_FLIGHT = "in_flight"
    """Its run is queued or running: it is never replaced."""


class Canary(StrEnum):
    """The result of the first point, if the others wait for it."""

    WAITING = "waiting"
    PASSED = "passed"
    FAILED = "failed"


def _backfill_terms() -> dict[BackfillState, Term[BackfillState]]:
    state = BackfillState
    ends = frozenset({state.SUCCESS, state.FAILED, state.CANCELLED})
    return {
        state.RUNNING: Term("running", LOOKS["running"], ends | {state.PAUSED}),
        # What ran goes on, and may be the last of it.
        state.PAUSED: Term("paused", LOOKS["paused"], ends | {state.RUNNING}),
        state.SUCCESS: Term("success", LOOKS["success"]),
        state.FAILED: Term("failed", LOOKS["failed"]),
        state.CANCELLED: Term("cancelled", LOOKS["cancelled"]),
    }


def _point_terms() -> dict[BackfillPointState, Term[BackfillPointState]]:
    state = BackfillPointState
    again = frozenset({state.RUNNING})  # its run was cleared before the backfill ended
    ends = frozenset({state.SUCCESS, state.FAILED, state.CANCELLED})
    return {
        state.WAITING: Term(
            "waiting",
            LOOKS["waiting"],
            frozenset({state.RUNNING, state.KEPT, state.SKIPPED, state.CANCELLED}),
        ),
        # A run that is still queued when the backfill stops is ended with it.
        state.RUNNING: Term("running", LOOKS["running"], ends | {state.SKIPPED}),
        state.SUCCESS: Term("success", LOOKS["success"], again),
        state.FAILED: Term("failed", LOOKS["failed"], again),
        state.KEPT: Term("kept", LOOKS["kept"]),
        state.SKIPPED: Term("skipped", LOOKS["skipped"]),
        state.CANCELLED: Term("cancelled", LOOKS["cancelled"], again),
    }


BACKFILLS = Vocabulary(BackfillState, "backfill", _backfill_terms())
BACKFILL_POINTS = Vocabulary(BackfillPointState, "point of a backfill", _point_terms())
OPEN_POINTS = frozenset({BackfillPointState.WAITING, BackfillPointState.RUNNING})
"""States of points that still keep a backfill going."""
REPROCESSES = Vocabulary(
    Reprocess,
    "reprocess behavior",
    {Reprocess.NONE: Term("missing"), Reprocess.FAILED: Term("failed"), Reprocess.COMPLETED: Term("all")},
)
"""Each by the runs that such a backfill makes."""
CHOICES = Vocabulary(
    Choice,
    "choice",
    {
        Choice.CREATE: Term("is created", LOOKS["created"]),
        Choice.RERUN: Term("runs again", replace(LOOKS["up_for_retry"], word="rerun")),
        Choice.KEPT: Term("is kept", LOOKS["kept"]),
        Choice.IN_FLIGHT: Term("is active, left alone", replace(LOOKS["running"], word="active, left alone")),
    },
)
"""Each by what the run of the point does."""
CANARIES = Vocabulary(
    Canary,
    "canary",
    {
        Canary.WAITING: Term("waits", LOOKS["waiting"], frozenset({Canary.PASSED, Canary.FAILED})),
        Canary.PASSED: Term("passed", LOOKS["success"]),
        Canary.FAILED: Term("failed", LOOKS["failed"]),
    },
)

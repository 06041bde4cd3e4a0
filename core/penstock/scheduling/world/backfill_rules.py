"""What a backfill does with each schedule point. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model.backfills import BackfillPointState, Canary, Choice, Reprocess
from penstock.model.states import RUN_UNFINISHED, RunState


def choose(state: RunState | None, reprocess: Reprocess) -> Choice:
    """Return what happens to a point whose run is in *state* (None: there is no run).

    A queued or running run is never replaced.
    """
    if state is None:
        return Choice.CREATE
    if state in RUN_UNFINISHED:
        return Choice.IN_FLIGHT
    if reprocess == Reprocess.COMPLETED:
        return Choice.RERUN
    if reprocess == Reprocess.FAILED and state is not RunState.SUCCESS:
        return Choice.RERUN
    return Choice.KEPT


def point_state(choice: Choice) -> tuple[BackfillPointState, str | None]:
    """Return a new point's state and reason."""
    match choice:
        case Choice.KEPT:
            return BackfillPointState.KEPT, "a run for this date has succeeded or need not be reprocessed"
        case Choice.IN_FLIGHT:
            return BackfillPointState.SKIPPED, "a run for this date is queued or running"
        case _:
            return BackfillPointState.WAITING, choice.value if choice is Choice.RERUN else None


def canary_of(states: Iterable[BackfillPointState]) -> Canary:
    """Return how the canary did: the first point, by the *states* of all in order, that has work to do."""
    for state in states:
        match state:
            case BackfillPointState.KEPT | BackfillPointState.SKIPPED:
                continue
            case BackfillPointState.SUCCESS:
                return Canary.PASSED
            case BackfillPointState.FAILED | BackfillPointState.CANCELLED:
                return Canary.FAILED
            case _:
                return Canary.WAITING
    return Canary.PASSED


def why_stop(canary: Canary | None, failed: int, stop_after: int | None) -> str | None:
    """Return why a backfill starts nothing more, or None if it goes on."""
    if canary is Canary.FAILED:
        return "the canary, its first run, did not succeed"
    if stop_after is not None and failed >= stop_after:
        return f"stopped after {failed} failed run{'' if failed == 1 else 's'}"
    return None

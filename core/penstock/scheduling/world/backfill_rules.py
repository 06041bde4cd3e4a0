"""What a backfill does with each schedule point. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from penstock.model.states import RUN_UNFINISHED, RunState

Choice = Literal["create", "rerun", "kept", "in_flight"]
Canary = Literal["waiting", "passed", "failed"]


def choose(state: RunState | None, reprocess: str) -> Choice:
    """Return what happens to a point whose run is in *state* (None: there is no run).

    A queued or running run is never replaced. *reprocess*: ``none`` only missing runs, ``failed``
    also failed and cancelled ones, ``completed`` every finished one.
    """
    if state is None:
        return "create"
    if state in RUN_UNFINISHED:
        return "in_flight"
    if reprocess == "completed":
        return "rerun"
    if reprocess == "failed" and state is not RunState.SUCCESS:
        return "rerun"
    return "kept"


def slot_state(choice: Choice) -> tuple[str, str | None]:
    """Return a new slot's state and reason."""
    match choice:
        case "kept":
            return "kept", "a run for this date has succeeded or need not be reprocessed"
        case "in_flight":
            return "skipped", "a run for this date is queued or running"
        case _:
            return "waiting", "rerun" if choice == "rerun" else None


def canary_of(states: Iterable[str]) -> Canary:
    """Return how the canary did: the first slot, by the *states* of all in order, that has work to do."""
    for state in states:
        match state:
            case "kept" | "skipped":
                continue
            case "success":
                return "passed"
            case "failed" | "cancelled":
                return "failed"
            case _:
                return "waiting"
    return "passed"


def why_stop(canary: str | None, failed: int, stop_after: int | None) -> str | None:
    """Return why a backfill starts nothing more, or None while it goes on."""
    if canary == "failed":
        return "the canary, its first run, did not succeed"
    if stop_after is not None and failed >= stop_after:
        return f"stopped after {failed} failed run{'' if failed == 1 else 's'}"
    return None

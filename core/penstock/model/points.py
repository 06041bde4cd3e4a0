"""The states of a schedule point, and the allowed changes."""

from __future__ import annotations

from enum import StrEnum

from penstock.model.looks import Look
from penstock.model.vocabulary import Term, Vocabulary


class PointState(StrEnum):
    """What happened to one schedule point. All but the last two are records of the ledger."""

    RAN = "ran"
    """Its run was created in time."""
    RAN_LATE = "ran_late"
    """Its run was created more than a minute after it was due."""
    SKIPPED = "skipped"
    """It has no run, for a reason."""
    BACKFILLED = "backfilled"
    """A backfill runs it, or has run it."""
    WAITING = "waiting"
    """Due, but its schedule is paused or the engine has not handled it yet."""
    UPCOMING = "upcoming"
    """Not due yet."""


def _terms() -> dict[PointState, Term[PointState]]:
    state = PointState
    ran = frozenset({state.RAN, state.RAN_LATE})
    return {
        # A clock that was set back may reach a point twice.
        state.RAN: Term("ran", Look("R", "R", "green", "ran"), frozenset({state.RAN_LATE, state.BACKFILLED})),
        state.RAN_LATE: Term(
            "ran late", Look("L", "L", "cyan", "late"), frozenset({state.RAN, state.BACKFILLED})
        ),
        state.SKIPPED: Term("skipped", Look("S", "S", "bold yellow", "skipped"), ran | {state.BACKFILLED}),
        state.BACKFILLED: Term("backfilled", Look("B", "B", "bold blue", "backfilled")),
        state.WAITING: Term(
            "waiting", Look("W", "W", "bold magenta", "waiting"), ran | {state.SKIPPED, state.BACKFILLED}
        ),
        state.UPCOMING: Term(
            "upcoming", Look(".", ".", "bright_black", "to come"), ran | {state.WAITING, state.BACKFILLED}
        ),
    }


POINTS = Vocabulary(PointState, "schedule point", _terms())
OPEN = frozenset({PointState.WAITING, PointState.UPCOMING})
"""States of points that have no record yet."""
WITHOUT_RUN = OPEN | {PointState.SKIPPED}
"""States of points that have no run."""

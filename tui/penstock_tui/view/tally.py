"""Counts how far a run is and what ended badly in it, for every screen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.model.states import TERMINAL, TaskState
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

BAD = (
    (TaskState.FAILED, "failed"),
    (TaskState.UPSTREAM_FAILED, "blocked"),
    (TaskState.CANCELLED, "cancelled"),
)
"""States in which a task instance ended badly, and the word for each; the worst first."""


def done_of(counts: Mapping[str, int]) -> tuple[int, int]:
    """Return how many task instances have ended, however they did, and how many there are.

    Those that are no longer part of the DAG are not counted.
    """
    total = sum(counts.values()) - counts.get(TaskState.REMOVED, 0)
    done = sum(counts.get(state, 0) for state in TERMINAL - {TaskState.REMOVED})
    return done, total


def bad_of(counts: Mapping[str, int]) -> list[tuple[TaskState, str, int]]:
    """Return state, word and number of what ended badly, as far as anything did."""
    return [(state, word, counts[state]) for state, word in BAD if counts.get(state)]


def counted(counts: Mapping[str, int], order: Sequence[str], looks: Looks) -> Spans:
    """Return how many there are in each state, in the *order* of states: ``✗1 ⊘5 ✓6``."""
    spans: Spans = []
    for state in order:
        if counts.get(state):
            spans += [(f"{looks.glyph(state)}{counts[state]}", looks.style(state)), (" ", "")]
    return spans


def urgency(state: str) -> int:
    """Return the place of a state in a list sorted by state: what needs attention comes first."""
    return _URGENT.get(state, 4)


_URGENT = {"quarantined": -1, "failed": 0, "running": 1, "queued": 2, "cancelled": 3, "success": 5}

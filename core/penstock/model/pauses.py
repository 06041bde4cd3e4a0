"""The kinds of pauses, and the words for each: four that people put on, and two breakpoints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from penstock.model.looks import LOOKS, Look


class PauseKind(StrEnum):
    """What a pause stops. Each kind is independent of the others."""

    SCHEDULE = "schedule"
    """The schedule of a DAG: no new scheduled runs."""
    FREEZE = "freeze"
    """A DAG: nothing of it is launched."""
    RUN = "run"
    """One run: nothing of it is launched."""
    TASK = "task"
    """One task instance or all instances of a task in one run."""
    BEFORE = "before"
    """A breakpoint: the task does not start. Without a run it is for the next run of the DAG."""
    AFTER = "after"
    """A breakpoint: what comes directly after the task does not start, and the run does not end."""


BREAKPOINTS = frozenset({PauseKind.BEFORE, PauseKind.AFTER})
"""Kinds that stand in the way from when they are set, and stop the run once it gets there."""


@dataclass(frozen=True, slots=True)
class PauseTerm:
    """The words for one kind. ``pause`` and ``lift`` are acts; the verbs come before their object."""

    pause: str
    lift: str
    pause_verb: str
    lift_verb: str
    name: str
    """The word for something while it is paused."""
    without: str
    """The word for it otherwise."""
    look: Look


def _hold() -> PauseTerm:
    return PauseTerm("hold", "release", "Hold", "Release", "held", "working", LOOKS["held"])


def _stop(where: str) -> PauseTerm:
    return PauseTerm(
        "breakpoint_set",
        "breakpoint_clear",
        f"Stop {where}",
        f"Go on from the breakpoint {where}",
        f"stops {where}",
        "working",
        LOOKS["at_breakpoint"],
    )


PAUSES: dict[PauseKind, PauseTerm] = {
    PauseKind.SCHEDULE: PauseTerm(
        "pause",
        "unpause",
        "Pause the schedule of",
        "Resume the schedule of",
        "paused",
        "scheduled",
        LOOKS["paused"],
    ),
    PauseKind.FREEZE: PauseTerm(
        "freeze", "unfreeze", "Freeze", "Unfreeze", "frozen", "working", LOOKS["frozen"]
    ),
    PauseKind.RUN: _hold(),
    PauseKind.TASK: _hold(),
    PauseKind.BEFORE: _stop("before"),
    PauseKind.AFTER: _stop("after"),
}

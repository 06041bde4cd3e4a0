"""Our words and those of the API that clients know: states, run types, who triggered. Pure.

Clients refuse a whole list for one word that they do not know, so only known words leave here; filters
take the same way back.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from penstock.model.search import StateTerm
from penstock.model.states import RunState, RunType, TaskState


class RunWord(StrEnum):
    """The states of runs."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class RunMark(StrEnum):
    """What a run can be set to."""

    QUEUED = "queued"
    SUCCESS = "success"
    FAILED = "failed"


RUN_WORDS = tuple(word.value for word in RunWord)
TASK_WORDS = (
    "removed", "scheduled", "queued", "running", "success", "restarting", "failed", "up_for_retry",
    "up_for_reschedule", "upstream_failed", "skipped", "deferred", "awaiting_input",
)  # fmt: skip
RUN_TYPE_WORDS = (
    "backfill", "scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization",
)  # fmt: skip
NO_STATUS = ("none", "no_status")
"""How a query asks for task instances without a status; in a body it is null."""
_RUN = {RunState.CANCELLED: "failed"}
_TASK: dict[TaskState, str | None] = {TaskState.PENDING: None, TaskState.STOPPING: "running"}


def run_word(state: RunState) -> str:
    """Return what a run's state is called there: one that was cancelled has failed."""
    return _RUN.get(state, state.value)


def run_states(words: Iterable[str]) -> tuple[RunState, ...]:
    """Return the states of runs that *words* mean."""
    wanted = set(words)
    return tuple(state for state in RunState if run_word(state) in wanted)


def task_word(state: TaskState, *, launched: bool) -> str | None:
    """Return what a task instance's state is called there; None is no status.

    One that was cancelled has failed if it was ever *launched*, otherwise it was skipped.
    """
    if state is TaskState.CANCELLED:
        return "failed" if launched else "skipped"
    return _TASK.get(state, state.value)


def task_terms(words: Iterable[str | None]) -> tuple[StateTerm, ...]:
    """Return the states of task instances that *words* mean; None is no status."""
    wanted = {None if word in NO_STATUS else word for word in words}
    found = []
    for state in TaskState:
        fits = [launched for launched in (True, False) if task_word(state, launched=launched) in wanted]
        if fits:
            found.append(StateTerm(state=state, launched=fits[0] if len(fits) == 1 else None))
    return tuple(found)


def run_types(words: Iterable[str]) -> tuple[RunType, ...]:
    """Return the run types that *words* mean; some words have no counterpart."""
    wanted = set(words)
    return tuple(kind for kind in RunType if kind.value in wanted)


def triggered_by(kind: RunType, by: str | None) -> str | None:
    """Return what made a run, by its type and who is named in it."""
    match kind:
        case RunType.SCHEDULED:
            return "timetable"
        case RunType.BACKFILL:
            return "backfill"
        case RunType.ASSET_TRIGGERED:
            return "asset"
    if by is None:
        return None
    if by.startswith("task "):
        return "operator"
    return "cli" if "@" in by else "rest_api"

"""Waiting for the end of something, by notices of the engine instead of repeated questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from penstock.cli.output import stop_without_reader
from penstock.cli.text import state, took
from penstock.model.backfills import BACKFILLS
from penstock.model.states import RUN_TERMINAL, TERMINAL, RunState, TaskState

if TYPE_CHECKING:
    from penstock.api.engine import Engine
    from penstock.model.views.backfills import BackfillRow
    from penstock.model.views.events import Change
    from penstock.model.views.runs import RunDetail

_Seen = TypeVar("_Seen")

_LONGEST_PAUSE = 0.5
_HEARTBEAT = 5.0
"""Seconds after which we ask without a notice."""


def wait_for_run(engine: Engine, dag_id: str, run_id: str, tell: Callable[[str], None]) -> RunDetail:
    """Return the run once it has ended; *tell* is called for each task that ends.

    Raises `EngineNotRunningError` if the engine ends; the run's attempts go on without it.
    """
    told: dict[tuple[str, int], str] = {}
    changes = engine.changes(heartbeat=_HEARTBEAT)
    try:
        for change in changes:
            if not _concerns(change, dag_id, run_id):
                continue
            detail = _sparingly(lambda: engine.run(dag_id, run_id))
            _tell_ends(detail, told, tell)
            if detail.run.state in RUN_TERMINAL:
                return detail
    finally:
        _close(changes)
    raise AssertionError("changes ends only by raising")


def wait_for_backfill(engine: Engine, backfill_id: int, tell: Callable[[str], None]) -> BackfillRow:
    """Return the backfill once it has ended; *tell* gets the counts of its points when they change."""
    before: dict[str, int] = {}
    changes = engine.changes(heartbeat=_HEARTBEAT)
    try:
        for _ in changes:
            row = _sparingly(lambda: engine.backfill(backfill_id))
            if row.counts != before:
                before = row.counts
                tell(", ".join(f"{number} {name}" for name, number in sorted(before.items()) if number))
            if row.state in BACKFILLS.final:
                return row
    finally:
        _close(changes)
    raise AssertionError("changes ends only by raising")


def _sparingly(look: Callable[[], _Seen]) -> _Seen:
    """Ask, then pause so that asking takes at most a tenth of the time: the engine has work to do.

    Ends the command if nobody reads its output any more.
    """
    stop_without_reader()
    begun = time.monotonic()
    seen = look()
    time.sleep(min(_LONGEST_PAUSE, 9 * (time.monotonic() - begun)))
    return seen


def succeeded(run_state: RunState) -> bool:
    """Return whether a run succeeded."""
    return run_state is RunState.SUCCESS


def _concerns(change: Change, dag_id: str, run_id: str) -> bool:
    quiet = not (change.runs or change.dags)  # a sign of life: ask anyway
    return change.all or quiet or (dag_id, run_id) in change.runs or dag_id in change.dags


def _tell_ends(detail: RunDetail, told: dict[tuple[str, int], str], tell: Callable[[str], None]) -> None:
    from penstock.cli.rows import outcome_words
    from penstock.ids import instance_key

    for task in detail.tasks:
        key = (task.task_id, task.map_index)
        if task.state not in TERMINAL:
            told.pop(key, None)
        elif told.get(key) != task.state:
            told[key] = task.state
            words = outcome_words(task)
            note = f" ({words})" if words and task.state is TaskState.FAILED else ""
            tell(f"{instance_key(*key)} {state(task.state.value)}{note} {took(task.start, task.end)}")


def _close(changes: object) -> None:
    close = getattr(changes, "close", None)
    if close is not None:
        close()

"""The turns of a run: each from its first start, or the first start after a clear or retry, to its end.

Read from the transitions of the run in the event trail. A turn that was undone is none. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from penstock.model.states import RUN_TERMINAL, RunState
from penstock.model.transitions import RUN_RESTORES
from penstock.model.views.runs import RunRow, Turn

_UNDONE = frozenset(f"run_{event.value}" for event in RUN_RESTORES.values())
_AGREES = 1.0
"""Seconds by which the turns may differ from what the run worked in total."""


@dataclass(frozen=True, slots=True)
class RunMove:
    """A transition of a run: when, by what event (``run_start``), and to what state."""

    at: datetime
    kind: str
    after: RunState


def one_turn(run: RunRow) -> tuple[Turn, ...] | None:
    """Return the turns of a run that has had at most one, as its row tells; None if there may be more."""
    if run.start is None:
        return ()
    if run.end is None:
        return (Turn(start=run.start),) if run.turn == run.start else None
    worked = (run.end - run.start).total_seconds()
    if run.worked is None or abs(worked - run.worked) < 1e-3:
        return (Turn(start=run.start, end=run.end, state=run.state, seconds=worked),)
    return None


def turns(run: RunRow, moves: Iterable[RunMove]) -> tuple[Turn, ...]:
    """Return the turns of *run*, oldest first, from all its *moves* in their order.

    A turn that gave its place to another run and went on later is one, without the time between. If the
    clock was set in one of them, the seconds do not add up to what the run worked: then none has any.
    """
    found: list[Turn] = []
    start = since = None
    worked = 0.0
    for move in moves:
        if move.after is RunState.RUNNING:
            start, since = start or move.at, move.at
            continue
        if since is not None:
            worked += max(0.0, (move.at - since).total_seconds())
            since = None
        if move.after in RUN_TERMINAL:
            if start is not None and move.kind not in _UNDONE:
                found.append(Turn(start=start, end=move.at, state=move.after, seconds=worked))
            start, worked = None, 0.0
    total = sum(turn.seconds or 0.0 for turn in found)
    if run.worked is not None and abs(total + worked - run.worked) > _AGREES:
        found = [Turn(start=turn.start, end=turn.end, state=turn.state) for turn in found]
    if start is not None:
        found.append(Turn(start=start))
    return tuple(found)

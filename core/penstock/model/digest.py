"""What events mean to somebody who was away: acts, pauses, DAG files, starts of the engine. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from penstock.model.failures import person_of
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.usual import LEAST, SHARE, quantile
from penstock.model.views.digest import ActDone, EngineStart, FileMove, FileMoved, PauseMoved
from penstock.model.views.events import EventRow

ENGINE_START, ENGINE_STOP = "engine_start", "engine_stop"
_ACT = "act_"
_UNDO = "undo"
_FILES = {
    "dag_new": FileMove.NEW,
    "dag_changed": FileMove.CHANGED,
    "dag_missing": FileMove.GONE,
    "dag_back": FileMove.BACK,
    "import_error": FileMove.BROKEN,
}
_SET = {f"pause_{kind}": kind for kind in PauseKind}
_LIFTED = {term.lift: kind for kind, term in PAUSES.items() if kind is not PauseKind.TASK}
_ENDED = "pause_lifted"
"""A pause that ended by its time; what kind it was is said as what was before."""
DEADLINE_MISSED = "deadline_missed"
KINDS = (*_FILES, *_SET, *_LIFTED, _ENDED, ENGINE_START, ENGINE_STOP, DEADLINE_MISSED)
"""The kinds of events that are told about, besides acts."""
_PAUSING = {
    *(term.pause for term in PAUSES.values()),
    *(term.lift for term in PAUSES.values()),
}
LEAST_LATE = 60.0
"""Seconds after the usual end before a run is called late, so that a run of seconds is not late by two."""


@dataclass(slots=True)
class Told:
    """What events tell, the oldest first."""

    acts: list[ActDone] = field(default_factory=list)
    pauses: list[PauseMoved] = field(default_factory=list)
    files: list[FileMoved] = field(default_factory=list)
    engine: list[EngineStart] = field(default_factory=list)
    deadlines: list[EventRow] = field(default_factory=list)


def tell(events: Iterable[EventRow], heard: datetime | None = None, *, stopped: bool = False) -> Told:
    """Return what *events*, the oldest first, tell.

    *heard* is when the event before them was, and *stopped* whether that one was the end of an engine.
    """
    told = Told()
    for event in events:
        if event.kind.startswith(_ACT):
            _act(told.acts, event)
        elif event.kind in _SET or event.kind in _LIFTED or event.kind == _ENDED:
            told.pauses.append(_pause(event))
        elif event.kind in _FILES:
            told.files.append(
                FileMoved(
                    seq=event.seq,
                    at=event.at,
                    what=_FILES[event.kind],
                    dag_id=event.dag_id,
                    text=event.reason or "",
                )
            )
        elif event.kind == ENGINE_START:
            told.engine.append(EngineStart(seq=event.seq, at=event.at, since=heard, stopped=stopped))
        elif event.kind == DEADLINE_MISSED:
            told.deadlines.append(event)
        heard, stopped = event.at, event.kind == ENGINE_STOP
    return told


def _act(acts: list[ActDone], event: EventRow) -> None:
    act, title = event.kind.removeprefix(_ACT), event.reason or ""
    if act == _UNDO:
        for place in range(len(acts) - 1, -1, -1):
            one = acts[place]
            if one.undone is None and title == f"Undo: {one.title}" and one.dag_id == event.dag_id:
                acts[place] = replace(one, undone=event.actor)
                break
    acts.append(
        ActDone(
            seq=event.seq,
            at=event.at,
            actor=event.actor,
            act=act,
            title=title,
            dag_id=event.dag_id,
            run_id=event.run_id,
            task_id=event.task_id,
        )
    )


def _pause(event: EventRow) -> PauseMoved:
    lifted = event.kind not in _SET
    if event.kind == _ENDED:
        kind = PauseKind(event.before or PauseKind.SCHEDULE)
    else:
        kind = _LIFTED[event.kind] if lifted else _SET[event.kind]
    if lifted and kind is PauseKind.RUN and event.task_id is not None:
        kind = PauseKind.TASK
    return PauseMoved(
        seq=event.seq,
        at=event.at,
        actor=event.actor,
        kind=kind,
        lifted=lifted,
        dag_id=event.dag_id or "",
        run_id=event.run_id,
        task_id=event.task_id,
        why=event.reason,
    )


def without_pauses(acts: Iterable[ActDone]) -> list[ActDone]:
    """Return the acts that are not told as pauses already; a pause of all DAGs stays, as one act."""
    return [act for act in acts if act.act not in _PAUSING]


def of_person(person: str, acts: Iterable[ActDone], pauses: Iterable[PauseMoved]) -> int:
    """Return how many of these *person* did, at whichever terminal."""
    own = person_of(person)
    actors = [*(act.actor for act in acts), *(pause.actor for pause in pauses)]
    return sum(person_of(actor) == own for actor in actors)


def usual_end(seconds: Sequence[float]) -> float | None:
    """Return the seconds after they were due within which 95 % of runs ended; None of too few."""
    return quantile(sorted(seconds), SHARE) if len(seconds) >= LEAST else None


def late_by(took: float, usual: float | None) -> float | None:
    """Return by how many seconds a run that took *took* after it was due is late; None if it is not."""
    late = 0.0 if usual is None else took - usual
    return late if late >= LEAST_LATE else None

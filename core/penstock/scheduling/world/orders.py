"""What the engine is asked to do in its next tick: by people, by the loading room, at start."""

from __future__ import annotations

import hashlib
from asyncio import Future
from dataclasses import dataclass

import msgspec

from penstock.model.acts import AnyAct, act_name
from penstock.model.spec import ParsedFile
from penstock.model.subject import Subject, SubjectKind
from penstock.model.views.plans import Done


@dataclass(slots=True)
class ActOrder:
    """A request for an act; the answer is sent once it is durable.

    *expect* is the fingerprint of the plan that was shown, *act_id* tells a repeated request from a new one.
    """

    act: AnyAct
    expect: str | None
    actor: str
    act_id: str | None
    answer: Future[Done]


@dataclass(frozen=True, slots=True)
class FileLoaded:
    """A DAG file was parsed."""

    parsed: ParsedFile


@dataclass(frozen=True, slots=True)
class FileGone:
    """A DAG file was removed."""

    file: str


@dataclass(frozen=True, slots=True)
class Stray:
    """A running attempt, and what its order says about it; a callback's order names no run."""

    attempt_id: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    try_number: int = 1


@dataclass(frozen=True, slots=True)
class TakeIn:
    """An engine that started found attempts which its database does not know."""

    strays: tuple[Stray, ...]


@dataclass(frozen=True, slots=True)
class EngineMoved:
    """The engine has started, or is about to end."""

    kind: str
    reason: str


Order = ActOrder | FileLoaded | FileGone | TakeIn | EngineMoved


def about_order(order: Order) -> Subject:
    """Return the subject for an order: an act by its content, a file by its path."""
    match order:
        case ActOrder(act=act):
            digest = hashlib.sha256(msgspec.json.encode(act)).hexdigest()[:8]
            return Subject(SubjectKind.ORDER, f"order:{act_name(act)}-{digest}", getattr(act, "dag_id", None))
        case FileLoaded(parsed):
            return Subject(SubjectKind.ORDER, f"file:{parsed.file}")
        case FileGone(file):
            return Subject(SubjectKind.ORDER, f"file:{file}")
        case TakeIn(strays):
            return Subject(SubjectKind.ORDER, f"attempt:{strays[0].attempt_id}")
        case EngineMoved(kind):
            return Subject(SubjectKind.ORDER, f"engine:{kind}")

"""What a piece of work is about, so that an error in it is attributed to that one thing.

Every step that works on one run, DAG, order or stored row says so::

    for live in runs:
        with live.subject:
            ...

An exception then has the innermost subject, and the code that catches it knows what to leave out.
"""

from __future__ import annotations

import traceback
from enum import StrEnum
from types import TracebackType
from typing import Self

from penstock.errors import PenstockError
from penstock.model.looks import LOOKS
from penstock.model.vocabulary import Term, Vocabulary

_ABOUT = "penstock_about"
_LONGEST = 500
_HERE = __file__.rpartition("/")[0].rpartition("/")[0]


class SubjectKind(StrEnum):
    """What kind of thing a piece of work is about."""

    RUN = "run"
    DAG = "dag"
    ORDER = "order"
    """An act of a person, or a loaded file."""
    ROW = "row"
    """A stored row that belongs to no run."""


SUBJECTS = Vocabulary(
    SubjectKind,
    "subject",
    {
        SubjectKind.RUN: Term("run", LOOKS["quarantined"]),
        SubjectKind.DAG: Term("DAG", LOOKS["quarantined"]),
        SubjectKind.ORDER: Term("order", LOOKS["quarantined"]),
        SubjectKind.ROW: Term("stored row", LOOKS["quarantined"]),
    },
)
"""How each is called and looks while it is in quarantine."""


class Subject:
    """One run, DAG, order or stored row. ``id`` names it among all of them.

    A DAG by its id, a run by ``dag/run``, an order by ``order:...`` or ``file:...``, a row by ``table:key``.
    """

    __slots__ = ("dag_id", "id", "kind", "run_id")

    def __init__(
        self, kind: SubjectKind, subject_id: str, dag_id: str | None = None, run_id: str | None = None
    ) -> None:
        self.kind = kind
        self.id = subject_id
        self.dag_id = dag_id
        self.run_id = run_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.__dict__.setdefault(_ABOUT, self)

    def __repr__(self) -> str:
        return f"{self.kind} {self.id}"


def about_dag(dag_id: str) -> Subject:
    """Return the subject for a DAG."""
    return Subject(SubjectKind.DAG, dag_id, dag_id)


def about_run(dag_id: str, run_id: str) -> Subject:
    """Return the subject for a run."""
    return Subject(SubjectKind.RUN, f"{dag_id}/{run_id}", dag_id, run_id)


def about_row(table: str, key: object, dag_id: str | None = None) -> Subject:
    """Return the subject for a stored row that belongs to no run."""
    return Subject(SubjectKind.ROW, f"{table}:{key}", dag_id)


def blame(error: BaseException, subject: Subject) -> None:
    """Record that *error* is about *subject*, whatever subject is around it."""
    error.__dict__[_ABOUT] = subject


def subject_of(error: BaseException | None) -> Subject | None:
    """Return the innermost subject of *error*, or of what caused it; None if it has no subject."""
    while error is not None:
        found = error.__dict__.get(_ABOUT)
        if isinstance(found, Subject):
            return found
        error = error.__cause__
    return None


def place_of(error: BaseException) -> str:
    """Return where in this program *error* was raised, as ``scheduling/steps/reap.py:13``, or ""."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(_HERE):
            return f"{frame.filename.removeprefix(_HERE).lstrip('/')}:{frame.lineno}"
    return ""


def reason_of(error: BaseException) -> str:
    """Return *error* for an operator: its message, its type unless it is ours, and where it was raised."""
    text = " ".join(str(error).split())
    if not isinstance(error, PenstockError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    place = place_of(error)
    text = text[:_LONGEST].encode(errors="replace").decode()
    return f"{text} ({place})" if place else text

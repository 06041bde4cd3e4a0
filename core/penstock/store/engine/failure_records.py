"""Failures, what was said about them and who looked, as the engine writes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """One failure, of a task instance or of a whole run. Its ``id`` is the database's."""

    id: int
    ti_id: int | None
    attempt_id: str | None
    try_number: int
    at_us: int
    fingerprint: str
    line: str
    run_pk: int | None = None


@dataclass(frozen=True, slots=True)
class FailureNoteRecord:
    """An acknowledgement (of the failures up to number ``upto``) or a snooze (until ``until_us``)."""

    fingerprint: str
    kind: str
    by: str
    at_us: int
    why: str | None
    upto: int
    until_us: int | None


@dataclass(frozen=True, slots=True)
class LookRecord:
    """How far a person has seen a list that grows."""

    person: str
    place: str
    upto: int
    at_us: int

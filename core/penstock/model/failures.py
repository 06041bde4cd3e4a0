"""What can be said about failures that share a fingerprint."""

from __future__ import annotations

from enum import StrEnum


class FailureNote(StrEnum):
    """The two things that take failures off the list although their tasks are still failed."""

    ACKNOWLEDGED = "acknowledged"
    """Somebody knows of those there were; it comes back if it happens again."""
    SNOOZED = "snoozed"
    """Nobody wants to see any of them for a while."""


def person_of(actor: str) -> str:
    """Return the person in *actor*, who may be at any of several terminals.

    ``ada`` of ``ada@pts/3``, of the command line, and of ``ada (console)``.
    """
    return actor.partition("@")[0].partition(" (")[0]

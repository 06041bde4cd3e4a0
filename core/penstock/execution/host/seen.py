"""Turns what a local executor observes into what travels to the engine. Pure."""

from __future__ import annotations

from penstock.execution.executor import Absent, Accepted, Claimed, Exited, Lost, Observation, Unreachable
from penstock.execution.remote.protocol import Seen
from penstock.model.outcome import OutcomeKind


def seen_of(observed: Observation, worker: str) -> Seen:
    """Return *observed* as the worker of that name says it."""
    match observed:
        case Absent():
            return Seen(kind="absent")
        case Accepted():
            return Seen(kind="accepted", worker=worker, waiting="its supervisor has not begun yet")
        case Claimed(pid, at, note, kill_at):
            return Seen(kind="claimed", worker=worker, pid=pid, at=at, note=note, kill_at=kill_at)
        case Exited(outcome):
            return Seen(kind="exited", worker=worker, revoked=outcome.kind is OutcomeKind.REVOKED)
        case Lost(reason):
            return Seen(kind="lost", worker=worker, reason=reason)
        case Unreachable(since):
            return Seen(kind="unreachable", worker=worker, since=since)

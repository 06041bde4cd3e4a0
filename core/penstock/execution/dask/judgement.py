"""What an attempt is that its worker does not know, by the fence and the hosts. Pure.

Silence proves nothing: an attempt is absent only if nobody can have it, and the fence says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.execution.dask.fence import REVOKED
from penstock.execution.remote.protocol import Seen

UNKNOWN = ""
"""In place of a winner: the fence does not know the attempt."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of an attempt that no worker has shown.

    ``winner`` is whose its start is: None if it was offered and is free, `UNKNOWN`, `REVOKED`, or the name
    of a worker; ``foreign``: of a worker not known by name. ``given`` is the worker that was given it:
    that may be so new that the fence does not know it yet. ``fresh`` is whether its start was claimed a
    moment ago. ``silent`` are the known workers that do not answer, with the time of their last word in
    seconds since 1970.
    """

    winner: str | None
    foreign: bool = False
    given: str | None = None
    fresh: bool = False
    silent: Mapping[str, float] | None = None
    young: bool = False
    """Whether the scheduler began a moment ago: workers that were there before may not be back."""
    waiting: str | None = None
    """What it waits for, if the worker that it was given to is busy."""


def judge(case: Case, now: float) -> Seen:
    """Return what is known of the attempt; *now* is in seconds since 1970."""
    silent = case.silent or {}
    if case.winner == REVOKED:
        return Seen(kind="exited", revoked=True)
    if case.winner in (None, UNKNOWN) and case.given is not None:
        words = case.waiting or f"given to worker {case.given}, which has not begun yet"
        return Seen(kind="accepted", waiting=words)
    if case.winner is None:
        return Seen(kind="absent")
    if case.winner == UNKNOWN and silent:
        return Seen(kind="unreachable", since=min(silent.values()))
    if case.winner == UNKNOWN:
        return Seen(kind="unreachable", since=now) if case.young else Seen(kind="absent")
    if case.foreign:
        return Seen(kind="unreachable", since=now)
    if case.winner in silent:
        return Seen(kind="unreachable", worker=case.winner, since=silent[case.winner])
    if case.fresh:
        return Seen(kind="accepted", worker=case.winner, waiting="it is being started")
    return Seen(kind="absent")

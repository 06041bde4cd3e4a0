"""How an attempt ended. A task has a state; an outcome says how one attempt ended."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

_SIGKILL, _SIGTERM = 9, 15


class OutcomeKind(StrEnum):
    """The ways in which an attempt can end."""

    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    """It never started; no try was used."""
    LOST = "lost"
    """Supervisor or machine died after the start: what happened cannot be known."""
    SKIPPED = "skipped"
    RESCHEDULED = "rescheduled"
    """A sensor's check that was not true yet."""
    DEFERRED = "deferred"
    """It left a trigger, and goes on in another attempt once that has fired."""


NO_TROUBLE = frozenset({OutcomeKind.SKIPPED, OutcomeKind.RESCHEDULED, OutcomeKind.DEFERRED})
"""Ends that are no success, and nothing has gone wrong either."""


class AssetChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of one asset, with details from the task; ``aliases`` under which it was recorded."""

    name: str
    uri: str
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    partition_keys: tuple[str, ...] = ()
    """Which partitions of it; none: that of the run, if it has one."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of one attempt, as exact as the system can know it.

    Times are seconds, sizes bytes. ``exit_code`` is set for EXIT_CODE (and if a stopped command
    chose an exit code), ``signal`` for SIGNAL; ``sent_by`` names who sent the signal, if known.
    """

    kind: OutcomeKind
    exit_code: int | None = None
    signal: int | None = None
    sent_by: str | None = None
    reason: str | None = None
    fail_without_retry: bool = False
    duration: float | None = None
    cpu_seconds: float | None = None
    peak_rss: int | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None
    log_bytes: int | None = None
    log_dropped: int | None = None
    survivors: int | None = None
    killed_after: float | None = None
    """Seconds between SIGTERM and SIGKILL, if an end was ordered and SIGTERM was not enough."""
    next_poke_at: float | None = None
    """For RESCHEDULED: when to check again, in seconds since 1970 UTC."""
    trigger: str | None = None
    """For DEFERRED: the class that is waited for, and with what, for people."""
    resume_by: float | None = None
    """For DEFERRED: how long the trigger may take at most, in seconds since 1970 UTC."""
    asks: str | None = None
    """For DEFERRED: the subject of the question that a person has to answer."""
    question: dict[str, Any] | None = None
    """For DEFERRED: the whole question (`penstock.model.questions`), until the engine has written it down."""
    retry_delay: float | None = None
    """Seconds until the next try, if the task's retry policy said so."""
    skips: tuple[str, ...] = ()
    """Task ids that a branch or short circuit decided to skip."""
    assets: tuple[AssetChange, ...] = ()
    """What the task recorded about the assets that it changed."""
    mapped_length: int | None = None
    """Length of what the task returned, if others are mapped over it; see `attempts.protocol`."""
    rendered_map_index: str | None = None
    """The name that a mapped instance gives itself."""
    xcoms: dict[str, Any] | None = None
    """Pushed values by key, if small enough to be sent; see `attempts.protocol`."""

    @property
    def ok(self) -> bool:
        """Whether the attempt did its work."""
        return self.kind is OutcomeKind.EXIT_CODE and self.exit_code == 0


def describe(outcome: Outcome) -> str:
    """Return the outcome in a few plain words, such as ``exit 1`` or ``out of time, killed after 30 s``."""
    match outcome.kind:
        case OutcomeKind.EXIT_CODE:
            text = f"exit {outcome.exit_code}"
        case OutcomeKind.SIGNAL:
            text = f"killed by {_signal(outcome.signal)}"
            if outcome.sent_by:
                text += f", sent by {outcome.sent_by}"
        case OutcomeKind.TIMEOUT:
            text = "out of time"
        case _:
            text = outcome.kind.value
    if outcome.reason and outcome.reason.startswith(f"{text} "):
        return f"{outcome.reason}{_how(outcome)}"  # the reason says it already: cancelled by ada
    text += _how(outcome)
    return f"{text}: {outcome.reason}" if outcome.reason else text


def _how(outcome: Outcome) -> str:
    """Return how an ordered end went, and what else it killed; nothing if SIGTERM was enough."""
    others = outcome.survivors or 0
    if outcome.kind not in (OutcomeKind.TIMEOUT, OutcomeKind.CANCELLED):
        left = "1 process left behind was" if others == 1 else f"{others} processes left behind were"
        return f", {left} killed" if others else ""
    when = _after(outcome.killed_after)
    how = ""
    if outcome.exit_code is not None:
        how = f", ended itself with {outcome.exit_code}"
    elif outcome.signal == _SIGKILL:
        how = f", killed{when}"
    elif outcome.signal not in (None, _SIGTERM):
        how = f", ended by {_signal(outcome.signal)}"
    if others:
        what = "what it left" if others == 1 else f"{others} processes that it left"
        how += f", {what} killed{when}"
    return how


def _after(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f" after {seconds:.0f} s" if seconds >= 0.5 else " at once"


def _signal(number: int | None) -> str:
    import signal as signals

    try:
        name = signals.Signals(number or 0).name
    except ValueError:
        name = "signal"
    return f"{name} ({number or 0})"

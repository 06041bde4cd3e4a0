"""The port between scheduling and whatever runs attempts.

Events (`Hint`) only say "look at these"; `observe` is the authority. Losing every hint costs
latency, never correctness. Adoption after a restart is `observe` of all live attempts: the same
code as every tick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from penstock.attempts.protocol import AttemptSpec
from penstock.model.outcome import Outcome

StopMode = Literal["term", "kill"]


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no attempt directory: it was never submitted."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Submitted, not yet claimed by a supervisor."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A supervisor took it. ``pid`` is the task's process once it is known; ``at`` seconds since 1970.

    ``note`` says what is the matter with it, if anything: that its time is up and SIGKILL follows at
    ``kill_at`` (seconds since 1970), or, without that, that it cannot be killed, or what its result
    waits for.
    """

    pid: int | None
    at: float | None
    note: str | None = None
    kill_at: float | None = None


@dataclass(frozen=True, slots=True)
class Exited:
    """It ended, and the result is known exactly. ``start`` and ``end`` are seconds since 1970."""

    outcome: Outcome
    start: float | None
    end: float | None
    steady: tuple[str, float] | None = None
    """The boot, and the end in seconds of its steady clock, which tell how long ago it was."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Its supervisor vanished after the start; what happened cannot be known.

    ``elsewhere``: it belongs to another home, where it may be running, so it must not be repeated here.
    """

    reason: str
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The process that would know does not answer. Not a state: the attempt may be running."""

    since: float


Observation = Absent | Accepted | Claimed | Exited | Lost | Unreachable


@dataclass(frozen=True, slots=True)
class Worker:
    """One place that runs attempts."""

    name: str
    slots: int
    used: int


Hint = Callable[[Sequence[str]], None]
"""Called on the event loop with ids of attempts worth observing."""


class Executor(Protocol):
    """Runs attempts somewhere. All calls are made from the engine's event loop and do not block for long."""

    async def start(self, hint: Hint) -> None:
        """Begin; call *hint* from then on whenever attempts may have moved."""
        ...

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Ask for launches. Idempotent by attempt id: an id is never executed twice.

        The specs are already committed by the engine. Raises OSError when an attempt directory
        cannot be written (disk full); then observe tells which of them exist.
        """
        ...

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Return what is known of each attempt, authoritatively."""
        ...

    def revoke(self, attempt_id: str) -> Observation:
        """Take a launch back if nobody claimed it, and return what holds now.

        An `Exited` with outcome ``revoked`` says that it can never start.
        """
        ...

    def abandon(self, attempt_id: str) -> Observation:
        """End the remaining processes of an attempt if `observe` knows less about it than before.

        `Absent` when nothing runs, `Lost` when something did and is gone now, `Unreachable` while
        something cannot be ended. May take seconds.
        """
        ...

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Order a stop: ``term`` = TERM, grace, KILL, sweep; ``kill`` = no grace. Not an answer."""
        ...

    def read_log(self, attempt_id: str, offset: int, limit: int) -> bytes:
        """Return up to *limit* bytes of the log from *offset* (negative: from the end)."""
        ...

    def forget(self, attempt_id: str) -> None:
        """Drop everything kept for an attempt, its log included."""
        ...

    def capacity(self) -> list[Worker]:
        """Return the places that run attempts."""
        ...

    async def close(self) -> None:
        """Let go. Never stops an attempt."""
        ...

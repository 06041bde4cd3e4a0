"""The port between scheduling and whatever runs attempts.

Events (`Hint`) only say "look at these"; `observe` gives the facts. Losing every hint costs
time, never correctness. After a restart the engine calls `observe` for all live attempts: the same
code as every tick.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from penstock.attempts import files
from penstock.attempts.log_extent import Extent
from penstock.attempts.protocol import AttemptSpec
from penstock.model.outcome import Outcome

StopMode = Literal["term", "kill"]
KEEP_RENDERED = files.KEEP_RENDERED
"""In the environment of attempts whose rendered template fields must be kept."""
MAX_LOG_PIECE = 1 << 20
"""The most bytes of a log that one call returns."""


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no attempt directory: it was never submitted."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Submitted, not yet claimed by a supervisor.

    ``waiting`` says what it waits for, if that may take long: then it is not taken back for being late.
    """

    waiting: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A supervisor took it. ``pid`` is the task's process once it is known; ``at`` seconds since 1970.

    ``note`` is a problem with it, if any: its time is up and SIGKILL follows at ``kill_at`` (seconds
    since 1970); or, without that, it cannot be killed, or its result waits for something.
    """

    pid: int | None
    at: float | None
    note: str | None = None
    kill_at: float | None = None
    worker: str | None = None
    """The worker that has it; None for this machine."""


@dataclass(frozen=True, slots=True)
class Exited:
    """It ended, and the result is known exactly. ``start`` and ``end`` are seconds since 1970."""

    outcome: Outcome
    start: float | None
    end: float | None
    steady: tuple[str, float] | None = None
    """The boot, and the end on its steady clock in seconds, to work out how long ago it was."""
    worker: str | None = None
    """The worker that had it; None for this machine."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Its supervisor vanished after the start; what happened cannot be known.

    ``elsewhere``: it belongs to another home, where it may be running, so it must not be repeated here.
    """

    reason: str
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Its process does not answer. This is not a state: the attempt may be running.

    ``since`` is in seconds since 1970. ``host`` names whom there is no contact with, for people.
    """

    since: float
    host: str | None = None


Observation = Absent | Accepted | Claimed | Exited | Lost | Unreachable


@dataclass(frozen=True, slots=True)
class LogPiece:
    """A piece of an attempt's log. Offsets and sizes are bytes."""

    data: bytes
    offset: int
    """Where ``data`` begins: the end of the log if the offset was beyond it."""
    size: int
    """The length of the log now."""
    written_us: int | None
    """When the first byte was written: microseconds since 1970, accurate to a second, None if unknown."""
    may_grow: bool
    """Whether the attempt may print more. Checked before the log is read: if not, the log is complete."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one live attempt uses. CPU seconds and bytes read and written are totals since its start.

    ``cpu_percent`` is of one core, since the last sample (at the first, since the start).
    """

    cpu_percent: float
    cpu_seconds: float
    rss: int
    read_bytes: int
    write_bytes: int
    processes: int


@dataclass(frozen=True, slots=True)
class Worker:
    """One process that runs attempts; ``state`` and ``note`` are as in `penstock.model.views.system`.

    A worker on a host has a ``name``, by which it is drained; a supervisor of this machine has none.
    """

    executor: str
    """Name of the executor."""
    pid: int | None
    attempts: int
    state: str
    rss: int | None = None
    """Bytes."""
    note: str | None = None
    name: str | None = None
    host: str | None = None
    slots: int | None = None
    """How many attempts it runs at once."""
    queues: tuple[str, ...] = ()
    resources: Mapping[str, float] = field(default_factory=dict)
    load: float | None = None
    since: float | None = None
    """When it got into its state, in seconds since 1970, like ``contact``."""
    contact: float | None = None
    version: str = ""
    runs: tuple[str, ...] = ()
    """The attempts that it runs."""


@dataclass(frozen=True, slots=True)
class Room:
    """Whether an executor can take launches of one kind.

    ``limit`` is how many attempts it takes at once, also waiting ones; None: as many as come.
    """

    problem: str | None = None
    """Why nothing can start there now, in words."""
    limit: int | None = None


OPEN = Room()


class PushedFile(NamedTuple):
    """The file of what an attempt pushed; ``path`` is None where it is not a file that people can open."""

    size: int
    """Bytes."""
    path: str | None


Hint = Callable[[Sequence[str]], None]
"""Called on the event loop with ids of attempts that may have changed."""


class Archive(Protocol):
    """Reads what is kept of attempts, above all their logs, also when no engine runs.

    Calls may be made from any thread. They raise `BadIdError` for an invalid attempt id.
    """

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogPiece:
        """Return up to *limit* bytes (at most `MAX_LOG_PIECE`) of a log from *offset*.

        A negative offset counts from the end. A log that does not exist is empty. Raises OSError when
        the log cannot be read now.
        """
        ...

    def log_times(self, attempt_id: str, first: int, last: int) -> list[tuple[int, int]]:
        """Return (offset, microseconds since 1970) from which follows when those bytes were written.

        Each entry holds up to the next one, to within a second; empty if that is not known.
        """
        ...

    def log_extent(self, attempt_id: str, *, grows: bool, most: int, since: int = 0) -> Extent:
        """Return how far a log goes, and at most about *most* times at which parts of it were written.

        *grows*: the attempt may print. *since* is in microseconds since 1970; earlier times are left out.
        """
        ...

    def line_starts(self, attempt_id: str, offsets: list[int]) -> list[int]:
        """Return for each of *offsets* of a log where the first line begins that is not before it."""
        ...

    def log_file(self, attempt_id: str) -> str | None:
        """Return the path of the log for people to open; None if it is not a file on this machine."""
        ...

    def kept(
        self,
        *,
        since: str = "",
        untouched_since: float | None = None,
        moved_since: float | None = None,
        among: Collection[str] | None = None,
    ) -> Iterator[str]:
        """Yield the ids of attempts that something is kept of, from the id *since* on, in any order.

        With *untouched_since* (seconds since 1970), only those that nothing has changed from then on. With
        *moved_since*, those may be left out that have no neighbour that came or went from then on. With
        *among*, only those.
        """
        ...

    def order_of(self, attempt_id: str) -> dict[str, str]:
        """Return the environment that an attempt was submitted with; empty if it is not kept."""
        ...

    def rendered(self, attempt_id: str) -> dict[str, Any]:
        """Return the template fields as the attempt rendered them; empty if it has none.

        They are shortened for people, secrets are covered; whole for an attempt with `KEEP_RENDERED` in its
        environment.
        """
        ...

    def pushed(self, attempt_id: str) -> dict[str, Any]:
        """Return the values that the attempt pushed, by key; empty if there are none or they are not kept.

        Those that hold a secret are covered.
        """
        ...

    def handed_on(self, attempt_id: str) -> tuple[dict[str, Any], float]:
        """Return the values that the attempt pushed as other tasks get them, and when (seconds since 1970).

        Nothing is covered in them: they are for tasks.
        """
        ...

    def pushed_file(self, attempt_id: str) -> PushedFile | None:
        """Return the size and place of what the attempt pushed; None if that is nothing."""
        ...


class Executor(Archive, Protocol):
    """Runs attempts somewhere. All calls are made from the engine's event loop and do not block for long."""

    async def start(self, hint: Hint) -> None:
        """Start; from then on call *hint* whenever attempts may have changed."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """Problems with the processes that run attempts, for operators."""
        ...

    def workers(self) -> tuple[Worker, ...]:
        """Return the processes that run attempts, those with the most work first."""
        ...

    def room(self, executor: str, queue: str | None, resources: Mapping[str, float]) -> Room:
        """Return whether the executor called *executor* takes launches for *queue* with these resources."""
        ...

    async def drain(self, worker: str, *, back: bool = False) -> None:
        """Start nothing more on *worker*, or with *back* use it again; what it runs goes on.

        Raises `UnknownError` if there is no such worker, `RefusedError` if it cannot be told now.
        """
        ...

    async def freshen(self, attempt_id: str) -> None:
        """Before a log is read: bring what is here of it up to date, if it grows elsewhere.

        Takes a second at most, and raises nothing: what is here is shown then.
        """
        ...

    async def mend(self) -> bool:
        """Repair the connection to running attempts if someone removed it; return whether that was needed."""
        ...

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Ask for launches. Idempotent by attempt id: an id is never executed twice.

        The specs are already committed by the engine. Raises OSError when an attempt directory
        cannot be written (disk full); then `observe` tells which of them exist.
        """
        ...

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Return the facts about each attempt.

        The log of one that is `Exited` or `Lost` is complete: nothing is added to it.
        """
        ...

    async def sample(self, ids: Sequence[str]) -> dict[str, Usage]:
        """Return what each attempt of *ids* uses now.

        Those that `observe` has not reported as `Claimed`, with a process, are left out, and so are
        those whose process has ended. One call at a time.
        """
        ...

    def revoke(self, attempt_id: str) -> Observation:
        """Take a launch back if it is not claimed, and return the attempt's state.

        An `Exited` with outcome ``revoked`` means that it can never start.
        """
        ...

    def abandon(self, attempt_id: str) -> Observation:
        """End the remaining processes of an attempt if `observe` knows less about it than before.

        `Absent` if nothing runs, `Lost` if something did and is gone now, `Unreachable` while
        something cannot be ended. May take seconds.
        """
        ...

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Order a stop: ``term`` = TERM, grace, KILL, sweep; ``kill`` = no grace. `observe` tells the end."""
        ...

    def forget(self, attempt_id: str) -> None:
        """Delete everything kept of an attempt, also its log."""
        ...

    def run_triggers(self, attempt_id: str, wanted: Sequence[str]) -> None:
        """Tell the triggerer *attempt_id* whose triggers to run: those of these attempts, which deferred.

        It replaces what was said before. Raises OSError if that cannot be said now.
        """
        ...

    def fired(self, ids: Sequence[str]) -> list[str]:
        """Return those of some attempts that deferred and whose trigger has fired, or cannot any more."""
        ...

    async def close(self) -> None:
        """Close all connections. Never stops an attempt."""
        ...

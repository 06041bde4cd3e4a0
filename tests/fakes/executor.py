"""An executor that does as it is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fakes.clock import FakeClock
from penstock.attempts.log_extent import Extent
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import (
    OPEN,
    Absent,
    Accepted,
    Claimed,
    Exited,
    Hint,
    LogPiece,
    Observation,
    Room,
    StopMode,
    Usage,
    Worker,
)
from penstock.model.outcome import Outcome, OutcomeKind


@dataclass
class ScriptedExecutor:
    """Implements the executor port in memory; tests say what happens to each attempt."""

    clock: FakeClock
    seen: dict[str, Observation] = field(default_factory=dict)
    strays: dict[str, Observation] = field(default_factory=dict)
    """What `abandon` finds of attempts that `observe` knows nothing of."""
    specs: dict[str, AttemptSpec] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    """When attempts were submitted, on the steady clock."""
    stops: list[tuple[str, StopMode, str]] = field(default_factory=list)
    fail_submit: bool = False
    dies: bool = False
    """Raise `crash` in place of the next launch or stop: what was committed is not carried out."""
    crash: type[BaseException] = KeyboardInterrupt
    claim_at_once: bool = True
    hint: Hint | None = None
    usage: dict[str, Usage] = field(default_factory=dict)
    """What `sample` finds."""
    warnings: tuple[str, ...] = ()
    has_fired: set[str] = field(default_factory=set)
    """Attempts that deferred and whose trigger has fired."""
    wanted: dict[str, list[str]] = field(default_factory=dict)
    """Triggerers -> whose triggers they were last told to run."""
    logs: dict[str, bytes] = field(default_factory=dict)
    """What attempts printed."""
    rooms: dict[tuple[str, str | None], Room] = field(default_factory=dict)
    """What executors on other hosts take, by executor and queue; nothing is known of others."""
    drained: set[str] = field(default_factory=set)
    elsewhere: list[Worker] = field(default_factory=list)
    """Workers on other hosts."""

    async def start(self, hint: Hint) -> None:
        """Take note of the hint."""
        self.hint = hint

    def submit(self, specs: Sequence[AttemptSpec]) -> None:
        """Accept launches; each id only once."""
        if self.dies:
            raise self.crash
        if self.fail_submit:
            raise OSError("no space left")
        for spec in specs:
            assert spec.attempt_id not in self.specs, "submitted twice"
            self.specs[spec.attempt_id] = spec
            self.begun[spec.attempt_id] = self.clock.seconds
            at = self.clock.time.timestamp()
            self.seen[spec.attempt_id] = Claimed(4711, at) if self.claim_at_once else Accepted()

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        """Return what the script says."""
        return {each: self.seen.get(each, Absent()) for each in ids}

    def revoke(self, attempt_id: str) -> Observation:
        """Take back what is only accepted."""
        if isinstance(self.seen.get(attempt_id), Accepted):
            self.seen[attempt_id] = Exited(Outcome(kind=OutcomeKind.REVOKED), None, None)
        return self.seen.get(attempt_id, Absent())

    def abandon(self, attempt_id: str) -> Observation:
        """Find running what the test says is."""
        return self.strays.pop(attempt_id, Absent())

    def stop(self, attempt_id: str, mode: StopMode, reason: str) -> None:
        """Remember the order."""
        if self.dies:
            raise self.crash
        self.stops.append((attempt_id, mode, reason))

    def run_triggers(self, attempt_id: str, wanted: Sequence[str]) -> None:
        """Remember what the triggerer was told."""
        self.wanted[attempt_id] = list(wanted)

    def fired(self, ids: Sequence[str]) -> list[str]:
        """Return what the test says."""
        return [each for each in ids if each in self.has_fired]

    async def sample(self, ids: Sequence[str]) -> dict[str, Usage]:
        """Return what the test says of those that are claimed."""
        return {each: self.usage[each] for each in ids if each in self.usage}

    def workers(self) -> tuple[Worker, ...]:
        """One process does it all."""
        live = sum(isinstance(each, Claimed) for each in self.seen.values())
        return (Worker("scripted", None, live, "working" if live else "idle"), *self.elsewhere)

    def room(self, executor: str, queue: str | None, resources: Mapping[str, float]) -> Room:
        """Return what the test says."""
        return OPEN if executor == "scripted" else self.rooms.get((executor, queue), Room("nobody is there"))

    async def drain(self, worker: str, *, back: bool = False) -> None:
        """Remember it."""
        (self.drained.discard if back else self.drained.add)(worker)

    async def freshen(self, attempt_id: str) -> None:
        """Logs are here."""

    def handed_on(self, attempt_id: str) -> tuple[dict[str, object], float]:
        """Nothing is pushed."""
        return {}, 0.0

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogPiece:
        """Return what the test says that was printed."""
        grows = isinstance(self.seen.get(attempt_id), Accepted | Claimed)
        log = self.logs.get(attempt_id, b"")
        start = max(0, len(log) + offset) if offset < 0 else min(offset, len(log))
        return LogPiece(log[start : start + limit], start, len(log), None, grows)

    def log_file(self, attempt_id: str) -> str | None:
        """Name a file that is not there."""
        return f"/scripted/{attempt_id}/log"

    def kept(
        self,
        *,
        since: str = "",
        untouched_since: float | None = None,
        moved_since: float | None = None,
        among: Collection[str] | None = None,
    ) -> Iterator[str]:
        """Yield what was submitted and not forgotten."""
        return (each for each in self.seen if each >= since and (among is None or each in among))

    def order_of(self, attempt_id: str) -> dict[str, str]:
        """Return the environment it was submitted with."""
        spec = self.specs.get(attempt_id)
        return {} if spec is None else dict(spec.env)

    def log_times(self, attempt_id: str, first: int, last: int) -> list[tuple[int, int]]:
        return []

    def log_extent(self, attempt_id: str, *, grows: bool, most: int, since: int = 0) -> Extent:
        log = self.logs.get(attempt_id, b"")
        return Extent(len(log), torn=not log.endswith(b"\n"), times=[(0, 1)] if log else [])

    def line_starts(self, attempt_id: str, offsets: list[int]) -> list[int]:
        return offsets

    def pushed(self, attempt_id: str) -> dict[str, object]:
        return {}

    def rendered(self, attempt_id: str) -> dict[str, object]:
        """Nothing renders."""
        return {}

    def pushed_file(self, attempt_id: str) -> None:
        """Nothing is kept."""

    def forget(self, attempt_id: str) -> None:
        """Forget."""
        self.seen.pop(attempt_id, None)

    async def mend(self) -> bool:
        """Nothing breaks."""
        return False

    async def close(self) -> None:
        """Nothing to let go of."""

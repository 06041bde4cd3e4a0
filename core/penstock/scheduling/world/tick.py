"""What the steps of one tick share: the time, the world, the gate, and what to do after the commit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from penstock.attempts.protocol import AttemptSpec
from penstock.clock import from_us
from penstock.execution.executor import Executor, StopMode
from penstock.scheduling.world.ledger import Ledger
from penstock.scheduling.world.orders import Order
from penstock.scheduling.world.world import LiveRun, World
from penstock.settings import Settings
from penstock.store.engine.gate import Gate


@dataclass(slots=True)
class Tick:
    """One turn of the loop. Steps collect changes in the gate; effects follow once those are durable."""

    now_us: int
    mono: float
    boot: str
    """The boot that the steady clock ``mono`` belongs to."""
    world: World
    gate: Gate
    settings: Settings
    executor: Executor
    environment: dict[str, str]
    """The environment of every task, before its own."""
    later: list[Order] = field(default_factory=list)
    """Orders that cannot be carried out yet: they are given again in the next tick."""
    recent_answers: dict[str, str] = field(default_factory=dict)
    """Answers to acts of this tick, which are not in the store yet."""
    launches: list[AttemptSpec] = field(default_factory=list)
    stops: list[tuple[str, StopMode, str]] = field(default_factory=list)
    """(attempt id, mode, reason)."""
    kills: list[tuple[str, str]] = field(default_factory=list)
    """(attempt id, reason) of attempts that belong to nothing any more, and must be killed."""
    drains: list[tuple[str, bool]] = field(default_factory=list)
    """(worker, whether it is used again) of workers that are to be told."""
    looked: Counter[int] = field(default_factory=Counter)
    """How many task instances were looked at, by run key: no more than a tick takes."""
    created: int = 0
    """Runs created in this tick."""
    room: bool = False
    """A run has ended since runs were last started, so others may start."""
    ledger: Ledger = field(init=False)
    """The ledger of schedule points."""
    failing: list[tuple[LiveRun, str]] = field(default_factory=list)
    """Runs that end at their first failure, with the task that failed in this tick."""
    recorded: set[int] = field(default_factory=set)
    """Keys of the task instances of which a failure was recorded in this tick."""
    heard: int = 0
    """Number of the tick's events that were checked for callbacks."""
    reread: bool = False
    """The world must be read again after the commit: something was taken back, or dropped."""
    wake_us: int | None = None
    """When something is due that causes no event."""

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.world.reads, self.gate)

    def wake_at(self, moment_us: int | None) -> None:
        """Ask for a tick no later than *moment_us*."""
        if moment_us is not None and (self.wake_us is None or moment_us < self.wake_us):
            self.wake_us = moment_us

    def say(self, moment_us: int) -> str:
        """Return a time for people to read, in UTC."""
        return from_us(moment_us).strftime("%Y-%m-%d %H:%M:%S UTC")

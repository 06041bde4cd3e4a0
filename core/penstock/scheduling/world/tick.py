"""What the steps of one tick share: the time, the picture, the gate, and what to do after the commit."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.attempts.protocol import AttemptSpec
from penstock.clock import from_us
from penstock.execution.executor import Executor, StopMode
from penstock.scheduling.world.ledger import Ledger
from penstock.scheduling.world.world import LiveRun, World
from penstock.settings import Settings
from penstock.store.engine.gate import Gate


@dataclass(slots=True)
class Tick:
    """One turn of the loop. Steps gather moves in the gate; effects happen once those are durable."""

    now_us: int
    mono: float
    boot: str
    """Which life of the steady clock ``mono`` is of."""
    world: World
    gate: Gate
    settings: Settings
    executor: Executor
    environment: dict[str, str]
    """What every task process gets, before its own."""
    recent_answers: dict[str, str] = field(default_factory=dict)
    """Answers to acts of this tick, which the store cannot give yet."""
    launches: list[AttemptSpec] = field(default_factory=list)
    stops: list[tuple[str, StopMode, str]] = field(default_factory=list)
    """(attempt id, mode, reason)."""
    kills: list[tuple[str, str]] = field(default_factory=list)
    """(attempt id, reason) of attempts that are nobody's any more, and are to die."""
    created: int = 0
    """Runs created in this tick."""
    room: bool = False
    """A run has ended since runs were last started: others may have their turn."""
    ledger: Ledger = field(init=False)
    """What becomes of schedule points."""
    failing: list[tuple[LiveRun, str]] = field(default_factory=list)
    """Runs that end at their first failure, with the task that failed in this tick."""
    heard: int = 0
    """How many of the tick's events were looked at for those who want to hear of them."""
    reread: bool = False
    """The world has to be read again after the commit: something came back, or is gone for good."""
    wake_us: int | None = None
    """When something is due that no event will announce."""

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.world.reads, self.gate)

    def wake_at(self, moment_us: int | None) -> None:
        """Ask for a tick at *moment_us* at the latest."""
        if moment_us is not None and (self.wake_us is None or moment_us < self.wake_us):
            self.wake_us = moment_us

    def say(self, moment_us: int) -> str:
        """Return a moment as a person reads it, in UTC."""
        return from_us(moment_us).strftime("%Y-%m-%d %H:%M:%S UTC")

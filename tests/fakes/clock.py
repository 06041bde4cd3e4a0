"""A clock that tests set: the one fake clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)

SECONDS = 1000.0
"""What the steady clock says at first."""


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now
        self.seconds = SECONDS
        self.boots = 1

    def now(self) -> datetime:
        """Return the set time."""
        return self.time

    def monotonic(self) -> float:
        """Return seconds that move with `forward`."""
        return self.seconds

    def boot(self) -> str:
        """Return which life of the machine it is."""
        return f"boot {self.boots}"

    def reboot(self, now: datetime | None = None) -> None:
        """Let the machine be started anew, with another time when one is given."""
        self.boots += 1
        self.seconds = 5.0
        self.time = now or self.time

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds

    def step(self, seconds: float) -> None:
        """Step the wall clock alone."""
        self.time += timedelta(seconds=seconds)

"""A lease: the right of an attempt to run, which ends by itself unless somebody renews it.

An engine on another machine that cannot reach this one starts the attempt elsewhere after the lease; so it
must have ended here by then. Both count seconds since the last renewal, each on its own clock that nobody
sets; clocks of two machines are never compared. This one goes on while the machine sleeps.
"""

from __future__ import annotations

from penstock import process
from penstock.supervisor.sigterm import NEVER

LOOK_SECONDS = 5.0
"""Seconds between looks at most: timers stand still while the machine sleeps, the lease does not."""
LAST_LOOK = 1.0
"""Seconds that an ended lease is left: a supervisor that was frozen first hears what was sent meanwhile."""


class Lease:
    """The lease of one attempt, of *seconds*; None never ends. ``look_at`` is when to call `is_over`.

    Moments are seconds of the monotonic clock.
    """

    __slots__ = ("_asked", "_until", "look_at", "seconds")

    def __init__(self, seconds: float | None, now: float) -> None:
        self.seconds = seconds
        self.look_at = NEVER
        self.renew(now)

    def renew(self, now: float) -> None:
        """Let it last its whole time from now on."""
        if self.seconds is None:
            return
        self._asked = False
        self._until = process.steady() + self.seconds
        self.look_at = now + min(self.seconds, LOOK_SECONDS)

    def is_over(self, now: float) -> bool:
        """Return whether it has ended, and stayed so for a moment."""
        if self.seconds is None:
            return False
        left = self._until - process.steady()
        if left > 0:
            self._asked = False
            self.look_at = now + min(left, LOOK_SECONDS)
            return False
        if not self._asked:
            self._asked = True
            self.look_at = now + LAST_LOOK
            return False
        self.look_at = now + LOOK_SECONDS
        return True

    def words(self) -> str:
        """Return why the attempt ends."""
        return f"lease expired: nobody renewed it for {self.seconds:g} s"

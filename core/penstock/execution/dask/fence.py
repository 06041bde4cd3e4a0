"""The start fence: of all who could start an attempt, exactly one may. Pure.

It lives in the scheduler, which is one process. An attempt must be offered before it may start; then the
first who claims it has it for good. What the fence does not know is never started: a scheduler that was
restarted has forgotten everything, and old calls that still arrive must not start anything.
"""

from __future__ import annotations

from collections.abc import Iterable

REVOKED = "revoked"
"""The name under which an engine claims what nobody may start any more."""
MOST = 200_000
"""Attempts to remember; then the oldest are forgotten, and can never start."""


class Fence:
    """Who may start which attempt."""

    def __init__(self, most: int = MOST) -> None:
        self._claims: dict[str, str | None] = {}
        self._most = most

    def offer(self, ids: Iterable[str]) -> None:
        """Let these start, each once. What was claimed stays claimed."""
        for each in ids:
            self._claims.setdefault(each, None)
        while len(self._claims) > self._most:
            del self._claims[next(iter(self._claims))]

    def claim(self, attempt_id: str, who: str) -> str | None:
        """Claim the start, and return whose it is now; None if it is unknown, and nobody's.

        `REVOKED` may claim what is unknown: that it will never start.
        """
        if attempt_id not in self._claims and who != REVOKED:
            return None
        winner = self._claims.get(attempt_id) or who
        self._claims[attempt_id] = winner
        return winner

    def winners(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Return whose the start of each is (None: still free); unknown ones are left out."""
        return {each: self._claims[each] for each in ids if each in self._claims}

    def __len__(self) -> int:
        return len(self._claims)

"""Whose schedule to look at now, so that a tick costs what is due, however many DAGs there are."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import count


class DueDags:
    """DAGs whose schedule must be looked at: because something changed, or because a point is due.

    A DAG that is taken is forgotten: its next time has to be said again.
    """

    MOST = 500
    """DAGs that are taken at once, at most: after a start all are to be looked at, 0.2 ms each."""

    def __init__(self, dag_ids: Iterable[str]) -> None:
        self._now = dict.fromkeys(dag_ids)
        self._again: dict[str, None] = {}
        """Those to look at in the next round, when all of this one were taken."""
        self._later: list[tuple[int, int, str]] = []
        """Heap of (due in microseconds, number, DAG); one that has moved is in it several times."""
        self._due: dict[str, tuple[int, int, str]] = {}
        """The one that counts."""
        self._numbers = count()
        """Of DAGs that are due at once, who was looked at first comes first."""
        self.more = False
        """Whether there were too many to take all of them: take the others soon."""

    def look_at(self, dag_id: str) -> None:
        """Have a DAG looked at in the next round: its file, its pause or its room for runs has changed."""
        self._now[dag_id] = None

    def look_again(self, dag_id: str) -> None:
        """Have a DAG looked at in every round, as it may have room for runs at any time."""
        self._again[dag_id] = None

    def look_later(self, dag_id: str, due_us: int) -> None:
        """Have a DAG looked at when its next point is due, and not before."""
        place = self._due[dag_id] = (due_us, next(self._numbers), dag_id)
        heapq.heappush(self._later, place)

    def take(self, now_us: int) -> list[str]:
        """Return the DAGs to look at now, or `MOST` of them."""
        if not self.more:
            self._now.update(self._again)
            self._again = {}
        while (due_us := self.next_us) is not None and due_us <= now_us:
            dag_id = heapq.heappop(self._later)[2]
            del self._due[dag_id]
            self._now[dag_id] = None
        waiting = list(self._now)
        taken, left = waiting[: self.MOST], waiting[self.MOST :]
        self._now, self.more = dict.fromkeys(left), bool(left)
        for dag_id in taken:
            self._due.pop(dag_id, None)
        return taken

    @property
    def next_us(self) -> int | None:
        """When the next DAG is due of those to be looked at later; None if none is."""
        while self._later and self._due.get(self._later[0][2]) is not self._later[0]:
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

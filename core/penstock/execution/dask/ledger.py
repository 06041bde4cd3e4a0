"""Where each attempt of an engine is, as its client knows: waiting, given to a worker, or begun there.

It lives in memory. A client that has just started knows nothing, and asks the fence and the hosts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from penstock.execution.dask.placement import Seat, choose, choose_ahead
from penstock.execution.remote.protocol import Order

ON_THE_WAY_SECONDS = 5.0
"""Seconds that an order may take to its worker."""


@dataclass(slots=True)
class Given:
    """An attempt that a worker was given, and that was not seen to begin."""

    order: Order
    worker: str
    at: float = field(default_factory=time.monotonic)
    """When, on the monotonic clock."""
    over: bool = False
    """Whether it certainly never arrived, or was forgotten."""

    def is_lost(self) -> bool:
        """Whether its worker has nothing of it if it says so: it is not on its way any more."""
        return self.over or time.monotonic() - self.at > ON_THE_WAY_SECONDS


@dataclass(slots=True)
class Ledger:
    """The attempts of one engine that this client has heard of."""

    queue: dict[str, Order] = field(default_factory=dict)
    """Those without a worker, the longest waiting first."""
    words: dict[str, str] = field(default_factory=dict)
    """What those wait for, and those that a busy worker got in advance."""
    given: dict[str, Given] = field(default_factory=dict)
    offered: dict[str, set[str]] = field(default_factory=dict)
    """All workers that were ever given an attempt: nobody else can have begun it."""
    where: dict[str, str] = field(default_factory=dict)
    """The worker on which an attempt was last seen."""

    def take(self, order: Order) -> None:
        """Take an order in, once."""
        attempt_id = order.spec.attempt_id
        if not self.knows(attempt_id):
            self.queue[attempt_id] = order

    def place(self, seats: Mapping[str, Seat]) -> list[str]:
        """Give what waits to *seats* that fit, in turn; return which. The others' words are renewed."""
        left = self._back_from_busy(dict(seats))
        said: dict[tuple[str | None, str], str] = {}
        placed: list[str] = []
        for attempt_id, order in list(self.queue.items()):
            key = (order.queue, repr(sorted(order.resources.items())))
            if key not in said:
                found = choose(order.queue, order.resources, left.values())
                seat = found if isinstance(found, Seat) else None
                seat = seat or choose_ahead(order.queue, order.resources, left.values())
                if seat is not None:
                    left[seat.name] = _less(seat, order.resources)
                    del self.queue[attempt_id]
                    self.words.pop(attempt_id, None)
                    if isinstance(found, str):
                        self.words[attempt_id] = found
                    self.given[attempt_id] = Given(order, seat.name)
                    self.offered.setdefault(attempt_id, set()).add(seat.name)
                    placed.append(attempt_id)
                    continue
                said[key] = str(found)
            self.words[attempt_id] = said[key]
        return placed

    def _back_from_busy(self, seats: dict[str, Seat]) -> dict[str, Seat]:
        """Let wait again what a busy worker got in advance, if another one that fits is free now."""
        free = {name: seat for name, seat in seats.items() if seat.free > 0}
        if len(free) == len(seats):
            return seats
        for attempt_id, given in reversed(list(self.given.items())) if free else ():
            busy = seats.get(given.worker)
            if given.over or busy is None or busy.free >= 0:
                continue
            other = choose(given.order.queue, given.order.resources, free.values())
            if isinstance(other, Seat):
                self.put_back(attempt_id, f"worker {given.worker} is busy")
                seats[busy.name] = replace(busy, free=busy.free + 1)
                free[other.name] = _less(other, given.order.resources)
        return seats

    def put_back(self, attempt_id: str, why: str) -> bool:
        """Let what a worker was given wait again, before all others; return whether it was."""
        given = self.given.pop(attempt_id, None)
        if given is None:
            return False
        self.queue = {attempt_id: given.order, **self.queue}
        self.words[attempt_id] = why
        return True

    def knows(self, attempt_id: str) -> bool:
        """Whether it has heard of an attempt."""
        return any(attempt_id in part for part in (self.where, self.given, self.queue))

    def is_over(self, worker: str, ids: Iterable[str]) -> None:
        """Record that *worker* does not have these any more, and has not begun them."""
        for each in ids:
            given = self.given.get(each)
            if given is not None and given.worker == worker:
                given.over = True

    def begun(self, attempt_id: str, worker: str) -> None:
        """Record on which worker an attempt is."""
        self.given.pop(attempt_id, None)
        self.queue.pop(attempt_id, None)
        self.words.pop(attempt_id, None)
        self.offered.pop(attempt_id, None)
        self.where[attempt_id] = worker

    def given_to(self, attempt_id: str) -> str | None:
        """Return the worker that was given an attempt; None if none was, or it has begun."""
        given = self.given.get(attempt_id)
        return None if given is None else given.worker

    def forget(self, attempt_id: str) -> None:
        """Drop all about an attempt."""
        for part in (self.queue, self.words, self.given, self.offered, self.where):
            part.pop(attempt_id, None)

    def on_the_way(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return by worker the attempts that it was given, with what each needs."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for each, given in self.given.items():
            if not given.over:
                found.setdefault(given.worker, {})[each] = given.order.resources
        return found


def _less(seat: Seat, needs: Mapping[str, float]) -> Seat:
    left = {name: amount - needs.get(name, 0.0) for name, amount in seat.left.items()}
    return replace(seat, free=seat.free - 1, left=left)

"""Where each attempt of an engine is, as its client knows: waiting, given to Dask, or on a worker.

It lives in memory. A client that has just started knows nothing, and asks the fence and the hosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.execution.dask.placement import Seat, choose
from penstock.execution.remote.protocol import Order


@dataclass(slots=True)
class Given:
    """An attempt that Dask has for a worker. ``over``: Dask is done with it, and it was not seen to begin."""

    order: Order
    worker: str
    over: bool = False


@dataclass(slots=True)
class Ledger:
    """The attempts of one engine that this client has heard of."""

    queue: dict[str, Order] = field(default_factory=dict)
    """Those without a worker, the longest waiting first."""
    words: dict[str, str] = field(default_factory=dict)
    """What those wait for."""
    given: dict[str, Given] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    """The worker on which an attempt was last seen."""

    def take(self, order: Order) -> None:
        """Take an order in, once."""
        attempt_id = order.spec.attempt_id
        if attempt_id not in self.given and attempt_id not in self.where:
            self.queue.setdefault(attempt_id, order)

    def place(self, seats: Mapping[str, Seat]) -> list[str]:
        """Give what waits to *seats* that fit, in turn; return which. The others' words are renewed."""
        left = dict(seats)
        said: dict[tuple[str | None, str], str] = {}
        placed: list[str] = []
        for attempt_id, order in list(self.queue.items()):
            key = (order.queue, repr(sorted(order.resources.items())))
            if key not in said:
                found = choose(order.queue, order.resources, left.values())
                if isinstance(found, Seat):
                    left[found.name] = _less(found, order.resources)
                    del self.queue[attempt_id]
                    self.words.pop(attempt_id, None)
                    self.given[attempt_id] = Given(order, found.name)
                    placed.append(attempt_id)
                    continue
                said[key] = found
            self.words[attempt_id] = said[key]
        return placed

    def put_back(self, attempt_id: str, why: str) -> bool:
        """Let what was given to Dask wait again, before all others; return whether it was."""
        given = self.given.pop(attempt_id, None)
        if given is None:
            return False
        self.queue = {attempt_id: given.order, **self.queue}
        self.words[attempt_id] = why
        return True

    def begun(self, attempt_id: str, worker: str) -> None:
        """Record on which worker an attempt is."""
        self.given.pop(attempt_id, None)
        self.queue.pop(attempt_id, None)
        self.words.pop(attempt_id, None)
        self.where[attempt_id] = worker

    def given_to(self, attempt_id: str) -> str | None:
        """Return the worker that Dask has an attempt for; None if it has not, or it has begun."""
        given = self.given.get(attempt_id)
        return None if given is None else given.worker

    def forget(self, attempt_id: str) -> None:
        """Drop all about an attempt."""
        for part in (self.queue, self.words, self.given, self.where):
            part.pop(attempt_id, None)

    def on_the_way(self, worker: str) -> dict[str, dict[str, float]]:
        """Return the attempts that Dask has for *worker*, with what each needs."""
        return {
            each: given.order.resources
            for each, given in self.given.items()
            if given.worker == worker and not given.over
        }


def _less(seat: Seat, needs: Mapping[str, float]) -> Seat:
    left = {name: amount - needs.get(name, 0.0) for name, amount in seat.left.items()}
    return Seat(seat.name, seat.free - 1, seat.slots, seat.queues, seat.total, left, seat.closed)

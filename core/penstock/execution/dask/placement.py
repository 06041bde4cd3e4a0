"""Which worker gets an attempt. Pure.

Workers that have a free slot come first. When there is none, a worker gets as many more as it has slots, or
as end there in a moment, in advance: what gets free there finds work at once. Those are taken back as soon
as another worker has a free slot, so nothing waits behind a busy worker while another one is free. Orders
without a queue go to workers that serve `DEFAULT_QUEUE`, which a worker without ``--queue`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from penstock.execution.remote.protocol import DEFAULT_QUEUE

MEMORY = "MEM"
"""The resource that is bytes of memory."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A worker as a place for attempts. ``left`` is what is left of each resource.

    ``free`` are slots; below zero it has so many attempts in advance. ``closed`` is why it takes nothing new
    (None: it does).
    """

    name: str
    free: int
    slots: int
    lately: int = 0
    """How many attempts ended there within the last moment (`penstock.execution.remote.pace`)."""
    queues: tuple[str, ...] = (DEFAULT_QUEUE,)
    total: Mapping[str, float] = field(default_factory=dict)
    left: Mapping[str, float] = field(default_factory=dict)
    closed: str | None = None

    @property
    def takes_ahead(self) -> bool:
        """Whether it is busy, and may have more in advance."""
        return -max(self.slots, self.lately) < self.free <= 0 < self.slots


def choose(queue: str | None, needs: Mapping[str, float], seats: Iterable[Seat]) -> Seat | str:
    """Return the worker for an order of *queue* that *needs* resources, or what it waits for, in words.

    Of those that fit, the one with the most free slots.
    """
    wanted = queue or DEFAULT_QUEUE
    seats = list(seats)
    if not seats:
        return "no worker is connected"
    serving = [seat for seat in seats if wanted in seat.queues]
    if not serving:
        return f"no worker serves queue {wanted!r}"
    able = [seat for seat in serving if all(seat.total.get(name, 0) >= many for name, many in needs.items())]
    if not able:
        which = "" if wanted == DEFAULT_QUEUE else f" of queue {wanted!r}"
        return f"no worker{which} has {_amounts(needs)}"
    opened = [seat for seat in able if seat.closed is None]
    if not opened:
        return "; ".join(f"worker {seat.name} {seat.closed}" for seat in able)
    free = [seat for seat in opened if seat.free > 0]
    if not free:
        slots = sum(seat.slots for seat in opened)
        return (
            f"all {slots} slots of {_names(opened)} are taken" if slots else f"{_names(opened)} has no slots"
        )
    fits = [seat for seat in free if all(seat.left.get(name, 0) >= many for name, many in needs.items())]
    if not fits:
        return f"{_amounts(needs)} is not free on {_names(opened)}"
    return max(fits, key=lambda seat: (seat.free, seat.name))


def choose_ahead(queue: str | None, needs: Mapping[str, float], seats: Iterable[Seat]) -> Seat | None:
    """Return the busy worker that gets an order of *queue* in advance; None if none should.

    What *needs* resources is never given in advance: nobody knows when they will be free.
    """
    wanted = queue or DEFAULT_QUEUE
    open_to_it = [
        seat
        for seat in seats
        if wanted in seat.queues and seat.closed is None and seat.takes_ahead and not needs
    ]
    return max(open_to_it, key=lambda seat: (seat.free, seat.name), default=None)


def _names(seats: list[Seat]) -> str:
    if len(seats) <= 3:
        return ", ".join(sorted(seat.name for seat in seats))
    return f"{len(seats)} workers"


def _amounts(needs: Mapping[str, float]) -> str:
    return " and ".join(f"{name} {_amount(name, many)}" for name, many in sorted(needs.items()))


def _amount(name: str, many: float) -> str:
    if name == MEMORY and many >= 1 << 20:
        return f"{many / (1 << 30):.3g} GiB" if many >= 1 << 30 else f"{many / (1 << 20):.3g} MiB"
    return f"{many:g}"

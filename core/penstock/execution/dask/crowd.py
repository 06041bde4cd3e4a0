"""What the engine is told of the workers: their states, since when, and the seats they offer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from penstock.execution.dask.messages import Sighting
from penstock.execution.dask.placement import Seat
from penstock.execution.dask.roster import SILENT_SECONDS
from penstock.execution.remote.protocol import WorkerFacts

FORGET_SECONDS = 3600.0
"""Seconds after which a worker that has gone is named no more, if nothing of ours is on it."""


@dataclass(slots=True)
class Known:
    """A worker as it was last seen. ``heard`` is seconds of the monotonic clock."""

    sighting: Sighting
    heard: float

    @property
    def reachable(self) -> bool:
        """Whether it said something a moment ago."""
        return not self.sighting.gone and time.monotonic() - self.heard < SILENT_SECONDS


class Crowd:
    """The workers that a client knows, over all losses of contact."""

    def __init__(self) -> None:
        self._states: dict[str, tuple[str, float]] = {}

    def facts(self, workers: Mapping[str, Known]) -> list[WorkerFacts]:
        """Return all workers as the engine is told of them, by name."""
        return [self._facts(workers[name]) for name in sorted(workers)]

    def last_heard(self, known: Known) -> float:
        """Return when a worker was last heard, in seconds since 1970."""
        return time.time() - (time.monotonic() - known.heard)

    def forget(self, workers: dict[str, Known], used: Iterable[str]) -> None:
        """Drop workers that went long ago; *used* are those that attempts of ours are on."""
        kept = set(used)
        for name, known in list(workers.items()):
            if not known.reachable and name not in kept and time.monotonic() - known.heard > FORGET_SECONDS:
                del workers[name]
                self._states.pop(name, None)

    def _facts(self, known: Known) -> WorkerFacts:
        facts = known.sighting.facts
        heard = self.last_heard(known)
        state = "unreachable" if not known.reachable else "draining" if facts.draining else "ready"
        before = self._states.get(facts.name)
        if before is None or before[0] != state:
            since = {"unreachable": heard, "draining": facts.draining_since}.get(state) or time.time()
            self._states[facts.name] = (state, facts.since if before is None and state == "ready" else since)
        return WorkerFacts(
            name=facts.name,
            host=facts.host,
            slots=facts.slots,
            used=len(facts.holds),
            state=state,  # type: ignore[arg-type]
            since=self._states[facts.name][1],
            queues=facts.queues,
            resources=facts.resources,
            version=facts.version,
            pid=facts.pid,
            rss=facts.rss,
            load=facts.load,
            contact=heard,
            note=facts.note and f"worker {facts.name} {facts.note}",
        )


def seat_of(known: Known, given: Mapping[str, Mapping[str, float]], lately: int = 0) -> Seat:
    """Return a worker as a seat; *given* are attempts on their way to it, with what each needs.

    *lately* is how many ended there within a moment.
    """
    facts = known.sighting.facts
    coming = {each: needs for each, needs in given.items() if each not in facts.holds}
    left = {name: total - facts.taken.get(name, 0.0) for name, total in facts.resources.items()}
    for needs in coming.values():
        for name, amount in needs.items():
            left[name] = left.get(name, 0.0) - amount
    closed = "does not answer" if not known.reachable else "is draining" if facts.draining else facts.note
    return Seat(
        name=facts.name,
        free=facts.slots - len(facts.holds) - len(coming),
        slots=facts.slots,
        lately=lately,
        queues=facts.queues,
        total=facts.resources,
        left=left,
        closed=closed,
    )

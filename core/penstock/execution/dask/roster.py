"""What the scheduler knows of the workers and of the fence: the answers to all messages, without Dask."""

from __future__ import annotations

import time
from collections.abc import Callable

from penstock.execution.dask.fence import Fence
from penstock.execution.dask.messages import (
    Claim,
    Facts,
    FromScheduler,
    Join,
    Leave,
    Look,
    Refused,
    Report,
    Sighting,
    Sightings,
    Taken,
    ToScheduler,
    Welcome,
    Who,
    Winners,
)
from penstock.execution.dask.versions import Versions, misfit

SILENT_SECONDS = 5.0
"""Seconds without a word after which a worker counts as out of reach."""
_FORGET_SECONDS = 7 * 86400.0


class Roster:
    """The workers that one run of a scheduler has seen, by name, and its fence."""

    def __init__(self, versions: Versions, boot: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.fence = Fence()
        self._versions = versions
        self._boot = boot
        self._clock = clock
        self._began = clock()
        self._facts: dict[str, tuple[Facts, float]] = {}
        self._gone: set[str] = set()

    def answer(self, message: ToScheduler) -> FromScheduler:
        """Return the answer to *message*."""
        match message:
            case Join(versions, worker, identity):
                return self._join(versions, worker, identity)
            case Claim(starts):
                found = {each: self.fence.claim(each, who) for each, who in starts.items()}
                return Winners({each: winner for each, winner in found.items() if winner is not None})
            case Who(ids):
                return Winners(self.fence.winners(ids))
            case Report(facts):
                self._facts[facts.name] = (facts, self._clock())
                self._gone.discard(facts.name)
            case Leave(name):
                self._gone.add(name)
            case Look():
                return self._sightings()
        return Taken()

    def address_of(self, worker: str) -> str | None:
        """Return where Dask reaches the worker of that name; None if it is gone."""
        known = self._facts.get(worker)
        return None if known is None or worker in self._gone else known[0].address

    def lost(self, address: str) -> None:
        """Record that Dask has lost the worker at *address*."""
        self._gone.update(name for name, (facts, _) in self._facts.items() if facts.address == address)

    def _join(self, versions: Versions, worker: str | None, identity: str | None) -> FromScheduler:
        reason = misfit(versions, self._versions)
        if reason is not None:
            return Refused(reason)
        known = self._facts.get(worker or "")
        if known is not None and known[0].identity != identity and self._is_here(known[0].name):
            return Refused(
                f"a worker named {worker!r} is connected already, on {known[0].host}: give this one another "
                "name (--name)"
            )
        return Welcome(self._versions, self._boot, self._clock() - self._began)

    def _is_here(self, name: str) -> bool:
        return name not in self._gone and self._clock() - self._facts[name][1] < SILENT_SECONDS

    def _sightings(self) -> Sightings:
        now = self._clock()
        old = [name for name, (_, at) in self._facts.items() if now - at > _FORGET_SECONDS]
        for name in old:
            del self._facts[name]
            self._gone.discard(name)
        seen = (Sighting(facts, now - at, name in self._gone) for name, (facts, at) in self._facts.items())
        return Sightings(self._boot, list(seen))

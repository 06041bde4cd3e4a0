"""The workers of one executor, as its client reports them, and what they have room for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from penstock.execution.executor import Room, Worker
from penstock.execution.remote import protocol
from penstock.execution.remote.channel import Channel
from penstock.execution.remote.pace import Pace
from penstock.execution.remote.protocol import DEFAULT_QUEUE, WorkerFacts

_BACKLOG = 1
"""Attempts that an executor gets in advance for each slot: a slot that falls free finds work at once."""


class Workers:
    """What is known of the workers of the executor *name*."""

    def __init__(self, name: str, channel: Channel) -> None:
        self._name = name
        self._channel = channel
        self._facts: list[WorkerFacts] = []
        self._scheduler: protocol.Scheduler | None = None
        self._heard = False
        self.pace = Pace()

    def hear(self, event: protocol.Workers | protocol.Scheduler) -> bool:
        """Take what the client says; return whether there may be other room than before."""
        before = self._says()
        if isinstance(event, protocol.Workers):
            self._facts = event.workers
            self._heard = True
        else:
            self._scheduler = event
        return before != self._says()

    def _says(self) -> tuple[object, ...]:
        """Return what `room` depends on."""
        workers = [(each.name, each.state, each.slots, each.queues, each.resources) for each in self._facts]
        return (self._heard, self._scheduler is None or self._scheduler.connected, workers)

    def silence(self) -> None:
        """Forget what the client said: it has gone."""
        self._heard = False
        self._scheduler = None

    def has(self, name: str) -> bool:
        """Whether there is a worker of that name."""
        return any(facts.name == name for facts in self._facts)

    def warnings(self, *, wanted: bool) -> tuple[str, ...]:
        """Return what is wrong, if the executor is *wanted* now or could not be reached at all."""
        problem = self._no_contact()
        silent = [
            f"no contact with worker {facts.name} of executor {self._name} since {_clock(facts.since)}"
            for facts in self._facts
            if facts.state == "unreachable"
        ]
        return (*([problem] if problem and wanted else ()), *silent)

    def room(self, queue: str | None, resources: Mapping[str, float]) -> Room:
        """Return whether a worker takes launches of this kind."""
        problem = self._no_contact()
        if problem is not None:
            return Room(problem)
        wanted = queue or DEFAULT_QUEUE
        whom = f"executor {self._name}"
        here = [facts for facts in self._facts if facts.state != "unreachable"]
        if not here:
            return Room(f"{whom} has no worker now")
        serving = [facts for facts in here if wanted in facts.queues]
        if not serving:
            served = sorted({name for facts in here for name in facts.queues})
            return Room(f"no worker of {whom} serves queue {wanted!r} now (served: {', '.join(served)})")
        fitting = [facts for facts in serving if _fits(facts, resources)]
        if not fitting:
            needs = ", ".join(f"{name}={amount:g}" for name, amount in sorted(resources.items()))
            return Room(f"no worker of {whom} that serves queue {wanted!r} has {needs}")
        ready = [facts for facts in fitting if facts.state == "ready"]
        if not ready:
            names = ", ".join(facts.name for facts in fitting[:3])
            return Room(f"every worker of {whom} that could take it is draining: {names}")
        slots = sum(facts.slots for facts in ready)
        # Where attempts are short, work has to be under way before a slot falls free.
        return Room(limit=slots + max(_BACKLOG * slots, self.pace.lately(time.monotonic())))

    def rows(self, runs: Mapping[str, Sequence[str]]) -> tuple[Worker, ...]:
        """Return the workers for operators; *runs* are the attempts of each, as far as this engine knows."""
        gone = not self._channel.connected or not self._heard
        found = [self._row(facts, runs.get(facts.name, ()), gone=gone) for facts in self._facts]
        return tuple(sorted(found, key=lambda row: (-row.attempts, row.name or "")))

    def _row(self, facts: WorkerFacts, runs: Sequence[str], *, gone: bool) -> Worker:
        state, since, note = facts.state, facts.since, facts.note
        if gone and state != "unreachable":
            state, since, note = "unreachable", self._channel.since, self._channel.problem
        return Worker(
            executor=self._name,
            pid=facts.pid,
            attempts=facts.used,
            state=state,
            rss=facts.rss,
            note=note,
            name=facts.name,
            host=facts.host,
            slots=facts.slots,
            queues=facts.queues,
            resources=facts.resources,
            load=facts.load,
            since=since,
            contact=facts.contact,
            version=facts.version,
            runs=tuple(sorted(runs)),
        )

    def _no_contact(self) -> str | None:
        """Return why nothing can be given to the executor at all."""
        whom = f"executor {self._name}"
        if not self._channel.connected:
            why = f": {self._channel.problem}" if self._channel.problem else ""
            return f"{whom} is not connected since {_clock(self._channel.since)}{why}"
        if self._scheduler is not None and not self._scheduler.connected:
            why = f": {self._scheduler.problem}" if self._scheduler.problem else ""
            return f"{whom} has no contact with its scheduler since {_clock(self._scheduler.since)}{why}"
        return None if self._heard else f"{whom} has not reported its workers yet"


def _fits(facts: WorkerFacts, resources: Mapping[str, float]) -> bool:
    return all(facts.resources.get(name, 0.0) >= amount for name, amount in resources.items())


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(seconds))

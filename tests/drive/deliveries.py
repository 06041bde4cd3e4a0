"""Deliveries of callbacks on a `Bench`: what they were told, and how they end."""

from __future__ import annotations

from typing import Any

from drive.loop import OK, Bench
from penstock.attempts.protocol import AttemptSpec
from penstock.execution.executor import Exited
from penstock.model.outcome import Outcome


def told(bench: Bench) -> list[str]:
    """Return what callbacks were told of so far, in order: ``kind task``."""
    found = []
    for spec in bench.executor.specs.values():
        callback = spec.context.get("callback")
        if callback:
            name = spec.context["task_id"] if callback["kind"].startswith("task_") else ""
            found.append(f"{callback['kind']} {name}".strip())
    return found


def delivery(bench: Bench, kind: str) -> AttemptSpec:
    """Return the newest order to deliver *kind*."""
    return next(
        spec
        for spec in reversed(list(bench.executor.specs.values()))
        if spec.context.get("callback", {}).get("kind") == kind
    )


def finish(bench: Bench, outcome: Outcome = OK) -> None:
    """Let every delivery end, again and again, until none is left."""
    while bench.loop.world.delivering:
        for attempt_id in list(bench.loop.world.delivering):
            bench.executor.seen[attempt_id] = Exited(outcome, 1.0, 2.0)
        look(bench)


def look(bench: Bench) -> None:
    """One tick that looks at the deliveries too."""
    bench.loop._turn(bench.loop._live())


def events(bench: Bench, kind: str) -> list[Any]:
    """Return the trail's events of a kind, oldest first."""
    return [event for event in reversed(bench.engine.events(limit=500)) if event.kind == kind]

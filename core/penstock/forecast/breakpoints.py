"""Breakpoints on paper: a run that gets to one stays there, because nobody knows when it is let go on."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.forecast.facts import StopFacts
from penstock.forecast.paper import PaperRun

ALL = 1 << 30
"""In place of a number of instances."""


def put(run: PaperRun, stops: Iterable[StopFacts]) -> None:
    """Set breakpoints of a run; those at tasks that it does not have are left out.

    A run that stops after a task does not end, so one thing more is left to do in it.
    """
    for stop in stops:
        place = run.shape.places.get(stop.task_id)
        if place is None:
            continue
        if stop.before:
            more = ALL if stop.map_index is None else 1
            run.before[place] = min(ALL, run.before.get(place, 0) + more)
        elif place not in run.after:
            run.after.add(place)
            run.left += 1
            if not run.todo[place]:
                run.behind.update(run.shape.steps[place].below)


def stopped(run: PaperRun, place: int, instances: int) -> int:
    """Return how many of the instances of a task that are ready now stop before it."""
    left = run.before[place]
    count = min(left, instances)
    if left != ALL:
        run.before[place] = left - count
        if left == count:
            del run.before[place]
    return count

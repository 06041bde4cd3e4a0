"""Every question that the store answers for people, asked of one filled store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.rows.damaged import damaged
from data.rows.of_engine import engine
from data.rows.of_instance import digests, instance, points
from data.rows.of_runs import dags, run_pages, runs
from data.rows.of_tasks import grid, tasks
from data.rows.removals import removals
from data.rows.searches import searches
from data.rows.store import Store

PAGES: dict[str, Callable[[Store], Iterator[list[str]]]] = {
    "dags": dags,
    "runs": runs,
    "run_pages": run_pages,
    "tasks": tasks,
    "grid": grid,
    "digests": digests,
    "points": points,
    "instance": instance,
    "searches": searches,
    "removals": removals,
    "engine": engine,
    "damaged": damaged,
}

"""Forecasts that are kept for a moment: pages, filters and other questions about the same simulation.

A simulation costs up to a second, and what follows it is mostly another look at it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from penstock.forecast.facts import Facts
from penstock.forecast.page import page_of, until_of
from penstock.forecast.shape import Shapes
from penstock.forecast.simulation import WORK, Simulation
from penstock.model.queries import ForecastQuery, WhatIf
from penstock.model.views.coming import ComingPage

SECONDS = 5.0
"""How long one is kept while runs and tasks move; what people do makes it outdated at once."""
QUICK = WORK // 40
"""What a quick answer may cost."""
_MOST = 4


_Key = tuple[float, bool, bytes]


@dataclass(slots=True)
class _Kept:
    """What is known of one moment."""

    facts: Facts
    news: int
    read_at: float
    simulations: OrderedDict[_Key, Simulation] = field(default_factory=OrderedDict)


class KeptForecasts:
    """Answers queries; several threads may ask. *seconds* is a steady clock."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._shapes = Shapes()

    def page(self, query: ForecastQuery, news: int, read: Callable[[], Facts]) -> ComingPage:
        """Return a page; *read* gives the facts, if those that are kept are outdated.

        *news* is the number of the newest event that people or DAG files caused. Raises like `forecast`.
        """
        with self._lock:
            kept = self._kept
            if kept is None or kept.news != news or self._seconds() - kept.read_at >= SECONDS:
                kept = self._kept = _Kept(read(), news, self._seconds())
                dags, runs = kept.facts.dags, kept.facts.runs
                self._shapes.keep({dag.structure.id for dag in dags} | {run.structure.id for run in runs})
            facts, found = kept.facts, kept.simulations
            until_us = until_of(facts, query)

            def simulate(paper: WhatIf | None) -> Simulation:
                key = (query.hours, query.slow, msgspec.json.encode(paper))
                known = found.get(key)
                if known is None or not (query.quick or known.can_go_on or known.worked_out(WORK)):
                    work = QUICK if query.quick else WORK
                    known = Simulation(
                        facts, until_us, paper=paper, slow=query.slow, work=work, shapes=self._shapes
                    ).run()
                elif not query.quick and not known.worked_out(WORK):
                    known.go_on(WORK)
                found[key] = known
                found.move_to_end(key)
                while len(found) > _MOST:
                    found.popitem(last=False)
                return known

            return page_of(facts, query, simulate)

"""Where runs meet: pools, and the parallelism of the instance, that are full while something waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from penstock.forecast.paper import PaperRun
from penstock.model.spec import TaskSpec

PARALLELISM = "parallelism"
"""What is full when as many attempts run as the instance allows."""
_GAP_US = 60_000_000
"""Meetings at one place with less than a minute between them are one."""


def pool_word(name: str) -> str:
    """Return what a pool is called among what runs wait for."""
    return f"pool {name}"


@dataclass(slots=True)
class Meeting:
    """A span of time in which one place is full and something waits for it."""

    place: str
    first_us: int
    last_us: int = 0
    open: bool = True
    dags: dict[str, None] = field(default_factory=dict)
    """Who holds it or waits for it, in the order of coming."""
    waited_us: int = 0
    """For how long something waited: gaps inside do not count."""
    most: int = 0
    """The most DAGs that waited at once."""
    since_us: int = 0


@dataclass(slots=True)
class Load:
    """What one place had to carry. ``busy_us`` are slots times microseconds."""

    peak: int = 0
    busy_us: int = 0
    waited_us: int = 0


class Meetings:
    """Watches the places while a simulation goes on."""

    def __init__(self) -> None:
        self.all: list[Meeting] = []
        self.loads: dict[str, Load] = {}
        self._open: dict[str, Meeting] = {}
        self._newest: dict[str, Meeting] = {}
        self._holders: dict[str, Counter[str]] = {}
        self._ended: dict[str, Meeting] = {}
        """What was open at the end of the simulation."""

    def took(self, run: PaperRun, spec: TaskSpec, used: int, total: int) -> None:
        """Note that a task was launched: *used* slots of its pool and *total* attempts are live now."""
        for place, amount in ((pool_word(spec.pool), used), (PARALLELISM, total)):
            load = self.loads.get(place)
            if load is None:
                load = self.loads[place] = Load()
                self._holders[place] = Counter()
            load.peak = max(load.peak, amount)
            self._holders[place][run.dag_id] += 1

    def gave(self, run: PaperRun, spec: TaskSpec, began_us: int, now_us: int) -> None:
        """Note that a task has ended."""
        took_us = now_us - began_us
        for place, slots in ((pool_word(spec.pool), spec.pool_slots), (PARALLELISM, 1)):
            self.loads[place].busy_us += slots * took_us
            holders = self._holders[place]
            holders[run.dag_id] -= 1
            if not holders[run.dag_id]:
                del holders[run.dag_id]

    def wait(self, place: str, now_us: int, dag_ids: Iterable[str], waiting: int) -> None:
        """Note that *dag_ids* came to wait for a place, where *waiting* DAGs wait now."""
        found = self._open.get(place)
        if found is None:
            found = self._open[place] = self._begin(place, now_us)
            found.dags.update(dict.fromkeys(self._holders.get(place, ())))
        found.dags.update(dict.fromkeys(dag_ids))
        found.most = max(found.most, waiting)

    def clear(self, place: str, now_us: int) -> None:
        """Note that nothing waits for a place any more."""
        if place in self._open:
            self._close(self._open.pop(place), now_us)

    def end(self, now_us: int) -> None:
        """Close what is open at the end of the simulation."""
        self._ended = dict(self._open)
        for place in tuple(self._open):
            self.clear(place, now_us)

    def go_on(self) -> None:
        """Open again what was open when the simulation ended, as if it had not."""
        for place, found in self._ended.items():
            waited_us = found.last_us - found.since_us
            found.waited_us -= waited_us
            self.loads[place].waited_us -= waited_us
            found.open = True
            self._open[place] = found
        self._ended = {}

    def _begin(self, place: str, now_us: int) -> Meeting:
        last = self._newest.get(place)
        if last is not None and now_us - last.last_us <= _GAP_US:
            last.open, last.since_us = True, now_us
            return last
        found = self._newest[place] = Meeting(place, now_us, since_us=now_us)
        self.all.append(found)
        return found

    def _close(self, found: Meeting, now_us: int) -> None:
        found.open, found.last_us = False, now_us
        found.waited_us += now_us - found.since_us
        self.loads.setdefault(found.place, Load()).waited_us += now_us - found.since_us

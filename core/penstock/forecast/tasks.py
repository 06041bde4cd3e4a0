"""Tasks on paper: they become ready, take a slot, end, and let what comes after them begin."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from penstock.forecast import breakpoints
from penstock.forecast.launches import Launches
from penstock.forecast.paper import PaperDag, PaperRun

WHOLE = -1
"""In place of a task: the whole run."""


class Kind(IntEnum):
    """Kinds of events, in the order in which a tick sees them."""

    END = 0
    READY = 1
    LIFT = 2
    THAW = 3
    DUE = 4


class PaperTasks:
    """The part of a `Simulation` that is about tasks."""

    def __init__(self, launches: Launches, now_us: int) -> None:
        self.launches = launches
        self.stops: dict[tuple[int, str], tuple[int, PaperRun]] = {}
        """Where runs stop at breakpoints, by run and place (``before load``): when, and which run."""
        self._at = now_us
        self._instant: list[tuple[PaperRun, int]] = []
        """Task instances that are done as soon as they may begin."""

    def _push(
        self, at_us: int, kind: Kind, what: PaperRun | PaperDag, place: int = WHOLE, began_us: int = 0
    ) -> None:
        """Let something happen at a time."""
        raise NotImplementedError

    def _over(self, run: PaperRun) -> None:
        """End a run."""
        raise NotImplementedError

    def _ready(self, run: PaperRun, place: int, instances: int) -> None:
        """Let instances of a task wait for a slot; what has nothing to do is done at once."""
        at = self._at
        if place in run.behind:
            return
        if place in run.before:
            stopped = breakpoints.stopped(run, place, instances)
            self._stop(run, place, "before")
            instances -= stopped
        stands = run.dag.frozen_us > at or run.held_us > at or run.tasks_held.get(place, 0) > at
        if run.shape.steps[place].at_once and not stands:
            self._instant += [(run, place)] * instances
            if instances:
                self._begun(run, place)
        else:
            for number in range(instances):
                self.launches.wait(run, place, number)

    def _let_begin(self, run: PaperRun) -> None:
        """Look again at what stood still: it may begin."""
        queues, run.queues = run.queues, {}
        if run.dag.waiting.pop(run.id, None) is not None:
            self.launches.touch(run.dag)
        for queue in queues.values():
            for _, place, _ in queue:
                self._ready(run, place, 1)

    def _launch(self, run: PaperRun, place: int) -> None:
        step = run.shape.steps[place]
        self._begun(run, place)
        if step.at_once:
            self._instant.append((run, place))
            return
        self.launches.take(run, place, self._at)
        self._push(self._at + step.takes_us, Kind.END, run, place, self._at)

    def _begun(self, run: PaperRun, place: int) -> None:
        """Let the rows of a task begin with it."""
        for row in run.shape.steps[place].rows:
            self._meet(run, row)

    def _ended(self, run: PaperRun, place: int, began_us: int) -> None:
        if run.end_us is None:  # else it was cancelled, and gave its slots back then
            self.launches.give(run, place, began_us, self._at)
            self._done(run, place)

    def _finish_instant(self) -> None:
        while self._instant:
            run, place = self._instant.pop()
            if run.end_us is None:
                self._done(run, place)

    def _done(self, run: PaperRun, place: int) -> None:
        self.launches.looked += 1
        run.todo[place] -= 1
        run.left -= 1
        if not run.todo[place]:
            if place in run.after:
                run.behind.update(run.shape.steps[place].below)
                self._stop(run, place, "after")
            for below in run.shape.steps[place].below:
                self._meet(run, below)
            if place in run.followers:
                self._let_go(run, place)
        if not run.left:
            self._over(run)

    def _let_go(self, run: PaperRun, place: int) -> None:
        for other, waiting in run.followers.pop(place):
            self._meet(other, waiting)

    def _meet(self, run: PaperRun, place: int) -> None:
        run.unmet[place] -= 1
        if not run.unmet[place] and run.todo[place] and run.start_us is not None and run.end_us is None:
            self._ready(run, place, run.todo[place])

    def _stop(self, run: PaperRun, place: int, where: Literal["before", "after"]) -> None:
        """Note that a run has got to a breakpoint: somebody has to let it go on."""
        word = f"{where} {run.shape.steps[place].spec.task_id}"
        run.waits.add(f"breakpoint {word}")
        self.stops.setdefault((run.id, word), (self._at, run))

"""The simulation: due points become runs, runs take slots, and end after their usual time.

It goes from event to event and asks the engine's own rules what becomes of each: `timetable.due` for points,
`model.overlap` for what a busy DAG does with them, `model.slots` for limits and turns. It assumes that
tasks succeed. It ends when it has cost enough work, and says how far it came.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from enum import IntEnum
from itertools import count

from penstock.clock import to_us
from penstock.forecast.facts import Facts, Paused, PoolFacts, RunFacts
from penstock.forecast.launches import Launches
from penstock.forecast.paper import FOR_EVER, Becomes, PaperDag, PaperRun, due_us
from penstock.forecast.shape import Shape, shape_of
from penstock.model.overlap import fair_share, on_overlap, takes_more
from penstock.model.queries import WhatIf
from penstock.model.states import OCCUPIES_SLOT, RunState, TaskState
from penstock.model.structure import Structure
from penstock.model.usual import Usual
from penstock.timetable.point import Point

WORK = 40_000
"""About how many events, launches and looks a simulation may cost: a few tenths of a second."""
_NAMED = 64
"""Queued runs of a DAG that are told what they wait for, each time."""
_WHOLE = -1
"""In place of a task: the whole run."""


class _Kind(IntEnum):
    """Kinds of events, in the order in which a tick sees them."""

    END = 0
    READY = 1
    LIFT = 2
    THAW = 3
    DUE = 4


class Simulation:
    """One way in which things may go from *facts* on, until *until_us*, with what *paper* changes."""

    def __init__(
        self,
        facts: Facts,
        until_us: int,
        *,
        paper: WhatIf | None = None,
        slow: bool = False,
        work: int = WORK,
    ) -> None:
        paper = paper or WhatIf()
        self.now_us = to_us(facts.now)
        self.until_us = until_us
        self.reached_us = self.now_us
        """The end of what is worked out."""
        pools: Mapping[str, PoolFacts] = {
            **facts.pools,
            **{name: PoolFacts(slots) for name, slots in paper.pools.items()},
        }
        parallelism = facts.parallelism if paper.parallelism is None else paper.parallelism
        self.launches = Launches(pools, parallelism)
        self.runs: list[PaperRun] = []
        """What became of the points, in order."""
        self.lifts: list[tuple[int, PaperDag, bool]] = []
        """Pauses that lift themselves: when, of which DAG, and whether it is a freeze."""
        self._at = self.now_us
        self._work = work
        self._per_tick = facts.runs_per_tick
        self._slow = slow
        self._numbers = count(1)
        self._order = count()
        self._events: list[tuple[int, _Kind, int, PaperRun | PaperDag, int, int]] = []
        self._shapes: dict[int, Shape] = {}
        self._due: dict[str, PaperDag] = {}
        self._start: dict[str, PaperDag] = {}
        self._instant: list[tuple[PaperRun, int]] = []
        """Task instances that are done as soon as they may begin."""
        self.dags: dict[str, PaperDag] = {}
        for each in facts.dags:
            shape = self._shape(each.structure, each.usual, each.history)
            dag = self.dags[each.dag_id] = PaperDag(each, shape, _paused(each.paused, each.dag_id, paper))
            self._begin(dag, resumed=each.dag_id in paper.resume and each.paused is not None)
        for run in facts.runs:
            self._take_over(run)

    # -- the beginning ---------------------------------------------------------------------------

    def _shape(self, structure: Structure, usual: Mapping[str, Usual], history: int) -> Shape:
        found = self._shapes.get(structure.id)
        if found is None:
            found = shape_of(structure, usual, history, slow=self._slow)
            self._shapes[structure.id] = found
        return found

    def _begin(self, dag: PaperDag, *, resumed: bool) -> None:
        if dag.facts.frozen is not None:
            dag.frozen_us = _until(dag.facts.frozen)
            self._push(dag.frozen_us, _Kind.THAW, dag)
        if dag.silent:
            return
        if dag.paused is not None:
            self._push(_until(dag.paused), _Kind.LIFT, dag)
            return
        dag.wake(self.now_us, self.now_us if resumed else None)
        self._next_due(dag)

    def _next_due(self, dag: PaperDag) -> None:
        if dag.next is not None:
            self._push(max(self._at, due_us(dag.next)), _Kind.DUE, dag)

    def _push(
        self, at_us: int, kind: _Kind, what: PaperRun | PaperDag, place: int = _WHOLE, began_us: int = 0
    ) -> None:
        if at_us < FOR_EVER:
            at_us = max(at_us, self._at)
            heapq.heappush(self._events, (at_us, kind, next(self._order), what, place, began_us))

    def _take_over(self, facts: RunFacts) -> None:
        """Go on with a run that is unfinished now."""
        dag = self.dags.get(facts.dag_id)
        if dag is None:
            return
        shape = self._shape(facts.structure, dag.facts.usual, dag.facts.history)
        run = PaperRun(next(self._numbers), dag, facts.structure, shape, self.now_us)
        run.run_id, run.backfill_id = facts.run_id, facts.backfill_id
        run.run_after_us, run.logical_us = facts.run_after_us, facts.logical_us
        if facts.held is not None:
            run.held_us = _until(facts.held)
            self._push(run.held_us, _Kind.READY, run)
        self._open_tasks(run, facts)
        dag.last = run
        if run.backfill_id is None:
            dag.active.append(run)
        self._start[dag.dag_id] = dag
        if facts.state is RunState.QUEUED:
            heapq.heappush(dag.queued, (run.run_after_us, run.id, run))
            return
        dag.going += run.backfill_id is None
        run.start_us = self.now_us
        for task in facts.tasks:
            place = shape.places.get(task.task_id)
            if place is None:
                continue
            if task.state in OCCUPIES_SLOT:
                began_us = self.now_us if task.since_us is None else task.since_us
                self.launches.take(run, place, self.now_us)
                self._push(began_us + shape.steps[place].takes_us, _Kind.END, run, place, self.now_us)
            elif task.state in (TaskState.SCHEDULED, TaskState.PENDING):
                if task.state is TaskState.SCHEDULED or not run.unmet[place]:
                    self._ready(run, place, 1)
            else:
                self._push(task.next_us or self.now_us, _Kind.READY, run, place)

    def _open_tasks(self, run: PaperRun, facts: RunFacts) -> None:
        """Leave only the tasks that have not ended."""
        run.todo = [0] * len(run.todo)
        for task in facts.tasks:
            place = run.shape.places.get(task.task_id)
            if place is not None:
                run.todo[place] += 1
                if task.held is not None:
                    run.tasks_held[place] = _until(task.held)
                    self._push(run.tasks_held[place], _Kind.READY, run)
        run.left = sum(run.todo)
        upstream = run.structure.graph.upstream
        for place, step in enumerate(run.shape.steps):
            above = (run.shape.places[each] for each in upstream[step.spec.task_id])
            run.unmet[place] = sum(run.todo[each] > 0 for each in above)

    # -- going on --------------------------------------------------------------------------------

    @property
    def spent(self) -> bool:
        """Whether it has cost enough work."""
        return self.launches.looked >= self._work

    def run(self) -> Simulation:
        """Go on until the end of the time, or of the work that it may cost."""
        while self._events and self._events[0][0] <= self.now_us:
            self._event()
        self._settle()
        while self._events and not self.spent and self._events[0][0] <= self.until_us:
            self._at = self._events[0][0]
            while self._events and self._events[0][0] == self._at:
                self._event()
            self._settle()
        self.reached_us = self._at if self.spent else self.until_us
        self.launches.meetings.end(self.reached_us)
        return self

    def _event(self) -> None:
        _, kind, _, what, place, began_us = heapq.heappop(self._events)
        self.launches.looked += 1
        if isinstance(what, PaperRun):
            if kind is _Kind.END:
                self._ended(what, place, began_us)
            elif place == _WHOLE:
                self._start[what.dag_id] = what.dag
                self._let_begin(what)
            else:
                self._ready(what, place, 1)
        elif kind is _Kind.DUE:
            self._due[what.dag_id] = what
        elif kind is _Kind.THAW:
            self.lifts.append((self._at, what, True))
            what.frozen_us = 0
            self._start[what.dag_id] = what
            self.launches.touch(what)
            for run in tuple(what.waiting.values()):
                self._let_begin(run)
        else:
            self.lifts.append((self._at, what, False))
            what.skipped = what.missed(self._at)
            what.wake(self._at, self._at)
            self._next_due(what)

    def _settle(self) -> None:
        """Do what a tick does: create, start, launch, until nothing moves."""
        while True:
            self._finish_instant()
            due, self._due = self._due, {}
            share = fair_share(self._per_tick, len(due))
            for dag in due.values():
                self._create(dag, share)
            start, self._start = self._start, {}
            for dag in start.values():
                self._start_runs(dag)
            self._finish_instant()
            if self.launches.pending:
                self.launches.dispatch(self._at, self._launch)
            if not (self._due or self._start or self._instant):
                break
        self.launches.look(self._at)

    # -- runs ------------------------------------------------------------------------------------

    def _create(self, dag: PaperDag, share: int) -> None:
        """Settle due points of a DAG, at most *share* of them."""
        full = not takes_more(dag.spec, len(dag.active)) or (dag.continuous and dag.active)
        dag.due = bool(full)  # once a run has ended
        while not full and dag.next is not None and due_us(dag.next) <= self._at and not self.spent:
            if not share:
                self._due[dag.dag_id] = dag
                return
            share -= 1
            point = dag.next
            dag.turn()
            self._settle_point(dag, point)
            if dag.continuous:
                dag.due = dag.shape.length_us > 0
                dag.follow(point, self._at)
                return
        if not full:
            self._next_due(dag)

    def _settle_point(self, dag: PaperDag, point: Point) -> None:
        logical_us = to_us(point.logical_date)
        self.launches.looked += 1
        standing = dag.facts.served.get(logical_us)
        becomes: Becomes = "run"
        if standing is not None:
            becomes = "served"
        else:
            match on_overlap(dag.spec, len(dag.active)):
                case "skip":
                    becomes = "skipped"
                case "replace":
                    for live in tuple(dag.active):
                        self._replace(live)
                case "create":
                    pass
        run = PaperRun(next(self._numbers), dag, dag.facts.structure, dag.shape, self._at)
        run.point, run.run_after_us, run.logical_us = point, due_us(point), logical_us
        run.becomes, run.run_id = becomes, standing
        if not dag.continuous:
            self.runs.append(run)
        if becomes != "run":
            return
        if run.shape.looks_back and dag.last is not None:
            _follow(run, dag.last)
        dag.last = run
        dag.active.append(run)
        heapq.heappush(dag.queued, (run.run_after_us, run.id, run))
        self._start[dag.dag_id] = dag

    def _replace(self, run: PaperRun) -> None:
        """Cancel a run for a newer one; what it runs gives its slots back."""
        run.becomes = "replaced"
        for place, began_us in tuple(run.live):
            self.launches.give(run, place, began_us, self._at)
        self._over(run)

    def _start_runs(self, dag: PaperDag) -> None:
        """Start queued runs, oldest first, as many as may run."""
        held: list[tuple[int, int, PaperRun]] = []
        while dag.queued and dag.frozen_us <= self._at:
            run = dag.queued[0][-1]
            full = run.backfill_id is None and dag.going >= dag.spec.max_active_runs
            if full and run.end_us is None:
                break
            entry = heapq.heappop(dag.queued)
            if run.end_us is not None:
                continue
            if run.held_us > self._at:
                held.append(entry)
                continue
            dag.going += run.backfill_id is None
            run.start_us = self._at
            if not run.left:
                self._over(run)
            for place, unmet in enumerate(run.unmet):
                if not unmet and run.todo[place]:
                    self._ready(run, place, run.todo[place])
        for entry in held:
            heapq.heappush(dag.queued, entry)
        word = "frozen" if dag.frozen_us > self._at else "max_active_runs"
        for _, _, run in dag.queued[:_NAMED]:
            run.waits.add("held" if run.held_us > self._at else word)

    def _over(self, run: PaperRun) -> None:
        """End a run, and let others in."""
        if run.end_us is not None:
            return
        run.end_us = self._at
        dag = run.dag
        if dag.waiting.pop(run.id, None) is not None:
            self.launches.touch(dag)
        if run.backfill_id is None:
            dag.active.remove(run)
            dag.going -= run.start_us is not None
        self._start[dag.dag_id] = dag
        if dag.due:
            self._due[dag.dag_id] = dag
        for place in tuple(run.followers):
            self._let_go(run, place)

    # -- tasks -----------------------------------------------------------------------------------

    def _ready(self, run: PaperRun, place: int, instances: int) -> None:
        """Let instances of a task wait for a slot; what has nothing to do is done at once."""
        at = self._at
        stands = run.dag.frozen_us > at or run.held_us > at or run.tasks_held.get(place, 0) > at
        if run.shape.steps[place].at_once and not stands:
            self._instant += [(run, place)] * instances
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
        if step.at_once:
            self._instant.append((run, place))
            return
        self.launches.take(run, place, self._at)
        self._push(self._at + step.takes_us, _Kind.END, run, place, self._at)

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


def _paused(standing: Paused | None, dag_id: str, paper: WhatIf) -> Paused | None:
    """Return the pause of a schedule on paper."""
    if dag_id in paper.pause:
        return Paused(why="what if", until_us=None if paper.until is None else to_us(paper.until))
    return None if dag_id in paper.resume else standing


def _until(pause: Paused) -> int:
    return FOR_EVER if pause.until_us is None else pause.until_us


def _follow(run: PaperRun, last: PaperRun) -> None:
    """Let tasks of *run* wait for those of the run before it that are not done."""
    if last.end_us is not None:
        return
    for place, step in enumerate(run.shape.steps):
        for task_id in step.past:
            above = last.shape.places.get(task_id)
            if above is not None and last.todo[above]:
                run.unmet[place] += 1
                last.followers.setdefault(above, []).append((run, place))

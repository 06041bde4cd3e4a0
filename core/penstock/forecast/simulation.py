"""The simulation: due points become runs, runs take slots, and end after their usual time.

It goes from event to event and asks the engine's own rules what becomes of each: `timetable.due` for points,
`model.overlap` for what a busy DAG does with them, `model.slots` for limits and turns. It assumes that
tasks succeed. It ends when it has cost enough work, and says how far it came.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from functools import cached_property
from itertools import count

from penstock.clock import to_us
from penstock.forecast import breakpoints
from penstock.forecast.backfills import PaperBackfill
from penstock.forecast.facts import BackfillPointFacts, Facts, Paused, PoolFacts, RunFacts, goes_on_us
from penstock.forecast.launches import Launches
from penstock.forecast.paper import FOR_EVER, Becomes, PaperDag, PaperRun, due_us
from penstock.forecast.shape import Shape, Shapes
from penstock.forecast.tasks import WHOLE, Kind, PaperTasks
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


class Simulation(PaperTasks):
    """One way in which things may go from *facts* on, until *until_us*, with what *paper* changes."""

    def __init__(
        self,
        facts: Facts,
        until_us: int,
        *,
        paper: WhatIf | None = None,
        slow: bool = False,
        work: int = WORK,
        shapes: Shapes | None = None,
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
        super().__init__(Launches(pools, parallelism), self.now_us)
        self.runs: list[PaperRun] = []
        """What became of the points, in order."""
        self.lifts: list[tuple[int, PaperDag, bool]] = []
        """Pauses that lift themselves: when, of which DAG, and whether it is a freeze."""
        self._work = work
        self._cut = False
        """Whether points of one moment were left out because it had cost enough."""
        self._per_tick = facts.runs_per_tick
        self._slow = slow
        self._numbers = count(1)
        self._order = count()
        self._events: list[tuple[int, Kind, int, PaperRun | PaperDag, int, int]] = []
        self._all_shapes = Shapes() if shapes is None else shapes
        self._shapes: dict[int, Shape] = {}
        self._due: dict[str, PaperDag] = {}
        self._start: dict[str, PaperDag] = {}
        self._serve: dict[int, PaperBackfill] = {}
        """Backfills that may start a point."""
        self.dags: dict[str, PaperDag] = {}
        for each in facts.dags:
            shape = self._shape(each.structure, each.usual, each.history)
            dag = self.dags[each.dag_id] = PaperDag(each, shape, _paused(each.paused, each.dag_id, paper))
            self._begin(dag, resumed=each.dag_id in paper.resume and each.paused is not None)
        self.backfills = {
            each.id: PaperBackfill(each, self.dags[each.dag_id])
            for each in facts.backfills
            if each.dag_id in self.dags
        }
        for backfill in self.backfills.values():
            self.launches.know(backfill.id, backfill.dag)
        for run in facts.runs:
            self._take_over(run)
        self._serve |= self.backfills

    # -- the beginning ---------------------------------------------------------------------------

    def _shape(self, structure: Structure, usual: Mapping[str, Usual], history: int) -> Shape:
        found = self._shapes.get(structure.id)
        if found is None:
            found = self._all_shapes.of(structure, usual, history, slow=self._slow)
            self._shapes[structure.id] = found
        return found

    def _begin(self, dag: PaperDag, *, resumed: bool) -> None:
        if dag.facts.frozen is not None:
            dag.frozen_us = _until(dag.facts.frozen)
            self._push(dag.frozen_us, Kind.THAW, dag)
        if dag.silent:
            return
        if dag.paused is not None:
            self._push(_until(dag.paused), Kind.LIFT, dag)
            return
        dag.wake(self.now_us, self.now_us if resumed else None)
        self._next_due(dag)

    def _next_due(self, dag: PaperDag) -> None:
        if dag.next is not None:
            self._push(max(self._at, due_us(dag.next)), Kind.DUE, dag)

    def _push(
        self, at_us: int, kind: Kind, what: PaperRun | PaperDag, place: int = WHOLE, began_us: int = 0
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
            self._push(run.held_us, Kind.READY, run)
        self._open_tasks(run, facts)
        breakpoints.put(run, facts.stops)
        backfill = self.backfills.get(run.backfill_id or 0)
        if backfill is not None:
            backfill.going += 1
            last, backfill.last = backfill.last, run
        elif run.backfill_id is None:
            dag.active.append(run)
            last, dag.last = dag.last, run
        else:
            last = None
        if shape.looks_back and last is not None:
            _follow(run, last)
        self._start[dag.dag_id] = dag
        if facts.state is RunState.QUEUED:
            heapq.heappush(dag.queued, (run.run_after_us, run.id, run))
            return
        dag.going += run.backfill_id is None
        run.start_us = self.now_us
        for stop in sorted(run.after):
            if not run.todo[stop]:
                self._stop(run, stop, "after")
        unmet = list(run.unmet)
        for task in facts.tasks:
            place = shape.places.get(task.task_id)
            if place is None:
                continue
            if task.state in OCCUPIES_SLOT:
                began_us = self.now_us if task.since_us is None else task.since_us
                self.launches.take(run, place, self.now_us)
                self._push(began_us + shape.steps[place].takes_us, Kind.END, run, place, self.now_us)
            elif task.state in (TaskState.SCHEDULED, TaskState.PENDING):
                met = task.state is TaskState.SCHEDULED and shape.steps[place].row_of is None
                if met or not unmet[place]:
                    self._ready(run, place, 1)
            else:
                at_us = goes_on_us(task, shape.steps[place].takes_us, self.now_us)
                self._push(at_us, Kind.READY, run, place)

    def _open_tasks(self, run: PaperRun, facts: RunFacts) -> None:
        """Leave only the tasks that have not ended."""
        run.todo = [0] * len(run.todo)
        begun: set[int] = set()
        for task in facts.tasks:
            place = run.shape.places.get(task.task_id)
            if place is not None:
                run.todo[place] += 1
                if task.state in OCCUPIES_SLOT:
                    begun.add(place)
                if task.held is not None:
                    run.tasks_held[place] = _until(task.held)
                    self._push(run.tasks_held[place], Kind.READY, run)
        run.left = sum(run.todo)
        upstream = run.structure.graph.upstream
        for place, step in enumerate(run.shape.steps):
            above = (run.shape.places[each] for each in upstream[step.spec.task_id])
            run.unmet[place] = sum(run.todo[each] > 0 for each in above)
            if step.row_of is not None:
                run.unmet[place] += run.todo[step.row_of] > 0 and step.row_of not in begun

    # -- going on --------------------------------------------------------------------------------

    @cached_property
    def points(self) -> Mapping[str, int]:
        """How many points each DAG has until the end of the window."""
        return {dag_id: dag.count(self.until_us) for dag_id, dag in self.dags.items()}

    @property
    def spent(self) -> bool:
        """Whether it has cost enough work."""
        return self.launches.looked >= self._work

    def run(self) -> Simulation:
        """Go on until the end of the time, or of the work that it may cost."""
        while self._events and self._events[0][0] <= self.now_us:
            self._event()
        self._settle()
        return self._until_end()

    @property
    def can_go_on(self) -> bool:
        """Whether it stopped between two moments, so that going on leads to the same as not stopping."""
        return not self._cut

    def worked_out(self, work: int) -> bool:
        """Whether it has come to the end of its time, or of *work*."""
        return self.reached_us == self.until_us or self.launches.looked >= work

    def go_on(self, work: int) -> Simulation:
        """Go on from where it stopped, until it has cost *work* in all."""
        self._work = work
        self.launches.meetings.go_on()
        return self._until_end()

    def _until_end(self) -> Simulation:
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
            if kind is Kind.END:
                self._ended(what, place, began_us)
            elif place == WHOLE:
                self._start[what.dag_id] = what.dag
                self._let_begin(what)
            else:
                self._ready(what, place, 1)
        elif kind is Kind.DUE:
            self._due[what.dag_id] = what
        elif kind is Kind.THAW:
            self.lifts.append((self._at, what, True))
            what.frozen_us = 0
            self._start[what.dag_id] = what
            self._serve |= {each.id: each for each in self.backfills.values() if each.dag is what}
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
            serve, self._serve = self._serve, {}
            for backfill in serve.values():
                self._serve_backfill(backfill)
            start, self._start = self._start, {}
            for dag in start.values():
                self._start_runs(dag)
            self._finish_instant()
            if self.launches.pending:
                self.launches.dispatch(self._at, self._launch)
            if not (self._due or self._serve or self._start or self._instant):
                break
        self.launches.look(self._at)

    # -- runs ------------------------------------------------------------------------------------

    def _create(self, dag: PaperDag, share: int) -> None:
        """Settle due points of a DAG, at most *share* of them."""
        full = not takes_more(dag.spec, len(dag.active)) or (dag.continuous and dag.active)
        dag.due = bool(full)  # once a run has ended
        while not full and dag.next is not None and due_us(dag.next) <= self._at:
            if self.spent:
                self._cut = True
                break
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
        breakpoints.put(run, dag.hand_over())
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
            self._begin_run(run)
        for entry in held:
            heapq.heappush(dag.queued, entry)
        word = "frozen" if dag.frozen_us > self._at else "max_active_runs"
        for _, _, run in dag.queued[:_NAMED]:
            run.waits.add("held" if run.held_us > self._at else word)

    def _begin_run(self, run: PaperRun) -> None:
        """Start a run: what waits for nothing may begin."""
        run.start_us = self._at
        if not run.left:
            self._over(run)
        free = [place for place, unmet in enumerate(run.unmet) if not unmet and run.todo[place]]
        for place in free:
            self._ready(run, place, run.todo[place])

    def _serve_backfill(self, backfill: PaperBackfill) -> None:
        """Start points of a backfill, as many as it may have at once: their runs need no place in the DAG."""
        while backfill.takes and backfill.dag.frozen_us <= self._at and not self.spent:
            self._fill(backfill, backfill.waiting.popleft())

    def _fill(self, backfill: PaperBackfill, point: BackfillPointFacts) -> None:
        dag = backfill.dag
        run = PaperRun(next(self._numbers), dag, dag.facts.structure, dag.shape, self._at)
        run.backfill_id, run.run_id = backfill.id, point.run_id
        run.run_after_us, run.logical_us = point.run_after_us, point.logical_us
        breakpoints.put(run, dag.hand_over() if point.run_id is None else ())
        if run.shape.looks_back and backfill.last is not None:
            _follow(run, backfill.last)
        backfill.last = run
        backfill.runs.append(run)
        backfill.going += 1
        self.launches.looked += 1
        self._begin_run(run)

    def _over(self, run: PaperRun) -> None:
        """End a run, and let others in."""
        if run.end_us is not None:
            return
        run.end_us = self._at
        dag = run.dag
        if dag.waiting.pop(run.id, None) is not None:
            self.launches.touch(dag)
        backfill = self.backfills.get(run.backfill_id or 0)
        if backfill is not None:
            backfill.ended(self._at)
            self._serve[backfill.id] = backfill
        if run.backfill_id is None:
            dag.active.remove(run)
            dag.going -= run.start_us is not None
        self._start[dag.dag_id] = dag
        if dag.due:
            self._due[dag.dag_id] = dag
        for place in tuple(run.followers):
            self._let_go(run, place)


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

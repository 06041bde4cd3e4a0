"""Slots on paper: which waiting task is launched next, and where runs meet because there are none left.

The order is that of the engine's dispatch, which looks at every DAG each time. Here a DAG whose tasks are all
blocked is parked at the pools that block it, and looked at again when one of those has a free slot, or when
something of its own changes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

from penstock.forecast.facts import PoolFacts
from penstock.forecast.meetings import PARALLELISM, Meetings, pool_word
from penstock.forecast.paper import PaperDag, PaperRun
from penstock.model.barriers import BarrierKind
from penstock.model.slots import TURNS, Slots, blocked_by, run_full, turn

Kind = tuple[str, int, str]
Turn = tuple[bool, int, int, int, str]
Chosen = tuple[PaperRun, Kind]
"""The run of a waiting task, and the queue that it is the first of."""
Head = tuple[Turn, int, PaperDag]
"""A DAG's turn, and the number of the offer that it is from: an older one counts no more."""


class Launches:
    """Counts slots, and gives free ones away. ``looked`` is how many candidates that took."""

    def __init__(self, pools: Mapping[str, PoolFacts], parallelism: int) -> None:
        self.pools = pools
        self.parallelism = parallelism
        self.slots = Slots()
        self.meetings = Meetings()
        self.looked = 0
        self._touched: dict[str, PaperDag] = {}
        """DAGs of which something changed since they were looked at."""
        self._open: list[Head] = []
        """DAGs with a task that may launch, a heap."""
        self._offered: dict[str, PaperDag] = {}
        self._ready: tuple[PaperDag | None, Chosen | None, int] = (None, None, 0)
        """The DAG that was looked at last, its task that goes next, and how many candidates that took."""
        self._parked: dict[str, list[Head]] = {}
        """Pool -> DAGs with tasks that it blocks, heaps."""
        self._members: dict[str, dict[str, None]] = {}
        """Pool -> the DAGs that are parked there."""
        self._fresh: dict[str, dict[str, PaperDag]] = {}
        """Place -> DAGs that came to wait there since the last look."""
        self._left: set[str] = set()
        """Pools that some DAG left since the last look."""
        self._saturated = False
        self._passed: dict[int, int] = {}
        """Active backfill -> launches of others since its last one."""
        self._filled: dict[int, PaperDag] = {}
        """Active backfill -> its DAG."""

    def know(self, backfill_id: int, dag: PaperDag) -> None:
        """Let the runs of an active backfill yield to others."""
        self._passed[backfill_id], self._filled[backfill_id] = 0, dag

    def _yields(self, run: PaperRun) -> bool:
        """Whether the run is a backfill's that yields: it has a live attempt, or has had its turn."""
        passed = self._passed.get(run.backfill_id or 0)
        return passed is not None and (self.slots.by_backfill[run.backfill_id or 0] > 0 or passed < TURNS)

    def _count_turn(self, run: PaperRun) -> None:
        if run.backfill_id in self._passed:
            self._passed[run.backfill_id] = 0
            return
        for backfill_id in self._passed:
            self._passed[backfill_id] += 1
            if self._passed[backfill_id] == TURNS:
                self.touch(self._filled[backfill_id])

    def size(self, place: str) -> int:
        """Return how many slots a place has: a pool by its word, or the parallelism."""
        if place == PARALLELISM:
            return self.parallelism
        pool = self.pools.get(place.removeprefix("pool "))
        return 0 if pool is None else pool.slots

    @property
    def pending(self) -> bool:
        """Whether `dispatch` has something to do."""
        return bool(self._touched) or (bool(self._open) and self.slots.total < self.parallelism)

    def take(self, run: PaperRun, place: int, at_us: int) -> None:
        """Count a task that was launched."""
        step = run.shape.steps[place]
        run.live.append((place, at_us))
        if step.holds:
            self.slots.take(run, step.spec)
            self.meetings.took(run, step.spec, self.slots.by_pool[step.spec.pool], self.slots.total)

    def give(self, run: PaperRun, place: int, began_us: int, at_us: int) -> None:
        """Count a task that has ended."""
        step = run.shape.steps[place]
        run.live.remove((place, began_us))
        if step.holds:
            self.slots.take(run, step.spec, -1)
            self.meetings.gave(run, step.spec, began_us, at_us)
            self.touch(run.dag)
            if (parked := self._best_parked(step.spec.pool)) is not None:
                self.touch(parked)

    def touch(self, dag: PaperDag) -> None:
        """Look at a DAG again in the next dispatch."""
        if dag.waiting or dag.parked or dag.dag_id in self._offered:
            self._touched[dag.dag_id] = dag

    def wait(self, run: PaperRun, place: int, number: int) -> None:
        """Put a task among those that wait."""
        step = run.shape.steps[place]
        heapq.heappush(run.queues.setdefault(step.kind, []), (-step.weight, place, number))
        run.dag.waiting[run.id] = run
        self._touched[run.dag_id] = run.dag

    def dispatch(self, at_us: int, launch: Callable[[PaperRun, int], None]) -> None:
        """Give free slots away, to the DAG whose turn it is, until there are none or nobody fits."""
        self._ready = (None, None, 0)
        while True:
            touched, self._touched = self._touched, {}
            for dag in touched.values():
                self._offer(dag, at_us)
            head = self._best(self._open) if self.slots.total < self.parallelism else None
            if head is None:
                return
            found = self._again(head, at_us)
            if found is not None:
                run, kind = found
                launch(run, _dequeue(run, kind))
                self._count_turn(run)
                # Others may fit where this one did.
                for pool in self._parked:
                    if self.slots.by_pool[pool] < self.size(pool_word(pool)):
                        parked = self._best_parked(pool)
                        if parked is not None and parked.tried_us != (at_us, self.slots.by_pool[pool]):
                            parked.tried_us = (at_us, self.slots.by_pool[pool])
                            self._touched[parked.dag_id] = parked
            self._touched[head.dag_id] = head

    def _again(self, dag: PaperDag, at_us: int) -> Chosen | None:
        """Return the task of a DAG that goes next; others were launched since: a pool may have filled up."""
        before, found, looked = self._ready
        if before is dag:  # nothing was launched since
            self.looked += looked
            return found
        return self._next(dag, at_us)[0]

    def _best(self, heads: list[Head]) -> PaperDag | None:
        """Return the DAG whose turn it is, without offers that are no longer valid."""
        while heads and heads[0][1] != heads[0][2].offer:
            heapq.heappop(heads)
        return heads[0][2] if heads else None

    def _best_parked(self, pool: str) -> PaperDag | None:
        return self._best(self._parked.get(pool, []))

    def _offer(self, dag: PaperDag, at_us: int) -> None:
        """Put a DAG where it belongs now: among those that may launch, or at the pools that block it."""
        dag.offer += 1
        self._offered.pop(dag.dag_id, None)
        before, dag.parked = dag.parked, {}
        looked = self.looked
        found, blocked = self._next(dag, at_us)
        self._ready = (dag, found, self.looked - looked)
        for pool, run, weight in blocked:
            if pool not in dag.parked:
                dag.parked[pool] = None
                place = turn(self.slots, run, weight, run.run_after_us, yields=self._yields(run))
                head = (place, dag.offer, dag)
                heapq.heappush(self._parked.setdefault(pool, []), head)
                self._members.setdefault(pool, {})[dag.dag_id] = None
                self._fresh.setdefault(pool_word(pool), {})[dag.dag_id] = dag
        for pool in before:
            if pool not in dag.parked:
                self._members[pool].pop(dag.dag_id, None)
                self._left.add(pool)
        if found is not None:
            run, kind = found
            weight = -run.queues[kind][0][0]
            place = turn(self.slots, run, weight, run.run_after_us, yields=self._yields(run))
            head = (place, dag.offer, dag)
            heapq.heappush(self._open, head)
            self._offered[dag.dag_id] = dag
            self._fresh.setdefault(PARALLELISM, {})[dag.dag_id] = dag

    def _next(
        self, dag: PaperDag, at_us: int
    ) -> tuple[tuple[PaperRun, Kind] | None, list[tuple[str, PaperRun, int]]]:
        """Return the waiting task of a DAG that goes next, and the pools that block better ones.

        It is the one with the highest weight, of the oldest run; those of backfills that yield come last.
        """
        blocked: list[tuple[str, PaperRun, int]] = []
        best: tuple[bool, int, int, int, int] | None = None
        chosen: tuple[PaperRun, Kind] | None = None
        if dag.frozen_us > at_us:
            return None, blocked
        for run in dag.waiting.values():
            if run.held_us > at_us:
                continue
            if run_full(self.slots, run):
                run.waits.add("max_active_tasks")
                continue
            yields = self._yields(run)
            for kind, queue in run.queues.items():
                weight, place, _ = queue[0]
                rank = (yields, weight, run.run_after_us, run.id, place)
                if best is not None and rank >= best:
                    continue
                self.looked += 1
                if run.tasks_held.get(place, 0) > at_us:
                    continue
                why = blocked_by(self.pools, self.slots, run, run.shape.steps[place].spec)
                if why is None:
                    best, chosen = rank, (run, kind)
                elif why is BarrierKind.POOL:
                    run.waits.add(pool_word(kind[0]))
                    blocked.append((kind[0], run, -weight))
                else:
                    run.waits.add(why.value)
        blocked.sort(key=lambda each: (-each[2], each[1].run_after_us))
        return chosen, blocked

    def look(self, at_us: int) -> None:
        """Note which places are full while something waits for them."""
        fresh, self._fresh = self._fresh, {}
        left, self._left = self._left, set()
        saturated = bool(self._offered) and self.slots.total >= self.parallelism
        came = fresh.pop(PARALLELISM, {})
        if saturated:
            came = came if self._saturated else self._offered
            waiting = [dag for dag_id, dag in came.items() if dag_id in self._offered]
            for dag in waiting:
                for run in dag.waiting.values():
                    run.waits.add(PARALLELISM)
            self.meetings.wait(PARALLELISM, at_us, [dag.dag_id for dag in waiting], len(self._offered))
        elif self._saturated:
            self.meetings.clear(PARALLELISM, at_us)
        self._saturated = saturated
        for word, dags in fresh.items():
            members = self._members.get(word.removeprefix("pool "), {})
            here = [dag_id for dag_id in dags if dag_id in members]
            if here:
                self.meetings.wait(word, at_us, here, len(members))
        for pool in left:
            if not self._members.get(pool):
                self.meetings.clear(pool_word(pool), at_us)


def _dequeue(run: PaperRun, kind: Kind) -> int:
    """Take the first of a queue out of it, and return its place."""
    queue = run.queues[kind]
    place = heapq.heappop(queue)[1]
    if not queue:
        del run.queues[kind]
        if not run.queues:
            run.dag.waiting.pop(run.id, None)
    return place

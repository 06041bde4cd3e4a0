"""Which slots are in use, and what would block a launch. Used by dispatch and `why`.

Occupancy is derived from the live attempts each time, never counted up and down over ticks.
"""

from __future__ import annotations

from penstock.executor_settings import LOCAL
from penstock.model.barriers import BarrierKind
from penstock.model.slots import Slots, blocked_by
from penstock.model.slots import run_full as run_full  # noqa: PLC0414 - known under this name too
from penstock.model.spec import TaskSpec
from penstock.model.states import TaskState
from penstock.scheduling.world.world import LiveRun, World
from penstock.store.engine.live_rows import Apart


class Occupancy(Slots):
    """Slots in use, as the engine sees them."""

    __slots__ = ()

    @classmethod
    def of(cls, world: World) -> Occupancy:
        """Return the slots that the live attempts of *world* use."""
        found = cls()
        for run_pk, key in world.attempts.values():
            live = world.runs[run_pk]
            spec = live.structure.tasks[live.tasks[key].task_id]
            found.take(live, spec)
            found.take_place(world, spec)
        for apart in world.slots_apart:
            found._take_apart(*apart)
        counting = {pool.name for pool in world.pools.values() if pool.include_deferred}
        if counting:
            found._take_deferred(world, counting)
        return found

    def take_place(self, world: World, spec: TaskSpec) -> None:
        """Count one more launch where its executor runs it."""
        place = world.places.place(spec)
        if place[0] != LOCAL:
            self.by_place[place] += 1

    def _take_apart(self, run: Apart, task_id: str, pool: str, slots: int) -> None:
        """Count a live attempt of a run in quarantine."""
        self.total += 1
        self.by_dag[run.dag_id] += 1
        self.by_task[run.dag_id, task_id] += 1
        self.by_pool[pool] += slots
        if run.backfill_id is not None:
            self.by_backfill[run.backfill_id] += 1

    def _take_deferred(self, world: World, counting: set[str]) -> None:
        """Count deferred task instances, only in pools that count them: they run nothing."""
        for live in world.runs.values():
            for task in live.tasks.values():
                if task.state is TaskState.DEFERRED:
                    spec = live.structure.tasks[task.task_id]
                    if spec.pool in counting:
                        self.by_pool[spec.pool] += spec.pool_slots


def run_queue(world: World, live: LiveRun) -> str | int:
    """Return the queue of a run: its active backfill's, by key, or its DAG's, by id."""
    found = world.backfills.get(live.record.backfill_id or 0)
    return live.record.dag_id if found is None else found.record.id


def run_limit(world: World, live: LiveRun) -> int:
    """Return how many runs of its queue may run at once: its backfill's limit, or the DAG's current one."""
    found = world.backfills.get(live.record.backfill_id or 0)
    if found is not None:
        return found.record.max_active_runs
    entry = world.dags.get(live.record.dag_id)  # none while the DAG itself cannot be read
    return (live if entry is None else entry).structure.spec.max_active_runs


def task_blocked(world: World, occupancy: Occupancy, live: LiveRun, spec: TaskSpec) -> BarrierKind | None:
    """Return which limit keeps a task from being launched, as a kind of barrier, or None."""
    return blocked_by(world.pools, occupancy, live, spec) or _place_blocked(world, occupancy, spec)


def _place_blocked(world: World, occupancy: Occupancy, spec: TaskSpec) -> BarrierKind | None:
    place = world.places.place(spec)
    if place[0] == LOCAL:
        return None
    room = world.places.room(spec)
    full = room.limit is not None and occupancy.by_place[place] >= room.limit
    return BarrierKind.EXECUTOR if room.problem is not None or full else None

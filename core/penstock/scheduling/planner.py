"""Plans and reasons from the stored state, for when no engine runs."""

from __future__ import annotations

from penstock.clock import SystemClock, opt_from_us, to_us
from penstock.model.acts import AnyAct
from penstock.model.views.now import Waits
from penstock.model.views.plans import Plan
from penstock.model.views.why import Why
from penstock.scheduling.acts.registry import plan_of
from penstock.scheduling.why.waiting import waits
from penstock.scheduling.why.why import explain, with_engine
from penstock.scheduling.world.world import World
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.engine.working_set import WorkingSet


class StoredPlanner:
    """Answers plan and why over a database that nobody writes to. Each call reads it again."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._reads = WorkingSet(database)
        self._settings = settings

    def plan(self, act: AnyAct) -> Plan:
        """Return what *act* would touch if an engine ran."""
        return plan_of(World(self._reads), act, to_us(SystemClock().now())).plan

    def why(self, dag_id: str, run_id: str | None, task_id: str | None, map_index: int) -> Why:
        """Return every barrier, the missing engine first."""
        world = World(self._reads)
        world.now_us = to_us(SystemClock().now())
        parallelism = self._settings.parallelism
        answer = explain(world, dag_id, run_id, task_id, map_index, parallelism=parallelism)
        heard = opt_from_us(self._reads.last_written_us())
        silent = f", silent since {heard:%Y-%m-%d %H:%M:%S} UTC" if heard else ""
        return with_engine(answer, f"no engine is running{silent}: start one with `penstock up -d`")

    def waits(self, limit: int) -> Waits:
        """Return what would wait, were there an engine, and the peaks of what runs."""
        world = World(self._reads)
        world.now_us = to_us(SystemClock().now())
        return waits(world, limit, parallelism=self._settings.parallelism)

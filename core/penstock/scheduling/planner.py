"""Plans and reasons from the stored state alone, for when no engine runs."""

from __future__ import annotations

from penstock.clock import SystemClock, to_us
from penstock.model import views
from penstock.model.acts import AnyAct
from penstock.scheduling.acts.registry import plan_of
from penstock.scheduling.why_dag import why
from penstock.scheduling.world import World
from penstock.settings import Settings
from penstock.store.database import Database
from penstock.store.working import WorkingSet

_NO_ENGINE = "no engine is running: start one with `penstock up -d`"


class StoredPlanner:
    """Answers plan and why over a database that nobody writes to. Each call reads it afresh."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._reads = WorkingSet(database)
        self._settings = settings

    def plan(self, act: AnyAct) -> views.Plan:
        """Return what *act* would touch, were there an engine."""
        return plan_of(World(self._reads), act, to_us(SystemClock().now())).plan

    def why(self, dag_id: str, run_id: str | None, task_id: str | None, map_index: int) -> views.Why:
        """Return every gate, the missing engine first."""
        world = World(self._reads)
        answer = why(world, dag_id, run_id, task_id, map_index, parallelism=self._settings.parallelism)
        if any(gate.kind == "finished" for gate in answer.gates):
            return answer
        gate = views.Gate(kind="engine", text=_NO_ENGINE)
        return views.Why(
            subject=answer.subject,
            state=answer.state,
            gates=(gate, *answer.gates),
            chain=(*answer.chain, _NO_ENGINE),
        )

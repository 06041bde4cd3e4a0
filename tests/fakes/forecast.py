"""What `fakes.engine.FakeEngine` forecasts: the real forecast, over facts made from its world in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakes.world import World
from penstock.clock import to_us
from penstock.forecast.facts import DagFacts, Facts, Paused, PoolFacts
from penstock.forecast.page import forecast
from penstock.forecast.simulation import WORK
from penstock.model.queries import ForecastQuery
from penstock.model.spec import DagSpec, ScheduleSpec, TaskSpec
from penstock.model.structure import Structure
from penstock.model.usual import Usual
from penstock.model.views.coming import ComingPage
from penstock.model.views.dags import DagDetail
from penstock.model.views.pauses import PauseInfo


class Forecasts:
    """The question of what comes; `FakeEngine` has the rest."""

    world: World
    now: datetime
    quick_work: int | None = None
    """What a quick answer may cost; None: as much as the whole."""

    def _ask(self, name: str) -> None:
        raise NotImplementedError

    def forecast(self, query: ForecastQuery) -> ComingPage:
        """Answer `Engine.forecast`."""
        self._ask("forecast")
        facts = Facts(
            now=self.now,
            parallelism=16,
            pools={pool.name: PoolFacts(pool.slots) for pool in self.world.pools.values()},
            dags=tuple(
                self._dag_facts(self.world.dags[dag_id], number)
                for number, dag_id in enumerate(sorted(self.world.dags))
            ),
        )
        work = self.quick_work if query.quick and self.quick_work is not None else WORK
        return forecast(facts, query, work=work)

    def _dag_facts(self, detail: DagDetail, number: int) -> DagFacts:
        dag = detail.dag
        cron = dag.schedule if dag.schedule not in {"None", ""} else None
        schedule = ScheduleSpec(kind="cron", crons=(cron,), timezone=dag.timezone) if cron else ScheduleSpec()
        tasks = tuple(
            TaskSpec(
                task_id=node.task_id,
                operator=node.operator,
                launch="command",
                upstream=node.upstream,
                pool="warehouse" if node.task_id.startswith(("load", "pull_s")) else "default_pool",
            )
            for node in detail.nodes
        )
        spec = DagSpec(
            dag_id=dag.dag_id, file=dag.file, schedule=schedule, timezone=dag.timezone, tasks=tasks,
            owner=dag.owner, tags=dag.tags, catchup="none", max_active_runs=detail.max_active_runs,
        )  # fmt: skip
        return DagFacts(
            structure=Structure(number, spec, "0" * 64).checked(),
            cursor=None,
            first_seen=self.now - timedelta(days=9),
            missing=dag.missing,
            barred=dag.quarantined,
            paused=_paused(dag.paused),
            frozen=_paused(dag.frozen),
            usual={task.task_id: Usual([60.0 + 20 * place]) for place, task in enumerate(tasks)},
        )


def _paused(info: PauseInfo | None) -> Paused | None:
    if info is None:
        return None
    return Paused(info.by, info.why, None if info.until is None else to_us(info.until))

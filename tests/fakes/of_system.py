"""What `fakes.engine.FakeEngine` answers about the instance as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakes.world import World, replace
from penstock.model.callbacks import CallbackState
from penstock.model.states import OCCUPIES_SLOT, TaskState
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.hosts import HostRow
from penstock.model.views.pools import PoolRow, SlotUse
from penstock.model.views.status import EngineStatus
from penstock.model.views.system import (
    DiskFacts,
    EngineFacts,
    ExecutorRow,
    MissedPoints,
    RetentionFacts,
    SystemPage,
    TickTimes,
    WorkerRow,
)

_MB = 1 << 20


class FakeSystem:
    """The question about the instance; `FakeEngine` has the rest."""

    world: World
    now: datetime
    told: list[CallbackRow]

    def _ask(self, name: str) -> None:
        raise NotImplementedError

    def status(self) -> EngineStatus:
        raise NotImplementedError

    def hosts(self) -> list[HostRow]:
        """Answer `Engine.hosts`."""
        self._ask("hosts")
        return []

    def system(self) -> SystemPage:
        """Answer `Engine.system`."""
        status = self.status()
        self._ask("system")
        alive = status.pid is not None
        failed = [row for row in self.told if row.state is CallbackState.FAILED]
        return SystemPage(
            at=self.now,
            engine=EngineFacts(
                pid=status.pid,
                since=status.since if alive else None,
                version=status.version,
                pss=48 * _MB if alive else None,
                rss=61 * _MB if alive else None,
                ticks=TickTimes(
                    count=12345, seconds=50.0, p50=0.002, p99=0.0094, of=1000, longest=0.081,
                    longest_at=self.now - timedelta(days=2),
                ) if alive else TickTimes(),
                running=status.running,
                queued=status.queued,
                parallelism=status.parallelism,
                runs_active=status.runs_active,
                last_seen=status.last_seen,
                warnings=tuple(self.world.warnings),
            ),
            disk=DiskFacts(
                database=status.database_bytes, wal=4 * _MB, unused=_MB, logs=status.log_bytes,
                free=40_000 * _MB, total=120_000 * _MB, least=512 * _MB, written_day=300 * _MB,
                written_week=1400 * _MB, rate=300.0 * _MB, lasts=(40_000 - 512) / 300 * 86400,
            ),
            pools=tuple(self._with_uses(pool) for pool in self.world.pools.values()),
            executors=(
                ExecutorRow(executor="local", pid=4712, attempts=3, state="working", rss=9 * _MB),
                ExecutorRow(executor="local", pid=4713, attempts=0, state="idle", rss=8 * _MB),
                *(
                    ExecutorRow(
                        executor=row.executor, pid=None, attempts=row.used, state=row.state, worker=row
                    )
                    for row in self.world.workers
                ),
            ) if alive else (),
            import_errors=tuple(self.world.errors),
            callbacks=tuple(failed),
            callbacks_total=len(failed),
            missed=tuple(self._missed()),
            retention=RetentionFacts(
                kept="runs of 30 days", last=self.now - timedelta(minutes=20), took=0.4, removed=2,
                next=self.now + timedelta(minutes=40), due={"hello": 3},
            ),
            quarantine=tuple(self.world.quarantine),
        )  # fmt: skip

    def workers(self) -> list[WorkerRow]:
        """Answer `Engine.workers`."""
        self._ask("workers")
        return list(self.world.workers)

    def _missed(self) -> list[MissedPoints]:
        return [
            MissedPoints(
                dag_id=dag_id,
                late=False,
                reason=points[0].reason,
                count=len(points),
                first=points[0].logical_date,
                last=points[-1].logical_date,
            )
            for dag_id, points in self.world.skips.items()
            if points
        ]

    def _with_uses(self, pool: PoolRow) -> PoolRow:
        """Say who holds slots and who waits: all tasks of the default pool, none of others."""
        if pool.name != "default_pool":
            return pool
        uses = {
            SlotUse(
                dag_id=detail.run.dag_id,
                run_id=detail.run.run_id,
                task_id=task.task_id,
                map_index=task.map_index,
            ): task.state
            for detail in self.world.runs.values()
            for task in detail.tasks
        }
        row: PoolRow = replace(
            pool,
            held=tuple(use for use, state in uses.items() if state in OCCUPIES_SLOT),
            wanted=tuple(use for use, state in uses.items() if state is TaskState.SCHEDULED),
        )
        return row

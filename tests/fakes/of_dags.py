"""What `fakes.engine.FakeEngine` answers about one DAG: its points, runs, attempts and their logs."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fakes.world import DAY, World, replace
from fakes.world_points import days_of, points_of
from penstock.errors import UnknownError
from penstock.model.barriers import BarrierKind
from penstock.model.points import PointState
from penstock.model.views.attempts import AttemptRow, LogChunk, Sample
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.points import DayRow, LedgerPoint, LedgerRow, PointRow
from penstock.model.views.runs import RunDetail, RunRow
from penstock.model.views.why import Barrier, Why


class FakeDags:
    """The questions about one DAG; `FakeEngine` has the rest."""

    world: World
    now: datetime
    told: list[CallbackRow]

    def _ask(self, name: str) -> None:
        raise NotImplementedError

    def dags(self, *, strip: int = 24, only: list[str] | None = None) -> list[DagRow]:
        """Answer `Engine.dags`."""
        self._ask("dags" if only is None else f"dags {' '.join(only)}")
        wanted = self.world.dags.keys() if only is None else self.world.dags.keys() & set(only)
        return [self._row(dag_id, strip) for dag_id in sorted(wanted)]

    def _row(self, dag_id: str, strip: int) -> DagRow:
        runs = self.world.runs_of(dag_id)
        running = [
            task
            for run in runs
            for task in self.world.runs[dag_id, run.run_id].tasks
            if task.state.value in {"running", "stopping", "restarting"}
        ]
        row: DagRow = replace(
            self.world.dags[dag_id].dag,
            strip=self.world.strip_of(dag_id, strip),
            last_run=runs[0] if runs else None,
            active_runs=sum(run.state.value in {"queued", "running"} for run in runs),
            running_tasks=len(running),
        )
        return row

    def dag(self, dag_id: str, *, structure: bool = True) -> DagDetail:
        """Answer `Engine.dag`."""
        self._ask("dag" if structure else "dag without tasks")
        detail: DagDetail = replace(self._dag(dag_id), dag=self._row(dag_id, 24))
        return detail if structure else replace(detail, nodes=(), groups=())

    def _dag(self, dag_id: str) -> DagDetail:
        if dag_id not in self.world.dags:
            raise UnknownError(f"DAG {dag_id!r} does not exist")
        return self.world.dags[dag_id]

    def next_points(self, dag_id: str, count: int) -> list[PointRow]:
        """Answer `Engine.next_points`."""
        self._ask("next_points")
        first = self._dag(dag_id).dag.next_run or self.now + DAY
        dates = [first + place * DAY for place in range(count)]
        return [
            PointRow(
                logical_date=date, data_interval_start=date - DAY, data_interval_end=date, run_after=date
            )
            for date in dates
        ]

    def ledger(self, dag_id: str, limit: int = 100) -> list[LedgerRow]:
        """Answer `Engine.ledger`."""
        self._ask("ledger")
        self._dag(dag_id)
        dated = [(run, run.logical_date) for run in self.world.runs_of(dag_id)]
        return [
            LedgerRow(first=date, last=date, count=1, status=PointState.RAN, run_id=run.run_id)
            for run, date in dated[:limit]
            if date is not None
        ]

    def points(self, dag_id: str, *, first: datetime, last: datetime, limit: int = 1000) -> list[LedgerPoint]:
        """Answer `Engine.points`."""
        self._ask("points")
        self._dag(dag_id)
        return [point for point in points_of(self.world, dag_id) if first <= point.logical_date <= last][
            :limit
        ]

    def days(self, dag_id: str, *, first: date, last: date) -> list[DayRow]:
        """Answer `Engine.days`."""
        self._ask("days")
        zone = ZoneInfo(self._dag(dag_id).dag.timezone)
        found = days_of(points_of(self.world, dag_id), zone)
        return [row for row in found if first <= row.day <= last]

    def runs(self, dag_id: str, *, limit: int = 50, before: datetime | None = None) -> list[RunRow]:
        """Answer `Engine.runs`."""
        self._ask("runs")
        self._dag(dag_id)
        found = self.world.runs_of(dag_id)
        return [run for run in found if before is None or run.run_after < before][:limit]

    def run(self, dag_id: str, run_id: str) -> RunDetail:
        """Answer `Engine.run`."""
        self._ask("run")
        detail: RunDetail = replace(self._run(dag_id, run_id), frozen=self._dag(dag_id).dag.frozen)
        return detail

    def _run(self, dag_id: str, run_id: str) -> RunDetail:
        self._dag(dag_id)
        if (dag_id, run_id) not in self.world.runs:
            raise UnknownError(f"no run {run_id!r} of {dag_id!r}")
        return self.world.runs[dag_id, run_id]

    def callbacks(self, dag_id: str, run_id: str | None = None, limit: int = 100) -> list[CallbackRow]:
        """Answer `Engine.callbacks`."""
        self._ask("callbacks")
        return [row for row in self.told if row.dag_id == dag_id and run_id in (None, row.run_id)][:limit]

    def attempts(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> list[AttemptRow]:
        """Answer `Engine.attempts`."""
        self._ask("attempts")
        self._run(dag_id, run_id)
        wanted = (dag_id, run_id, task_id, map_index)
        found = [
            row
            for row in self.world.attempts.values()
            if (row.dag_id, row.run_id, row.task_id, row.map_index) == wanted
        ]
        return sorted(found, key=lambda row: row.try_number)

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        """Answer `Engine.read_log`."""
        self._ask("read_log")
        if attempt_id not in self.world.attempts:
            raise UnknownError(f"no attempt {attempt_id!r}")
        row, data = self.world.attempts[attempt_id], self.world.logs.get(attempt_id, b"")
        start = max(0, len(data) + offset) if offset < 0 else min(offset, len(data))
        piece = data[start : start + min(limit, 1 << 20)]
        ended = row.end is not None and start + len(piece) >= len(data)
        return LogChunk(
            data=piece,
            offset=start,
            next_offset=start + len(piece),
            size=len(data),
            end=ended,
            start_time=row.start,
        )

    def samples(self, attempt_id: str) -> list[Sample]:
        """Answer `Engine.samples`."""
        self._ask("samples")
        return list(self.world.samples.get(attempt_id, ()))

    def why(
        self, dag_id: str, run_id: str | None = None, task_id: str | None = None, map_index: int = -1
    ) -> Why:
        """Answer `Engine.why`."""
        self._ask("why")
        if run_id is None:
            return Why(subject=dag_id, state="idle", barriers=())
        detail = self._run(dag_id, run_id)
        if task_id is None:
            return Why(subject=run_id, state=detail.run.state.value, barriers=())
        task = next((task for task in detail.tasks if task.task_id == task_id), None)
        if task is None:
            raise UnknownError(f"no task {task_id!r}")
        bad = tuple(
            up.task_id for up in detail.tasks if up.task_id in task.upstream and up.state.value != "success"
        )
        barriers = (
            (
                Barrier(
                    kind=BarrierKind.TRIGGER_RULE, text=f"all_success waits for {', '.join(bad)}", holders=bad
                ),
            )
            if bad
            else ()
        )
        return Why(subject=task_id, state=task.state.value, barriers=barriers, chain=(task_id, *bad))

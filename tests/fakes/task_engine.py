"""The part of `FakeEngine` that answers questions about tasks, the grid and the timeline."""

from __future__ import annotations

from datetime import datetime

from fakes.world import NOW, World, replace
from penstock.clock import to_us
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.merged_log import merge
from penstock.model.states import SUCCESS_LIKE, TaskState
from penstock.model.summary import summary
from penstock.model.usual import SHARE, Usual, quantile
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.grid import GridCell, GridRuns
from penstock.model.views.merged import LogOwner, RunLog
from penstock.model.views.one_task import HistoryRow, SourceText, TaskDetail, TaskHistory
from penstock.model.views.runs import RunDetail, TaskRow
from penstock.model.views.xcoms import XComRow


class FakeTasks:
    """Answers from *world*."""

    world: World

    def _ask(self, name: str) -> None:
        raise NotImplementedError

    def task(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = -1, *, attempt_id: str | None = None
    ) -> TaskDetail:
        """Answer `Engine.task`."""
        self._ask("task")
        if (dag_id, run_id) not in self.world.runs:
            raise UnknownError(f"no run {run_id!r} of {dag_id!r}")
        detail, dag = self.world.runs[dag_id, run_id], self.world.dags[dag_id]
        wanted = (task_id, map_index)
        task = next((task for task in detail.tasks if (task.task_id, task.map_index) == wanted), None)
        if task is None:
            raise UnknownError(f"no task {task_id!r}")
        node = next((node for node in dag.nodes if node.task_id == task_id), None)
        asked = attempt_id or task.attempt_id
        return TaskDetail(
            run=detail.run,
            task=task,
            file=dag.dag.file,
            line=node.line if node is not None else None,
            doc=node.doc if node is not None else None,
            dag_doc=dag.doc,
            description=dag.dag.description,
            owner=dag.dag.owner,
            retries=2,
            retry_delay=300.0,
            params=detail.run.conf,
            conf=detail.run.conf,
            command=() if asked in self.world.rendered else ("bash", "-c", f"python -m shop.{task_id}"),
            rendered=dict(self.world.rendered.get(asked or "", {})),
            attempt_id=asked,
        )

    def run_source(self, dag_id: str, run_id: str) -> SourceText:
        """Answer `Engine.run_source`."""
        self._ask("run_source")
        run, dag = self.world.runs[dag_id, run_id].run, self.world.dags[dag_id]
        return SourceText(
            file=dag.dag.file, version=run.dag_version, text=self.world.sources.get(run.dag_version)
        )

    def xcoms(
        self, dag_id: str, run_id: str, task_id: str | None = None, map_index: int | None = None
    ) -> list[XComRow]:
        """Answer `Engine.xcoms`."""
        self._ask("xcoms")
        rows = []
        for task in self.world.runs[dag_id, run_id].tasks:
            if task_id in {None, task.task_id} and map_index in {None, task.map_index}:
                for key, value in self.world.xcoms.get(task.attempt_id or "", {}).items():
                    rows.append(
                        XComRow(
                            task_id=task.task_id,
                            map_index=task.map_index,
                            key=key,
                            value=value,
                            bytes=len(repr(value)),
                            attempt_id=task.attempt_id,
                        )
                    )
        return rows

    def history(
        self,
        dag_id: str,
        task_id: str,
        *,
        map_index: int | None = None,
        limit: int = 100,
        before: datetime | None = None,
    ) -> TaskHistory:
        """Answer `Engine.history`."""
        self._ask("history")
        rows = []
        for run in self.world.runs_of(dag_id)[:limit]:
            tasks = [task for task in self.world.runs[dag_id, run.run_id].tasks if task.task_id == task_id]
            if tasks and (before is None or run.run_after < before):
                rows.append(self._history_row(dag_id, run.run_id, tasks[0]))
        if not rows and all(node.task_id != task_id for node in self.world.dags[dag_id].nodes):
            raise UnknownError(f"DAG {dag_id!r} has no task {task_id!r}")
        good = [row.seconds for row in rows if row.state is TaskState.SUCCESS and row.seconds is not None]
        usual = Usual(good) if good else None
        return TaskHistory(
            dag_id=dag_id,
            task_id=task_id,
            map_index=map_index,
            runs=tuple(rows),
            p50=usual.p50 if usual else None,
            p95=quantile(usual.seconds, SHARE) if usual else None,
        )

    def _history_row(self, dag_id: str, run_id: str, task: TaskRow) -> HistoryRow:
        run = self.world.runs[dag_id, run_id].run
        ended = task.start is not None and task.end is not None
        return HistoryRow(
            run_id=run_id,
            run_type=run.run_type,
            logical_date=run.logical_date,
            run_after=run.run_after,
            state=task.state,
            start=task.start,
            end=task.end,
            seconds=(task.end - task.start).total_seconds() if ended and task.end and task.start else None,
            peak_rss=task.peak_rss,
            cpu_seconds=task.cpu_seconds,
            try_number=task.try_number,
            outcome=task.outcome,
            slow=task.p95 is not None and task.slow(task.end or run.run_after),
        )

    def grid(self, dag_id: str, *, limit: int = 50, before: datetime | None = None) -> GridRuns:
        """Answer `Engine.grid`."""
        self._ask("grid")
        found = [run for run in self.world.runs_of(dag_id) if before is None or run.run_after < before]
        return GridRuns(runs=tuple(replace(run, counts={}) for run in found[:limit]), more=len(found) > limit)

    def grid_cells(self, dag_id: str, runs: list[str], rows: list[str]) -> dict[str, list[GridCell | None]]:
        """Answer `Engine.grid_cells`."""
        self._ask("grid_cells")
        groups = {group.group_id for group in self.world.dags[dag_id].groups}
        return {row: [self._cell(dag_id, run_id, row, row in groups) for run_id in runs] for row in rows}

    def _cell(self, dag_id: str, run_id: str, row: str, is_group: bool) -> GridCell | None:
        tasks = [
            task
            for task in self.world.runs[dag_id, run_id].tasks
            if row in {task.task_id, instance_key(task.task_id, task.map_index)}
            or (is_group and (task.group or "").startswith(row))
        ]
        if not tasks:
            return None
        ends = [task.end for task in tasks]
        return GridCell(
            state=summary(task.state for task in tasks),
            count=len(tasks),
            done=sum(task.state in SUCCESS_LIKE for task in tasks),
            start=min((task.start for task in tasks if task.start is not None), default=None),
            end=None if None in ends else max(end for end in ends if end is not None),
            try_number=max(task.try_number for task in tasks),
            failed=sum(task.state is TaskState.FAILED for task in tasks),
        )

    def run_part(self, dag_id: str, run_id: str, rows: list[str]) -> RunDetail:
        """Answer `Engine.run_part`."""
        self._ask("run_part")
        detail = self.world.runs[dag_id, run_id]
        groups = {group.group_id for group in self.world.dags[dag_id].groups} & set(rows)
        part: RunDetail = replace(
            detail,
            tasks=tuple(
                task
                for task in detail.tasks
                if {task.task_id, instance_key(task.task_id, task.map_index)} & set(rows)
                or task.group in groups
            ),
        )
        return part

    def run_attempts(self, dag_id: str, run_id: str, tasks: list[str]) -> list[AttemptRow]:
        """Answer `Engine.run_attempts`."""
        self._ask("run_attempts")
        found = [
            row
            for row in self.world.attempts.values()
            if (row.dag_id, row.run_id) == (dag_id, run_id) and row.task_id in tasks
        ]
        return sorted(found, key=lambda row: (row.queued, row.attempt_id))

    def run_log(self, dag_id: str, run_id: str, *, since: datetime | None = None) -> RunLog:
        """Answer `Engine.run_log`; each log has the times that the world says, or was printed evenly."""
        self._ask("run_log")
        if (dag_id, run_id) not in self.world.runs:
            raise UnknownError(f"no run {run_id!r} of {dag_id!r}")
        rows = [
            row
            for row in sorted(self.world.attempts.values(), key=lambda row: (row.queued, row.attempt_id))
            if (row.dag_id, row.run_id) == (dag_id, run_id) and self.world.logs.get(row.attempt_id)
            if since is None or row.end is None or row.end >= since
        ]
        owners, times = [], []
        for row in rows:
            log = self.world.logs[row.attempt_id]
            live = row.end is None
            whole = log.rfind(b"\n") + 1 if live else len(log)
            owners.append(
                LogOwner(
                    attempt_id=row.attempt_id,
                    task_id=row.task_id,
                    map_index=row.map_index,
                    try_number=row.try_number,
                    size=whole,
                    live=live,
                    torn=not live and not log.endswith(b"\n"),
                )
            )
            times.append(self.world.log_times.get(row.attempt_id) or _spread(row, log))
        live = any(owner.live for owner in owners) or self.world.runs[dag_id, run_id].run.end is None
        stretches = merge(times, [owner.size for owner in owners])
        return RunLog(owners=tuple(owners), stretches=tuple(stretches), live=live, at=NOW)

    def log_pieces(self, pieces: list[tuple[str, int, int]]) -> list[bytes]:
        """Answer `Engine.log_pieces`."""
        self._ask("log_pieces")
        return [self.world.logs.get(each, b"")[offset : offset + size] for each, offset, size in pieces]


def _spread(row: AttemptRow, log: bytes) -> list[tuple[int, int]]:
    """Return times as if the log had been printed evenly from the start to the end, in eight steps."""
    start = row.start or row.queued
    step = ((row.end or NOW) - start) / 8
    cuts = [log.rfind(b"\n", 0, len(log) * number // 8 + 1) + 1 for number in range(8)]
    return [(cut, to_us(start + number * step)) for number, cut in enumerate(cuts) if not number or cut]

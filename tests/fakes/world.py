"""An instance as plain views, which `fakes.engine.FakeEngine` shows and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from penstock.clock import EPOCH
from penstock.model.graph import Graph
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.assets import AssetEventRow, AssetRow
from penstock.model.views.attempts import AttemptRow, Sample
from penstock.model.views.backfills import BackfillRow
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.events import EventRow
from penstock.model.views.failures import Handled
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.pauses import BreakpointRow
from penstock.model.views.points import LedgerPoint
from penstock.model.views.pools import PoolRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.questions import QuestionRow
from penstock.model.views.runbooks import RunbookRow
from penstock.model.views.runs import RunCell, RunDetail, RunRow, TaskRow
from penstock.model.views.status import ImportErrorRow
from penstock.model.views.system import WorkerRow

NOW = EPOCH + timedelta(days=20686, hours=6, minutes=14, seconds=4)
"""2026-08-21 06:14:04 UTC."""
DAY = timedelta(days=1)
AnyView = TypeVar("AnyView", bound=msgspec.Struct)


@dataclass
class World:
    """Everything an engine knows, by id."""

    dags: dict[str, DagDetail] = field(default_factory=dict)
    runs: dict[tuple[str, str], RunDetail] = field(default_factory=dict)
    attempts: dict[str, AttemptRow] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    log_times: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Offsets and microseconds since 1970; without them a log was printed evenly."""
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    errors: list[ImportErrorRow] = field(default_factory=list)
    runbooks: dict[str, RunbookRow] = field(default_factory=dict)
    breakpoints: list[BreakpointRow] = field(default_factory=list)
    questions: list[QuestionRow] = field(default_factory=list)
    """What tasks ask people, the oldest first."""
    quarantine: list[QuarantineRow] = field(default_factory=list)
    assets: list[AssetRow] = field(default_factory=list)
    changes: list[AssetEventRow] = field(default_factory=list)
    """Of assets, the newest first."""
    warnings: list[str] = field(default_factory=list)
    """Of the engine itself."""
    workers: list[WorkerRow] = field(default_factory=list)
    """Those of executors on other hosts."""
    backfills: dict[int, BackfillRow] = field(default_factory=dict)
    pools: dict[str, PoolRow] = field(default_factory=dict)
    events: list[EventRow] = field(default_factory=list)
    xcoms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What attempts pushed."""
    rendered: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Template fields of attempts."""
    sources: dict[str, str] = field(default_factory=dict)
    """Files by version."""
    skips: dict[str, list[LedgerPoint]] = field(default_factory=dict)
    """Points of a DAG that no run was made for."""
    notes: dict[tuple[str, str], Handled] = field(default_factory=dict)
    """What was said about failures, by fingerprint and kind."""
    looks: dict[str, datetime] = field(default_factory=dict)
    """When somebody looked at the failures."""
    away: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    """When a person looked at everything, and the newest event then."""
    away_parts: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Parts of the digest that are not worked out here: recovered, late, slow, skipped."""
    paused_by_all: set[str] = field(default_factory=set)
    """The DAGs that a pause of all stopped."""

    def add_dag(
        self, dag_id: str, shape: Mapping[str, Sequence[str]], *, schedule: str = "@daily", **more: Any
    ) -> None:
        """Add a DAG made of *shape* (task -> upstream); *more* are fields of `DagRow`, ``params`` too."""
        params = more.pop("params", {})
        graph = Graph(shape)
        nodes = tuple(
            TaskNode(
                task_id=task,
                operator="BashOperator",
                upstream=graph.upstream[task],
                downstream=graph.downstream[task],
                group=_group(task),
                trigger_rule="all_success",
                retries=2,
                pool="default_pool",
            )
            for task in graph.order
        )
        row = DagRow(
            dag_id=dag_id,
            file=more.pop("file", f"dags/{dag_id}.py"),
            schedule=schedule,
            timezone="UTC",
            tasks=len(nodes),
            next_run=more.pop("next_run", NOW.replace(hour=6, minute=0, second=0) + DAY),
            **more,
        )
        self.dags[dag_id] = DagDetail(
            dag=row,
            version="3f1c0a9be2d47788",
            start_date=NOW - 60 * DAY,
            end_date=None,
            catchup="latest",
            max_active_runs=16,
            max_active_tasks=16,
            params=params,
            nodes=nodes,
            groups=_groups(nodes),
        )

    def add_run(
        self,
        dag_id: str,
        logical: datetime,
        state: RunState,
        states: Mapping[str, TaskState] | None = None,
        *,
        took: float = 660.0,
        run_type: RunType = RunType.SCHEDULED,
        **more: Any,
    ) -> str:
        """Add a run whose tasks are in *states* (default: as the run) and return its id."""
        detail = self.dags[dag_id]
        run_id: str = more.pop("run_id", f"{run_type}__{logical.isoformat()}")
        start = None if state is RunState.QUEUED else logical + timedelta(seconds=2)
        done = state not in {RunState.QUEUED, RunState.RUNNING}
        tasks = []
        for place, node in enumerate(detail.nodes):
            task_state = (states or {}).get(node.task_id, _USUAL[state])
            tasks.append(self._add_task(dag_id, run_id, node, task_state, logical, place))
        run = RunRow(
            dag_id=dag_id,
            run_id=run_id,
            run_type=run_type,
            state=state,
            logical_date=logical,
            data_interval_start=logical - DAY,
            data_interval_end=logical,
            run_after=logical,
            start=start,
            end=start + timedelta(seconds=took) if start and done else None,
            counts=count_states(tasks),
            dag_version=detail.version,
            **more,
        )
        self.runs[dag_id, run_id] = RunDetail(run=run, tasks=tuple(tasks), groups=detail.groups)
        return run_id

    def _add_task(
        self, dag_id: str, run_id: str, node: TaskNode, state: TaskState, logical: datetime, place: int
    ) -> TaskRow:
        tries = _TRIES.get(state, 0)
        start = logical + timedelta(seconds=5 + 40 * place)
        took = 6.0 + 17 * place
        outcomes = _OUTCOMES.get(state)
        for number in range(1, tries + 1):
            self._add_attempt(
                dag_id,
                run_id,
                node,
                number,
                start,
                took,
                outcomes[min(number, len(outcomes)) - 1] if outcomes else None,
            )
        attempt_id = self.attempt_of(dag_id, run_id, node.task_id, tries) if tries else None
        ended = state.value in {"success", "failed", "up_for_retry", "cancelled"}
        return TaskRow(
            task_id=node.task_id,
            map_index=-1,
            state=state,
            try_number=tries,
            max_tries=3,
            operator=node.operator,
            upstream=node.upstream,
            group=node.group,
            outcome=outcomes[-1] if outcomes else None,
            start=start if tries else None,
            end=start + timedelta(seconds=took) if tries and ended else None,
            peak_rss=(40 + 37 * place) << 20 if tries else None,
            cpu_seconds=took * 0.8 if tries else None,
            read_bytes=14 << 20 if tries else None,
            write_bytes=0 if tries else None,
            attempts=tries,
            attempt_id=attempt_id,
            next_at=NOW + timedelta(seconds=95) if state in _WAITING else None,
            p50=took,
        )

    def _add_attempt(
        self,
        dag_id: str,
        run_id: str,
        node: TaskNode,
        number: int,
        start: datetime,
        took: float,
        outcome: Outcome | None,
    ) -> None:
        attempt_id = self.attempt_of(dag_id, run_id, node.task_id, number)
        log = b"".join(
            b"%s INFO read %d rows from stage.%s\n"
            % (start.strftime("%H:%M:%S").encode(), 1000 + line, node.task_id.encode())
            for line in range(40)
        )
        if outcome is not None and not outcome.ok:
            log += b"ERROR KeyError: 'fx_rate'\n  File \"join.py\", line 88, in merge\n"
            log += b"ERROR task failed: exit 1\n"
        self.logs[attempt_id] = log
        self.attempts[attempt_id] = AttemptRow(
            attempt_id=attempt_id,
            dag_id=dag_id,
            run_id=run_id,
            task_id=node.task_id,
            map_index=-1,
            try_number=number,
            queued=start - timedelta(seconds=1),
            start=start,
            end=start + timedelta(seconds=took) if outcome else None,
            outcome=outcome,
            pid=None if outcome else 4242,
            log_bytes=len(log),
            log_path=f"attempts/{attempt_id}/log",
        )
        self.samples[attempt_id] = [
            Sample(
                at=start + timedelta(seconds=second),
                cpu_percent=min(99.0, 12.0 * second),
                rss=(20 + 9 * second) << 20,
                read_bytes=second << 20,
                write_bytes=second << 18,
                processes=2,
            )
            for second in range(12)
        ]

    def attempt_of(self, dag_id: str, run_id: str, task_id: str, number: int) -> str:
        """Return the attempt id that this world gives to a try."""
        import hashlib

        digest = hashlib.sha256(f"{dag_id}/{run_id}/{task_id}".encode()).hexdigest()
        return f"{digest[:12]}-{number:08x}"

    def strip_of(self, dag_id: str, count: int) -> tuple[RunCell, ...]:
        """Return the last *count* runs as cells, oldest first."""
        runs = self.runs_of(dag_id)[:count]
        return tuple(
            RunCell(run_id=run.run_id, state=run.state, logical_date=run.logical_date)
            for run in reversed(runs)
        )

    def runs_of(self, dag_id: str) -> list[RunRow]:
        """Return the runs of a DAG, newest first."""
        found = [detail.run for (owner, _), detail in self.runs.items() if owner == dag_id]
        return sorted(found, key=lambda run: (run.run_after, run.run_id), reverse=True)


def count_states(tasks: Sequence[TaskRow]) -> dict[str, int]:
    """Return how many tasks are in each state."""
    counts: dict[str, int] = {}
    for task in tasks:
        counts[task.state.value] = counts.get(task.state.value, 0) + 1
    return counts


def replace(view: AnyView, **changes: Any) -> AnyView:
    """Return a frozen view with *changes*."""
    return msgspec.structs.replace(view, **changes)


def _group(task_id: str) -> str | None:
    return task_id.rpartition(".")[0] or None


def _groups(nodes: Sequence[TaskNode]) -> tuple[GroupNode, ...]:
    return tuple(GroupNode(group_id=name) for name in dict.fromkeys(node.group for node in nodes) if name)


_USUAL = {
    RunState.QUEUED: TaskState.PENDING,
    RunState.RUNNING: TaskState.PENDING,
    RunState.SUCCESS: TaskState.SUCCESS,
    RunState.FAILED: TaskState.FAILED,
    RunState.CANCELLED: TaskState.CANCELLED,
}
_TRIES = {
    TaskState.QUEUED: 1,
    TaskState.RUNNING: 1,
    TaskState.STOPPING: 1,
    TaskState.RESTARTING: 1,
    TaskState.UP_FOR_RETRY: 1,
    TaskState.UP_FOR_RESCHEDULE: 1,
    TaskState.SUCCESS: 1,
    TaskState.CANCELLED: 1,
    TaskState.FAILED: 3,
}
_GOOD = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
_BAD = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=1)
_OUTCOMES = {
    TaskState.SUCCESS: (_GOOD,),
    TaskState.FAILED: (_BAD, Outcome(kind=OutcomeKind.LOST, reason="supervisor vanished"), _BAD),
    TaskState.UP_FOR_RETRY: (_BAD,),
    TaskState.UP_FOR_RESCHEDULE: (Outcome(kind=OutcomeKind.RESCHEDULED),),
    TaskState.CANCELLED: (Outcome(kind=OutcomeKind.CANCELLED, signal=15),),
}
_WAITING = {TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE}

"""A believable instance as plain views: what `fakes.FakeEngine` shows before anyone acts.

Every moment derives from NOW, so that screens drawn from it never change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import msgspec

from penstock.clock import EPOCH
from penstock.model.backfills import BackfillPointState, BackfillState, Reprocess
from penstock.model.graph import Graph
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.points import PointState
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.assets import AssetConsumer, AssetEventRow, AssetRow, AssetTask
from penstock.model.views.attempts import AttemptRow, Sample
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.dags import DagDetail, DagRow
from penstock.model.views.events import EventRow
from penstock.model.views.failures import Handled
from penstock.model.views.nodes import GroupNode, TaskNode
from penstock.model.views.pauses import BreakpointRow, PauseInfo
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

ORDERS = {
    "extract_orders": (),
    "stage_orders": ("extract_orders",),
    "dedupe": ("stage_orders",),
    "extract_users": (),
    "stage_users": ("extract_users",),
    "join": ("dedupe", "stage_users"),
    "extract_fx": (),
    "fx": ("join", "extract_fx"),
    "dq": ("fx",),
    "load_fact": ("dq",),
    "load_dim": ("join", "dq"),
    "report": ("load_fact", "load_dim"),
}
FLIGHTS = {
    "wait_for_drop": (),
    "ingest.flights": ("wait_for_drop",),
    "ingest.weather": ("wait_for_drop",),
    "ingest.airlines": ("wait_for_drop",),
    "ingest.airports": ("wait_for_drop",),
    "ingest.planes": ("wait_for_drop",),
    "checks": ("ingest.flights", "ingest.weather", "ingest.airlines", "ingest.airports", "ingest.planes"),
    "choose": ("checks",),
    "mart": ("choose",),
    "dashboard": ("mart",),
}
CHAIN = {"a": (), "b": ("a",), "c": ("a",), "d": ("c",)}
NINE = {f"pull_{name}": () for name in ("eur", "usd", "gbp", "jpy", "chf", "nok", "sek", "pln")} | {
    "merge": tuple(f"pull_{name}" for name in ("eur", "usd", "gbp", "jpy", "chf", "nok", "sek", "pln"))
}


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


def believable() -> World:
    """Return an instance with DAGs and runs in every state worth seeing: a copy, for a test to change."""
    made = _believable()
    copied = {name: getattr(made, name).copy() for name in (each.name for each in fields(World))}
    for name in ("samples", "skips"):
        copied[name] = {key: list(found) for key, found in copied[name].items()}
    return World(**copied)


def _leave_values(world: World, run_id: str) -> None:
    """Let two tasks of the newest run of orders_daily have pushed and rendered something."""
    dedupe = world.attempt_of("orders_daily", run_id, "dedupe", 1)
    join = world.attempt_of("orders_daily", run_id, "join", 3)
    world.xcoms[dedupe] = {"return_value": {"rows": 1204331, "day": "2026-08-21"}, "api_token": "***"}
    world.xcoms[join] = {"return_value": ["eur", "usd"]}
    world.rendered[join] = {
        "bash_command": "python -m shop.join --day 2026-08-21 --rates fx",
        "env": {"DB_PASSWORD": "***", "TARGET": "warehouse"},
    }
    world.sources[world.runs["orders_daily", run_id].run.dag_version] = "".join(
        f"line_{number} = {number}\n" for number in range(1, 41)
    )


@cache
def _believable() -> World:
    world = World()
    state = TaskState
    at_six = NOW.replace(hour=6, minute=0, second=0)

    world.add_dag("orders_daily", ORDERS, owner="data-core", tags=("core", "sales"), p50=660.0)
    history(world, "orders_daily", at_six, 23, {17: RunState.FAILED})
    blocked = dict.fromkeys(("fx", "dq", "load_fact", "load_dim", "report"), state.UPSTREAM_FAILED)
    world.add_run(
        "orders_daily",
        at_six,
        RunState.FAILED,
        {**dict.fromkeys(ORDERS, state.SUCCESS), "join": state.FAILED, **blocked},
        took=842,
    )

    _leave_values(world, f"scheduled__{at_six.isoformat()}")

    world.add_dag(
        "fx_rates",
        NINE,
        schedule="*/47 * * * *",
        owner="data-core",
        p50=120.0,
        next_run=NOW + timedelta(minutes=47),
    )
    history(world, "fx_rates", at_six, 20, {})
    done = dict.fromkeys(("pull_eur", "pull_usd", "pull_gbp"), state.SUCCESS)
    going = {
        "pull_jpy": state.RUNNING,
        "pull_chf": state.QUEUED,
        "pull_nok": state.SCHEDULED,
        "pull_sek": state.STOPPING,
    }
    world.add_run(
        "fx_rates",
        NOW - timedelta(seconds=72),
        RunState.RUNNING,
        {**done, **going, "pull_pln": state.RESTARTING},
    )

    pause = PauseInfo(by="ada", since=NOW - 3 * DAY, why="source moves house", until=NOW + DAY)
    world.add_dag("user_snapshots", CHAIN, owner="growth", paused=pause, next_run=None, p50=480.0)
    history(world, "user_snapshots", at_six - DAY, 7, {})
    world.add_run(
        "user_snapshots",
        at_six - DAY,
        RunState.FAILED,
        {"c": state.FAILED, "d": state.UPSTREAM_FAILED, "a": state.SUCCESS, "b": state.SKIPPED},
    )

    world.add_dag(
        "nyc_flights", FLIGHTS, owner="demo", tags=("demo",), description="Five tables a day", params=_PARAMS
    )
    history(world, "nyc_flights", at_six, 12, {5: RunState.CANCELLED})
    world.add_run("nyc_flights", at_six, RunState.RUNNING, {"wait_for_drop": state.UP_FOR_RESCHEDULE})

    world.add_dag(
        "flaky", CHAIN, schedule="@hourly", owner="demo", p50=30.0, next_run=at_six + timedelta(hours=1)
    )
    history(world, "flaky", at_six, 24, {2: RunState.FAILED, 9: RunState.FAILED, 10: RunState.FAILED})
    world.add_run(
        "flaky",
        at_six + timedelta(minutes=1),
        RunState.RUNNING,
        {"a": state.SUCCESS, "b": state.UP_FOR_RETRY, "c": state.DEFERRED},
    )

    ice = PauseInfo(by="grace", since=NOW - timedelta(hours=2), why="audit")
    world.add_dag(
        "ledger_close", CHAIN, schedule="0 6 1 * *", owner="finance", frozen=ice, next_run=at_six + 10 * DAY
    )
    held = PauseInfo(by="ada", since=NOW - timedelta(hours=1))
    world.add_run("ledger_close", at_six - DAY, RunState.QUEUED, held=held)

    world.add_dag("hello", CHAIN, schedule="None", owner="demo", next_run=None)
    world.add_run("hello", at_six - 2 * DAY, RunState.SUCCESS, run_type=RunType.MANUAL, took=3.0)
    world.add_dag(
        "brand_new", {"only": ()}, schedule="@weekly", import_error="SyntaxError: '(' was never closed"
    )
    world.add_dag("gone_away", {"only": (), "other": ()}, missing=True, next_run=None)
    world.add_run(
        "gone_away", at_six - 9 * DAY, RunState.CANCELLED, {"only": state.CANCELLED, "other": state.REMOVED}
    )

    world.errors.append(
        ImportErrorRow(
            file="dags/broken.py",
            message="ModuleNotFoundError: No module named 'pandsa'",
            line=14,
            since=NOW - timedelta(minutes=9),
            detail='  File "dags/broken.py", line 14, in <module>\n    import pandsa',
        )
    )
    _add_assets(world)
    world.pools["default_pool"] = PoolRow(name="default_pool", slots=128, used=7, waiting=0)
    world.pools["warehouse"] = PoolRow(name="warehouse", slots=1, used=1, waiting=4, description="one writer")
    world.backfills[1] = _backfill(at_six)
    _skip(world, "nyc_flights", at_six - 20 * DAY, 3, "paused")
    _skip(world, "orders_daily", at_six - 30 * DAY, 4, "downtime")
    world.events.append(
        EventRow(
            seq=1,
            at=NOW - timedelta(seconds=6),
            actor="engine",
            kind="fail",
            dag_id="orders_daily",
            task_id="join",
            before="running",
            after="failed",
            reason="exit 1",
        )
    )
    return world


def _skip(world: World, dag_id: str, first: datetime, days: int, reason: str) -> None:
    """Let *days* daily points from *first* on be skipped."""
    dates = [first + place * DAY for place in range(days)]
    world.skips.setdefault(dag_id, []).extend(
        LedgerPoint(
            logical_date=moment,
            state=PointState.SKIPPED,
            reason=reason,
            span_first=dates[0],
            span_last=dates[-1],
            span_count=days,
        )
        for moment in dates
    )


def history(world: World, dag_id: str, newest: datetime, count: int, others: Mapping[int, RunState]) -> None:
    """Add *count* older runs, a day apart before *newest*, successful except *others* (by days back)."""
    for back in range(count, 0, -1):
        world.add_run(dag_id, newest - back * DAY, others.get(back, RunState.SUCCESS), took=600 + 7 * back)


def replace(view: AnyView, **changes: Any) -> AnyView:
    """Return a frozen view with *changes*."""
    return msgspec.structs.replace(view, **changes)


def _backfill(newest: datetime) -> BackfillRow:
    states = ("success", "success", "failed", "running", "running", "waiting", "kept", "skipped")
    slots = tuple(
        BackfillPoint(
            logical_date=newest - (40 - place) * DAY,
            state=BackfillPointState(state),
            run_id=f"backfill__{(newest - (40 - place) * DAY).isoformat()}"
            if state not in {"waiting", "skipped"}
            else None,
            reason="waits for a slot: 2 of 2 in use" if state == "waiting" else None,
        )
        for place, state in enumerate(states)
    )
    counts: dict[str, int] = {}
    for slot in slots:
        counts[slot.state] = counts.get(slot.state, 0) + 1
    return BackfillRow(
        backfill_id=1,
        dag_id="nyc_flights",
        from_date=slots[0].logical_date,
        to_date=slots[-1].logical_date,
        reprocess=Reprocess.FAILED,
        max_active_runs=2,
        backwards=False,
        state=BackfillState.RUNNING,
        created=NOW - timedelta(minutes=21),
        by="ada",
        counts=counts,
        points=slots,
    )


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
_PARAMS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "default": 100, "description": "rows that may be bad"},
    "full": {"type": "boolean", "default": False},
    "mode": {"enum": ["delta", "all"], "default": "delta"},
}


def _add_assets(world: World) -> None:
    """Raw orders become orders, which start a report; rates come from elsewhere, by hand."""
    run = world.runs_of("orders_daily")[0]
    world.changes += [
        AssetEventRow(event_id=2, at=NOW - timedelta(minutes=5), name="rates", uri="", extra={}, by="ada"),
        AssetEventRow(
            event_id=1, at=NOW - timedelta(hours=3), name="orders", uri="s3://lake/orders", extra={"rows": 3},
            by="engine", source_dag_id="orders_daily", source_run_id=run.run_id, source_task_id="join",
            runs=(("hello", "asset_triggered__1"),),
        ),
    ]  # fmt: skip
    join = AssetTask(dag_id="orders_daily", task_id="join")
    report = AssetConsumer(
        dag_id="hello", schedule="orders & rates", paused=False, queued=1, waits_for=("orders",)
    )
    world.assets += [
        AssetRow(name="orders", uri="s3://lake/orders", producers=(join,), consumers=(report,), events=1,
                 last_event=world.changes[1]),
        AssetRow(name="rates", uri="", consumers=(report,), events=1, last_event=world.changes[0]),
        AssetRow(name="raw", uri="s3://lake/raw", readers=(join,)),
        AssetRow(name="report", uri="", producers=(AssetTask(dag_id="hello", task_id="greet"),)),
    ]  # fmt: skip

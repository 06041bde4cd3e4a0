"""A believable instance: what `fakes.engine.FakeEngine` shows before anyone acts.

Every moment derives from NOW, so that screens drawn from it never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from fakes.world import DAY, NOW, World
from penstock.model.backfills import BackfillPointState, BackfillState, Reprocess
from penstock.model.points import PointState
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.views.assets import AssetConsumer, AssetEventRow, AssetRow, AssetTask
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.events import EventRow
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.points import LedgerPoint
from penstock.model.views.pools import PoolRow
from penstock.model.views.status import ImportErrorRow

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


_PARAMS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "default": 100, "description": "rows that may be bad"},
    "full": {"type": "boolean", "default": False},
    "mode": {"enum": ["delta", "all"], "default": "delta"},
}


def believable() -> World:
    """Return an instance with DAGs and runs in every state worth seeing: a copy, for a test to change."""
    made = _believable()
    copied = {name: getattr(made, name).copy() for name in (each.name for each in fields(World))}
    for name in ("samples", "skips"):
        copied[name] = {key: list(found) for key, found in copied[name].items()}
    return World(**copied)


@cache
def _believable() -> World:
    world = World()
    state = TaskState
    at_six = NOW.replace(hour=6, minute=0, second=0)

    world.add_dag("orders_daily", ORDERS, owner="data-core", tags=("core", "sales"), p50=660.0)
    _history(world, "orders_daily", at_six, 23, {17: RunState.FAILED})
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
    _history(world, "fx_rates", at_six, 20, {})
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
    _history(world, "user_snapshots", at_six - DAY, 7, {})
    world.add_run(
        "user_snapshots",
        at_six - DAY,
        RunState.FAILED,
        {"c": state.FAILED, "d": state.UPSTREAM_FAILED, "a": state.SUCCESS, "b": state.SKIPPED},
    )

    world.add_dag(
        "nyc_flights", FLIGHTS, owner="demo", tags=("demo",), description="Five tables a day", params=_PARAMS
    )
    _history(world, "nyc_flights", at_six, 12, {5: RunState.CANCELLED})
    world.add_run("nyc_flights", at_six, RunState.RUNNING, {"wait_for_drop": state.UP_FOR_RESCHEDULE})

    world.add_dag(
        "flaky", CHAIN, schedule="@hourly", owner="demo", p50=30.0, next_run=at_six + timedelta(hours=1)
    )
    _history(world, "flaky", at_six, 24, {2: RunState.FAILED, 9: RunState.FAILED, 10: RunState.FAILED})
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


def _history(world: World, dag_id: str, newest: datetime, count: int, others: Mapping[int, RunState]) -> None:
    """Add *count* older runs, a day apart before *newest*, successful except *others* (by days back)."""
    for back in range(count, 0, -1):
        world.add_run(dag_id, newest - back * DAY, others.get(back, RunState.SUCCESS), took=600 + 7 * back)


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

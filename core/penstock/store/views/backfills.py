"""Reads pools and backfills: which tasks hold slots, and the states of a backfill's points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from penstock.clock import from_us, opt_from_us
from penstock.errors import UnknownError
from penstock.ids import instance_key
from penstock.model.backfills import BackfillPointState, BackfillState, Canary, Reprocess
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.pools import PoolRow, SlotUse
from penstock.store.checked import checked, json_object, known
from penstock.store.sql.columns import TABLES
from penstock.store.sql.views import backfills as sql
from penstock.store.sqlite.connection import Connection
from penstock.store.views.quarantine import NEVER, reasons
from penstock.store.views.runs import AnyRow, known_dag
from penstock.store.views.versions import StoredVersion, Versions

_MOST_WAITING = 100
"""Waiting task instances that are named for each pool."""

_NAMES = TABLES["backfill"].names
_backfill_row = checked(
    TABLES["backfill"], _NAMES, state=BackfillState, canary=Canary | None, reprocess=Reprocess
)
_point_row = checked(
    TABLES["backfill_slot"], ["logical_us", "state", "run_id", "reason"], state=BackfillPointState
)


def read_pools(connection: Connection, versions: Versions, *, in_parts: bool = False) -> list[PoolRow]:
    """Return every pool by name: slots used, task instances waiting, and who holds slots, longest first.

    With *in_parts* also ``held`` and ``wanted``.
    """
    holding = connection.execute(sql.HOLDING).all()
    waiting = connection.execute(sql.WAITING).all()
    pools = connection.execute(sql.POOLS).all()
    counting = {row.name for row in pools if row.include_deferred}
    deferred = connection.execute(sql.DEFERRED).all() if counting else []
    kept = versions.load(connection, {row.version_id for row in (*holding, *waiting, *deferred)})
    held: dict[str, list[SlotUse]] = defaultdict(list)
    wanted: dict[str, list[SlotUse]] = defaultdict(list)
    queue: dict[str, int] = defaultdict(int)
    for row in holding:
        pool, use = _slot_use(row, kept)
        held[pool].append(use)
    for row in deferred:
        pool, use = _slot_use(row, kept)
        if pool in counting:
            held[pool].append(use)
    for row in waiting:
        pool, use = _slot_use(row, kept)
        queue[pool] += 1
        if queue[pool] <= _MOST_WAITING:
            wanted[pool].append(use)
    return [
        PoolRow(
            name=row.name,
            slots=row.slots if isinstance(row.slots, int) else 0,
            used=sum(use.slots for use in held[row.name]),
            waiting=queue[row.name],
            description=row.description,
            holders=tuple(map(task_name, held[row.name])),
            include_deferred=bool(row.include_deferred),
            held=tuple(held[row.name]) if in_parts else (),
            wanted=tuple(wanted[row.name]) if in_parts else (),
        )
        for row in pools
    ]


def _slot_use(row: AnyRow, kept: Mapping[int, StoredVersion]) -> tuple[str, SlotUse]:
    """Return the pool of a task instance, and what it holds there or wants."""
    spec = kept[row.version_id].tasks.get(row.task_id)
    use = SlotUse(
        dag_id=str(row.dag_id),
        run_id=str(row.run_id),
        task_id=str(row.task_id),
        map_index=row.map_index if isinstance(row.map_index, int) else -1,
        slots=spec.pool_slots if spec else 1,
    )
    return spec.pool if spec else "default_pool", use


def task_name(use: SlotUse) -> str:
    """Return ``dag/run/task`` (and ``[map_index]``) for a person to look up."""
    return f"{use.dag_id}/{use.run_id}/{instance_key(use.task_id, use.map_index)}"


def read_backfills(connection: Connection, dag_id: str | None) -> list[BackfillRow]:
    """Return backfills, newest first, with their counts and without their points."""
    query, counting, values = sql.ALL, sql.COUNTS, {"dag_id": dag_id}
    if dag_id is not None:
        known_dag(connection, dag_id)
        query, counting = query.where(sql.OF_DAG), counting.where(sql.POINTS_OF_DAG)
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for backfill_id, state, count in connection.execute(counting, values):
        counts[backfill_id][state] = count
    rows = connection.execute(query, values).all()
    quarantined = reasons(connection)
    return [_view(row, counts.get(row.id, {}), (), quarantined.get(f"backfill:{row.id}")) for row in rows]


def read_backfill(connection: Connection, backfill_id: int) -> BackfillRow:
    """Return one backfill with its points in the order in which they run.

    Raises `UnknownError` for a backfill that does not exist.
    """
    row = connection.execute(sql.ONE, {"backfill_id": backfill_id}).first()
    if row is None:
        raise UnknownError(f"backfill {backfill_id} does not exist")
    counts: dict[str, int] = defaultdict(int)
    points = []
    waits = _why_waiting(connection, row)
    for point in connection.execute(sql.POINTS, {"backfill_id": backfill_id, "dag_id": row.dag_id}):
        counts[point.state] += 1
        points.append(_point_view(point, waits))
    return _view(row, counts, tuple(points), reasons(connection).get(f"backfill:{backfill_id}"))


def _point_view(point: AnyRow, waits: str) -> BackfillPoint:
    """Return the view of a point; an unreadable one says so."""
    try:
        _point_row(point[:4])
        return BackfillPoint(
            logical_date=from_us(point.logical_us),
            state=BackfillPointState(point.state),
            run_id=point.run_id,
            reason=_point_words(point, waits),
        )
    except (ValueError, OverflowError) as error:
        return BackfillPoint(
            logical_date=_moment(point.logical_us),
            state=BackfillPointState.FAILED,
            reason=f"cannot be read: {error}",
        )


def _why_waiting(connection: Connection, row: AnyRow) -> str:
    """Return what the points of a backfill that have not started wait for."""
    if row.state == BackfillState.PAUSED:
        return "the backfill is paused"
    frozen = connection.execute(sql.FROZEN, {"dag_id": row.dag_id}).first()
    if frozen is not None:
        return f"the DAG is frozen by {frozen.by}"
    if row.canary == Canary.WAITING:
        return "the first point, the canary, must succeed first"
    return f"{row.max_active_runs} are active at once (max_active_runs)"


def _point_words(point: AnyRow, waits: str) -> str | None:
    if point.state == BackfillPointState.WAITING:
        return f"runs again; {waits}" if point.reason == "rerun" else waits
    if point.state == BackfillPointState.RUNNING:
        return f"its run is {point.run_state}" if point.run_state else None
    return str(point.reason) if point.reason else None


def _view(
    row: AnyRow, counts: dict[str, int], points: tuple[BackfillPoint, ...], quarantined: str | None
) -> BackfillRow:
    """Return the view of a backfill, as far as it can be read."""
    try:
        _backfill_row([getattr(row, name) for name in _NAMES])
        return _readable(row, counts, points, quarantined)
    except (ValueError, OverflowError) as error:
        return _unreadable(row, counts, points, quarantined or f"cannot be read: {error}")


def _unreadable(
    row: AnyRow, counts: dict[str, int], points: tuple[BackfillPoint, ...], reason: str
) -> BackfillRow:
    ended = row.end_us is not None
    return BackfillRow(
        backfill_id=row.id,
        dag_id=str(row.dag_id),
        from_date=_moment(row.from_us),
        to_date=_moment(row.to_us),
        reprocess=known(Reprocess, row.reprocess, Reprocess.NONE),
        max_active_runs=row.max_active_runs if isinstance(row.max_active_runs, int) else 0,
        backwards=row.backwards is True,
        state=known(BackfillState, row.state, BackfillState.FAILED if ended else BackfillState.RUNNING),
        created=_moment(row.created_us),
        by=str(row.by),
        ended=_moment(row.end_us) if ended else None,
        counts=dict(counts),
        points=points,
        quarantined=reason,
    )


def _moment(stored_us: object) -> datetime:
    """Return a stored time, or 1970 if it is invalid."""
    try:
        return from_us(int(stored_us)) if isinstance(stored_us, int) else NEVER
    except OverflowError:
        return NEVER


def _readable(
    row: AnyRow, counts: dict[str, int], points: tuple[BackfillPoint, ...], quarantined: str | None
) -> BackfillRow:
    return BackfillRow(
        backfill_id=row.id,
        dag_id=row.dag_id,
        from_date=from_us(row.from_us),
        to_date=from_us(row.to_us),
        reprocess=Reprocess(row.reprocess),
        max_active_runs=row.max_active_runs,
        backwards=row.backwards,
        state=BackfillState(row.state),
        created=from_us(row.created_us),
        by=row.by,
        ended=opt_from_us(row.end_us),
        counts=dict(counts),
        points=points,
        conf=json_object("backfill", "conf", row.conf),
        canary=None if row.canary is None else Canary(row.canary),
        stop_after=row.stop_after,
        quarantined=quarantined,
    )

"""Removes rows that cannot be read, without reading them.

Values are copied as they are, and any that its column cannot have is replaced; the old values are
returned as copies for the event trail. The database's guard against illegal moves is told about
this one move, and about nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

from penstock.errors import UnknownError
from penstock.model.backfills import OPEN_POINTS, BackfillPointState
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RUN_TERMINAL, TERMINAL, RunState, RunType, TaskState
from penstock.model.transitions import run_edges, task_edges
from penstock.store import tables
from penstock.store.checked import checked, json_object
from penstock.store.engine.live_rows import RUN_WORDS, TASK_WORDS, check_task_json
from penstock.store.engine.records import QuarantineRecord
from penstock.store.sqlite.any_value import ROW_NUMBER, insert_unless_there
from penstock.store.sqlite.text import shown
from penstock.store.statement import table_of

_run = table_of(tables.RunRow)
_task = table_of(tables.TaskInstanceRow)
_attempt = table_of(tables.AttemptRow)
_dag = table_of(tables.DagRow)
_version = table_of(tables.DagVersionRow)
_edge = table_of(tables.EdgeRow)
_event = table_of(tables.EventRow)
_backfill = table_of(tables.BackfillRow)
_point = table_of(tables.BackfillPointRow)
_pause = table_of(tables.PauseRow)
_queue = table_of(tables.AssetQueueRow)
_pool = table_of(tables.PoolRow)

_KEYS: dict[str, tuple[str, ...]] = {
    "pause": ("kind", "dag_id", "run_id", "task_id"),
    "pool": ("name",),
    "stored_value": ("kind", "name"),
    "backfill": ("id",),
    "callback": ("id",),
    "asset_event": ("id",),
    "quarantine": ("id",),
}
"""The key columns of each table with rows that can be dropped alone."""
_SAID = frozenset({"dag_id", "run_id", "task_id", "reason", "by"})
"""Columns in which values that are not UTF-8 are kept as people saw them."""
_LENGTHS = frozenset({"stood_us", "worked_us"})
"""Columns whose microseconds are how long something took, and not a moment."""
_RUN_ENDS = frozenset(each.value for each in RUN_TERMINAL)
_TASK_ENDS = frozenset(each.value for each in TERMINAL)


@dataclass(slots=True)
class Removal:
    """What must be written, reported and stopped; ``said`` is the answer."""

    statements: list[sa.Executable] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    file: str | None = None

    def do(self, statement: sa.Executable) -> None:
        """Add a statement to carry out."""
        self.statements.append(statement)

    def write(self, connection: Connection) -> None:
        """Carry them out."""
        for statement in self.statements:
            connection.execute(statement)


def removal_of(connection: Connection, record: QuarantineRecord, now_us: int, reason: str) -> Removal:
    """Return how to remove what is in quarantine. Raises `UnknownError` for an unknown table."""
    match record.kind:
        case "run":
            return drop_run(connection, str(record.dag_id), str(record.run_id), now_us, reason)
        case "dag":
            return drop_dag(connection, record.id, now_us, reason)
        case "row":
            return drop_row(connection, record.id)
    return Removal(said=[f"{record.id} is forgotten"])


def drop_run(connection: Connection, dag_id: str, run_id: str, now_us: int, reason: str) -> Removal:
    """Return what ends a run as failed, its unfinished tasks as cancelled, its live attempts as lost."""
    found = Removal()
    row, _ = _find(connection, _run, {"dag_id": dag_id, "run_id": run_id})
    if row is None:
        found.said.append(f"run {run_id} of {dag_id} is no longer stored, so only its mark is removed")
        return found
    _drop_run(connection, row, now_us, reason, found)
    return found


def drop_dag(connection: Connection, dag_id: str, now_us: int, reason: str) -> Removal:
    """Return what ends the unfinished runs and the backfill of a DAG, and forgets the DAG itself."""
    found = Removal()
    live = (
        sa.select(_task.c.run_pk)
        .select_from(_attempt.join(_task, _task.c.id == _attempt.c.ti_id))
        .where(_attempt.c.end_us.is_(None))
    )
    unfinished = sa.or_(_run.c.state.not_in(sorted(_RUN_ENDS)), _run.c.id.in_(live))
    row, where = _find(connection, _dag, {"dag_id": dag_id})
    of_it = sa.select(_run).where(_run.c.dag_id == dag_id, unfinished).order_by(_run.c.id)
    runs = connection.execute(of_it).mappings().all()
    for run in runs:
        _drop_run(connection, run, now_us, reason, found)
    found.said = [f"{len(runs)} unfinished run(s) of {dag_id} ended as failed"] if runs else []
    open_backfill = sa.select(_backfill.c.id).where(
        _backfill.c.dag_id == dag_id, _backfill.c.end_us.is_(None)
    )
    for key in connection.execute(open_backfill).scalars():
        found.do(
            sa.update(_point).where(_point.c.backfill_id == key, _point.c.state.in_(OPEN_POINTS))
            .values(state="cancelled", reason=reason)
        )  # fmt: skip
        found.do(sa.update(_backfill).where(_backfill.c.id == key).values(state="cancelled", end_us=now_us))
        found.said.append(f"backfill {key} is cancelled")
    if row is not None:
        found.copies.append({"table": "dag", **row})
        found.file = row["file"] if isinstance(row["file"], str) else None
    for table in (_pause, _queue):
        found.do(sa.delete(table).where(table.c.dag_id == dag_id))
    found.do(sa.delete(_dag).where(where))
    found.said.append(f"DAG {dag_id} is deleted with its pauses; its runs and events stay")
    return found


def drop_row(connection: Connection, row_id: str) -> Removal:
    """Return what removes one row (``table:key``). Raises `UnknownError` if it does not exist."""
    name, _, key = row_id.partition(":")
    found = Removal()
    if name not in _KEYS:
        raise UnknownError(f"rows called {row_id!r} do not exist")
    table = SQLModel.metadata.tables[name]
    parts: Sequence[str] = key.split("/", len(_KEYS[name]) - 1)
    names = _KEYS[name]
    row, where = _find(
        connection, table, dict(zip(names, [*parts, *[""] * (len(names) - len(parts))], strict=True))
    )
    if row is None:
        found.said.append(f"{row_id} is no longer stored, so only its mark is removed")
        return found
    found.copies.append({"table": name, **row})
    if name == "backfill":
        points = (
            connection.execute(sa.select(_point).where(_point.c.backfill_id == row["id"])).mappings().all()
        )
        found.copies += [{"table": "backfill_slot", **point} for point in points]
        found.do(sa.update(_run).where(_run.c.backfill_id == row["id"]).values(backfill_id=None))
    found.do(sa.delete(table).where(where))
    found.said.append(f"row {row_id} is removed; the event trail keeps a copy")
    if row_id == "pool:default_pool":
        values = {"name": "default_pool", "slots": 128, "include_deferred": False}
        values["description"] = "Tasks without a pool"
        found.do(sa.insert(_pool).values(values))
        found.said.append("default_pool is made again with 128 slots")
    return found


def settle_points(connection: Connection, backfill_id: str) -> None:
    """Take over into a backfill's points how their runs ended while they were not in the working set."""
    ended = (
        sa.select(_run.c.state)
        .where(_run.c.backfill_id == _point.c.backfill_id, _run.c.run_id == _point.c.run_id)
        .where(_run.c.state.in_(sorted(_RUN_ENDS)))
    ).scalar_subquery()
    connection.execute(
        sa.update(_point)
        .where(
            sa.cast(_point.c.backfill_id, sa.String) == backfill_id,
            _point.c.state == BackfillPointState.RUNNING,
        )
        .where(ended.is_not(None))
        .values(state=ended)
    )


def _find(
    connection: Connection, table: sa.Table, key: Mapping[str, str]
) -> tuple[Mapping[Any, Any] | None, sa.ColumnElement[bool]]:
    """Return the row with that name, and the condition that finds it; None if it does not exist.

    A name that is not UTF-8 is given as `shown` makes it, which no condition finds: then all rows are read.
    """
    where = sa.and_(*(sa.cast(table.c[column], sa.String) == text for column, text in key.items()))
    if table in (_run, _dag):  # by their index
        where = sa.and_(*(table.c[column] == text for column, text in key.items()))
    row = connection.execute(sa.select(table).where(where)).mappings().first()
    if row is None:
        columns = [table.c[column] for column in key]
        for number, *values in connection.execute(sa.select(ROW_NUMBER, *columns).select_from(table)).all():
            if [*filter(None, map(shown, values))] == [*filter(None, key.values())]:
                where = number == ROW_NUMBER
                row = connection.execute(sa.select(table).where(where)).mappings().first()
                break
    return row, where


def _drop_run(
    connection: Connection, run: Mapping[Any, Any], now_us: int, reason: str, found: Removal
) -> None:
    ended = _drop_tasks(connection, run, now_us, reason, found)
    dag_id, run_id = shown(run["dag_id"]), shown(run["run_id"])
    changes = _mended(connection, _run, dict(run), RUN_WORDS, now_us, found)
    if run["state"] in _RUN_ENDS:
        found.said.append(f"run {run_id} had ended; {ended} task(s) of it ended as cancelled")
        if changes:
            found.do(sa.update(_run).where(_run.c.id == run["id"]).values(changes))
    else:
        before = _last(connection, dag_id, run_id, run["state"], None, frozenset(RunState))
        changes |= {"state": RunState.FAILED, "end_us": now_us, "reason": reason, "intent": None}
        if changes.get("start_us", run["start_us"]) is None:
            changes["start_us"] = now_us
        _move(found, _run, "run", run["id"], run["state"], changes, run["version"])
        found.events.append(
            {
                "kind": "run_fail",
                "dag_id": dag_id,
                "run_id": run_id,
                "before": before,
                "after": RunState.FAILED,
                "reason": reason,
            }
        )
        found.said.append(f"run {run_id} ended as failed, {ended} task(s) of it as cancelled")
    found.do(
        sa.update(_point)
        .where(
            _point.c.backfill_id == run["backfill_id"],
            _point.c.run_id == run_id,
            _point.c.state == BackfillPointState.RUNNING,
        )
        .values(state=BackfillPointState.FAILED, reason=reason)
    )
    found.do(sa.delete(_pause).where(_pause.c.dag_id == dag_id, _pause.c.run_id == run_id))


def _drop_tasks(
    connection: Connection, run: Mapping[Any, Any], now_us: int, reason: str, found: Removal
) -> int:
    """Cancel the unfinished tasks of a run, mark its live attempts lost; return how many tasks."""
    dag_id, run_id = shown(run["dag_id"]), shown(run["run_id"])
    tasks = connection.execute(sa.select(_task).where(_task.c.run_pk == run["id"])).mappings().all()
    ended = 0
    for task in tasks:
        values = dict(task)
        state = values["state"]
        changes = _mended(connection, _task, values, TASK_WORDS, now_us, found)
        if state not in _TASK_ENDS:
            before = _last(connection, dag_id, run_id, state, task["task_id"], frozenset(TaskState))
            changes |= {"state": "cancelled", "end_us": now_us, "reason": reason, "intent": None}
            _move(found, _task, "task_instance", values["id"], state, changes, values["version"])
            found.events.append(
                {
                    "kind": "cancel",
                    "dag_id": dag_id,
                    "run_id": run_id,
                    "task_id": shown(task["task_id"]),
                    "map_index": changes.get("map_index", task["map_index"]),
                    "before": before,
                    "after": "cancelled",
                    "reason": reason,
                }
            )
            ended += 1
        elif changes:
            found.do(sa.update(_task).where(_task.c.id == values["id"]).values(changes))
    lost = msgspec.json.encode(Outcome(kind=OutcomeKind.LOST, reason=reason)).decode()
    own = _attempt.c.ti_id.in_(sa.select(_task.c.id).where(_task.c.run_pk == run["id"]))
    live = sa.select(_attempt.c.attempt_id).where(own, _attempt.c.end_us.is_(None))
    found.live += [str(each) for each in connection.execute(live).scalars()]
    found.do(sa.update(_attempt).where(own, _attempt.c.end_us.is_(None)).values(end_us=now_us, outcome=lost))
    return ended


def _move(
    found: Removal,
    table: sa.Table,
    subject: str,
    key: int,
    before: Any,
    changes: dict[str, Any],
    version: Any,
) -> None:
    """Move a row whatever its state is now; the guard allows the move only while it is made."""
    legal = {(a.value, b.value) for a, b in (run_edges() if subject == "run" else task_edges())}
    after = changes["state"]
    fresh = (before, after) not in legal
    if fresh:  # as it is in the row
        move = sa.select(sa.literal(subject), table.c.state, sa.literal(after)).where(table.c.id == key)
        found.do(insert_unless_there(_edge).from_select(["subject", "before", "after"], move))
    number = version + 1 if isinstance(version, int) else 1
    found.do(sa.update(table).where(table.c.id == key).values({**changes, "version": number}))
    if fresh:
        found.do(
            sa.delete(_edge).where(
                _edge.c.subject == subject,
                _edge.c.after == after,
                _edge.c.before.not_in(sorted(a for a, b in legal if b == after)),
            )
        )


def _mended(
    connection: Connection,
    table: sa.Table,
    values: dict[str, Any],
    words: dict[str, Any],
    now_us: int,
    found: Removal,
) -> dict[str, Any]:
    """Return new values for columns with invalid ones; a copy of the row is then kept."""
    changes: dict[str, Any] = {}
    for column in table.c:
        name = column.name
        try:
            checked(table, [name], **words)([values[name]])
            if name == "conf":
                json_object("run", "conf", values[name])
            if table is _task:
                check_task_json(name, values[name])
            if name == "map_index" and values[name] < -1:
                raise ValueError
        except ValueError:
            if name not in ("id", "run_pk", "state"):
                value = values[name]
                changes[name] = (
                    _newest_version(connection, values["dag_id"])
                    if name == "version_id"
                    else shown(value)
                    if isinstance(value, bytes) and name in _SAID
                    else _blank(column, now_us)
                )
                if name == "map_index":  # two of them would be the same instance
                    changes[name] = 1_000_000 + values["id"]
            found.copies.append({"table": table.name, **values})
    return changes


def _newest_version(connection: Connection, dag_id: Any) -> int | None:
    """Return a version that a row can refer to: the newest of the DAG, or else of any."""
    newest = sa.func.max(_version.c.id)
    found: int | None = connection.execute(sa.select(newest).where(_version.c.dag_id == dag_id)).scalar_one()
    return connection.execute(sa.select(newest)).scalar_one() if found is None else found


def _blank(column: sa.Column[Any], now_us: int) -> Any:
    if column.nullable:
        return None
    if column.name == "conf":
        return "{}"
    if column.name == "run_type":
        return RunType.MANUAL.value
    if column.name == "max_tries":
        return 1
    if isinstance(column.type, sa.Integer):
        return now_us if column.name.endswith("_us") and column.name not in _LENGTHS else 0
    return ""


def _last(
    connection: Connection,
    dag_id: str,
    run_id: str,
    state: Any,
    task_id: str | None,
    known: frozenset[Any],
) -> str | None:
    """Return the state before, for the event: the row's, or the last one in its events if that is invalid."""
    if state in known:
        return str(state)
    query = (
        sa.select(_event.c.after)
        .where(
            _event.c.dag_id == dag_id,
            _event.c.run_id == run_id,
            _event.c.task_id.is_(None) if task_id is None else _event.c.task_id == task_id,
            _event.c.after.in_(sorted(known)),
        )
        .order_by(_event.c.seq.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()

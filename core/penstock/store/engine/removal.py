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

from penstock.errors import UnknownError
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.states import RUN_TERMINAL, TERMINAL, RunState, RunType, TaskState
from penstock.model.transitions import run_edges, task_edges
from penstock.store.checked import checked, json_object
from penstock.store.engine.columns import ROW_KEYS
from penstock.store.engine.live_rows import RUN_WORDS, TASK_WORDS, check_task_json
from penstock.store.engine.records import QuarantineRecord
from penstock.store.query import Column, Query, Write, all_of
from penstock.store.sql.columns import TABLES
from penstock.store.sql.engine import removal as sql
from penstock.store.sql.schema import DEFAULT_POOL
from penstock.store.sqlite.connection import Connection
from penstock.store.sqlite.text import shown

_SAID = frozenset({"dag_id", "run_id", "task_id", "reason", "by"})
"""Columns in which values that are not UTF-8 are kept as people saw them."""
_LENGTHS = frozenset({"stood_us", "worked_us"})
"""Columns whose microseconds are how long something took, and not a moment."""
_RUN_ENDS = frozenset(each.value for each in RUN_TERMINAL)
_TASK_ENDS = frozenset(each.value for each in TERMINAL)


@dataclass(slots=True)
class Removal:
    """What must be written, reported and stopped; ``said`` is the answer."""

    statements: list[tuple[Query | Write | str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    copies: list[dict[str, Any]] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    file: str | None = None

    def do(self, statement: Query | Write | str, values: Any) -> None:
        """Add a statement to carry out."""
        self.statements.append((statement, values))

    def write(self, connection: Connection) -> None:
        """Carry them out."""
        for statement, values in self.statements:
            if isinstance(statement, Write):
                connection.write(statement, [values])
            else:
                connection.execute(statement, values)


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
    row, *_ = _find(connection, "run", {"dag_id": dag_id, "run_id": run_id})
    if row is None:
        found.said.append(f"run {run_id} of {dag_id} is no longer stored, so only its mark is removed")
        return found
    _drop_run(connection, row, now_us, reason, found)
    return found


def drop_dag(connection: Connection, dag_id: str, now_us: int, reason: str) -> Removal:
    """Return what ends the unfinished runs and the backfill of a DAG, and forgets the DAG itself."""
    found = Removal()
    row, where, values = _find(connection, "dag", {"dag_id": dag_id})
    same = {"dag_id": dag_id}
    runs = connection.execute(sql.UNFINISHED_OF_DAG, same).mappings()
    for run in runs:
        _drop_run(connection, run, now_us, reason, found)
    found.said = [f"{len(runs)} unfinished run(s) of {dag_id} ended as failed"] if runs else []
    for key in connection.execute(sql.OPEN_BACKFILLS, same).scalars():
        found.do(sql.CANCEL_POINTS, {"key": key, "why": reason})
        found.do(sql.CANCEL_BACKFILL, {"key": key, "now_us": now_us})
        found.said.append(f"backfill {key} is cancelled")
    if row is not None:
        found.copies.append({"table": "dag", **row})
        found.file = row["file"] if isinstance(row["file"], str) else None
    found.do(sql.DROP_PAUSES_OF_DAG, {"key": dag_id})
    found.do(sql.DROP_QUEUE_OF_DAG, {"key": dag_id})
    found.do(sql.DELETE["dag"].where(where), values)
    found.said.append(f"DAG {dag_id} is deleted with its pauses; its runs and events stay")
    return found


def drop_row(connection: Connection, row_id: str) -> Removal:
    """Return what removes one row (``table:key``). Raises `UnknownError` if it does not exist."""
    name, _, key = row_id.partition(":")
    found = Removal()
    if name not in ROW_KEYS:
        raise UnknownError(f"rows called {row_id!r} do not exist")
    names = ROW_KEYS[name]
    parts: Sequence[str] = key.split("/", len(names) - 1)
    row, where, values = _find(
        connection, name, dict(zip(names, [*parts, *[""] * (len(names) - len(parts))], strict=True))
    )
    if row is None:
        found.said.append(f"{row_id} is no longer stored, so only its mark is removed")
        return found
    found.copies.append({"table": name, **row})
    if name == "backfill":
        of_it = {"key": row["id"]}
        points = connection.execute(sql.POINTS, of_it).mappings()
        found.copies += [{"table": "backfill_slot", **point} for point in points]
        found.do(sql.FREE_RUNS, of_it)
    found.do(sql.DELETE[name].where(where), values)
    found.said.append(f"row {row_id} is removed; the event trail keeps a copy")
    if row_id == "pool:default_pool":
        found.do(DEFAULT_POOL, ("default_pool", 128, "Tasks without a pool", False))
        found.said.append("default_pool is made again with 128 slots")
    return found


def settle_points(connection: Connection, backfill_id: str) -> None:
    """Take over into a backfill's points how their runs ended while they were not in the working set."""
    connection.execute(sql.SETTLE_POINTS, {"key": backfill_id})


def _find(
    connection: Connection, table: str, key: Mapping[str, str]
) -> tuple[Mapping[str, Any] | None, str, Mapping[str, Any]]:
    """Return the row with that name, and the condition that finds it with its values; None without one.

    A name that is not UTF-8 is given as `shown` makes it, which no condition finds: then all rows are read.
    """
    same = sql.SAME if table in ("run", "dag") else sql.SAME_TEXT  # those two by their index
    where, values = all_of(same[table].values()), dict(key)
    row = _one(connection, table, where, values)
    if row is None:
        for number, *stored in connection.execute(sql.NUMBERS[table]).all():
            if [*filter(None, map(shown, stored))] == [*filter(None, key.values())]:
                where, values = sql.BY_NUMBER, {"number": number}
                row = _one(connection, table, where, values)
                break
    return row, where, values


def _one(
    connection: Connection, table: str, where: str, values: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    return next(iter(connection.execute(sql.ROWS[table].where(where), values).mappings()), None)


def _set(table: str, key: int, changes: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what changes some columns of one row."""
    columns = ", ".join(f'"{name}" = :{name}' for name in changes)
    text = f"UPDATE {table} SET {columns} WHERE id = :row_key"  # noqa: S608 - names of our own columns
    return text, {**changes, "row_key": key}


def _drop_run(
    connection: Connection, run: Mapping[str, Any], now_us: int, reason: str, found: Removal
) -> None:
    ended = _drop_tasks(connection, run, now_us, reason, found)
    dag_id, run_id = shown(run["dag_id"]), shown(run["run_id"])
    changes = _mended(connection, "run", dict(run), RUN_WORDS, now_us, found)
    if run["state"] in _RUN_ENDS:
        found.said.append(f"run {run_id} had ended; {ended} task(s) of it ended as cancelled")
        if changes:
            found.do(*_set("run", run["id"], changes))
    else:
        before = _last(connection, dag_id, run_id, run["state"], None, frozenset(RunState))
        changes |= {"state": RunState.FAILED, "end_us": now_us, "reason": reason, "intent": None}
        if changes.get("start_us", run["start_us"]) is None:
            changes["start_us"] = now_us
        _move(found, "run", run["id"], run["state"], changes, run["version"])
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
    found.do(sql.FAIL_POINT, {"key": run["backfill_id"], "its_run": run_id, "why": reason})
    found.do(sql.DROP_PAUSES_OF_RUN, {"dag_id": dag_id, "run_id": run_id})


def _drop_tasks(
    connection: Connection, run: Mapping[str, Any], now_us: int, reason: str, found: Removal
) -> int:
    """Cancel the unfinished tasks of a run, mark its live attempts lost; return how many tasks."""
    dag_id, run_id = shown(run["dag_id"]), shown(run["run_id"])
    of_it = {"key": run["id"]}
    tasks = connection.execute(sql.TASKS, of_it).mappings()
    ended = 0
    for task in tasks:
        values = dict(task)
        state = values["state"]
        changes = _mended(connection, "task_instance", values, TASK_WORDS, now_us, found)
        if state not in _TASK_ENDS:
            before = _last(connection, dag_id, run_id, state, task["task_id"], frozenset(TaskState))
            changes |= {"state": "cancelled", "end_us": now_us, "reason": reason, "intent": None}
            _move(found, "task_instance", values["id"], state, changes, values["version"])
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
            found.do(*_set("task_instance", values["id"], changes))
    lost = msgspec.json.encode(Outcome(kind=OutcomeKind.LOST, reason=reason)).decode()
    found.live += [str(each) for each in connection.execute(sql.LIVE, of_it).scalars()]
    found.do(sql.LOSE, {**of_it, "now_us": now_us, "lost": lost})
    return ended


def _move(found: Removal, table: str, key: int, before: Any, changes: dict[str, Any], version: Any) -> None:
    """Move a row whatever its state is now; the guard allows the move only while it is made."""
    legal = {(a.value, b.value) for a, b in (run_edges() if table == "run" else task_edges())}
    after = changes["state"]
    fresh = (before, after) not in legal
    if fresh:
        found.do(sql.LEARN_MOVE[table], {"key": key, "to": after})
    number = version + 1 if isinstance(version, int) else 1
    found.do(*_set(table, key, {**changes, "version": number}))
    if fresh:
        known = sorted(a for a, b in legal if b == after)
        found.do(sql.FORGET_MOVES, {"of": table, "to": after, "legal": known})


def _mended(
    connection: Connection,
    table: str,
    values: dict[str, Any],
    words: dict[str, Any],
    now_us: int,
    found: Removal,
) -> dict[str, Any]:
    """Return new values for columns with invalid ones; a copy of the row is then kept."""
    changes: dict[str, Any] = {}
    for name, column in TABLES[table].columns.items():
        try:
            checked(TABLES[table], [name], **words)([values[name]])
            if name == "conf":
                json_object("run", "conf", values[name])
            if table == "task_instance":
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
            found.copies.append({"table": table, **values})
    return changes


def _newest_version(connection: Connection, dag_id: Any) -> int | None:
    """Return a version that a row can refer to: the newest of the DAG, or else of any."""
    found: int | None = connection.scalar(sql.NEWEST_VERSION_OF, {"dag_id": dag_id})
    return connection.scalar(sql.NEWEST_VERSION) if found is None else found


def _blank(column: Column, now_us: int) -> Any:
    if column.optional:
        return None
    if column.name == "conf":
        return "{}"
    if column.name == "run_type":
        return RunType.MANUAL.value
    if column.name == "max_tries":
        return 1
    if column.kind is int:
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
    place = {"dag_id": dag_id, "run_id": run_id, "task_id": task_id, "known": sorted(known)}
    found: str | None = connection.scalar(sql.LAST_STATE, place)
    return found

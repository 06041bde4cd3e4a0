"""What removing a row from quarantine writes, reports and stops: of rows that can be read,
and of damaged ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from data.rows.shown import lines, word
from data.rows.store import FAN, HOURLY, TODAY, Store
from data.rows.when import NOW
from penstock.clock import to_us
from penstock.model.subject import SubjectKind
from penstock.store.engine.records import QuarantineRecord
from penstock.store.engine.removal import removal_of, settle_points
from penstock.store.sqlite.connection import Connection

_OF = (
    "WHERE id = (SELECT min(t.id) FROM task_instance t JOIN run r ON r.id = t.run_pk"
    " WHERE r.run_id = 'again')"
)
EVENT = (
    "INSERT INTO event (at_us, actor, kind, dag_id, run_id, task_id, map_index, after)"
    " VALUES (1, 'engine', 'x', 'etl', 'again', {}, -1, '{}')"
)

RUNS: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "one that runs": (("etl", TODAY), ()),
    "one that is queued": (("etl", "ahead"), ()),
    "one with an event": (("etl", "again"), ()),
    "a mapped one": (("fan", FAN), ()),
    "one of a backfill": (
        ("hourly", "back 12"),
        ("UPDATE backfill_slot SET run_id = 'back 12'",),
    ),
    "one with a stop": (("hourly", HOURLY), ()),
    "one that has ended": (("etl", "by hand"), ()),
    "one that is not stored": (("etl", "nope"), ()),
    "one without a DAG": (("dropped", "nope"), ()),
}
_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_RUN = "UPDATE run SET {} WHERE run_id = 'again'"
_TASK = f"UPDATE task_instance SET {{}} {_OF}"
_ENDED = "UPDATE run SET {} WHERE run_id = 'by hand'"
for _what in (
    "conf = 'no'", "conf = '[1]'", "run_type = 'odd'", "version_id = 'x'", "version = 'x'", "queued_us = 'x'",
    "run_after_us = 1e300", "logical_us = 'x'", "start_us = 'x'", "start_us = NULL", "stood_us = 'x'",
    "worked_us = 'x'",
    "intent = 'odd'", "rush = 'soon'", "reason = x'ff41'", "\"by\" = x'ff42'", "rerun_of = x'ff43'",
    "backfill_id = 'x'",
    "turn_us = 'x'",
):  # fmt: skip
    RUNS[f"run: {_what}"] = (("etl", "again"), (_RUN.format(_what),))
for _what in (
    "try_number = 'x'", "max_tries = 'x'", "map_index = 'x'", "map_index = -2", "position = 'x'",
    "outcome = 'exit'",
    "skips = '[1'", "intent = 'odd'", "rush = 'soon'", "next_us = 1e300", "pokes = 'x'", "attempts = 'x'",
    "reason = x'ff41'", "version = 'x'", "cpu_seconds = 'x'", "mapped_length = 'x'", "attempt_id = x'ff'",
):  # fmt: skip
    RUNS[f"task: {_what}"] = (("etl", "again"), (_TASK.format(_what),))
for _what in ("conf = 'no'", "run_after_us = 'x'"):
    RUNS[f"ended run: {_what}"] = (("etl", "by hand"), (_ENDED.format(_what),))
RUNS["ended run, damaged task"] = (
    ("etl", "by hand"),
    (
        (
            "UPDATE task_instance SET max_tries = 'x' WHERE run_pk ="
            " (SELECT id FROM run WHERE run_id = 'by hand')"
        ),
    ),
)
RUNS["run: an unknown state"] = (
    ("etl", "again"),
    (EVENT.format("NULL", "running"), _RUN.format("state = 'odd'")),
)
RUNS["run: an unknown state, nothing in the trail"] = (("etl", "again"), (_RUN.format("state = 'odd'"),))
RUNS["task: an unknown state"] = (
    ("etl", "again"),
    (EVENT.format("'extract'", "queued"), EVENT.format("'extract'", "nonsense"), EVENT.format("'load'",
    "success"),
     _TASK.format("state = 'odd'")),
)  # fmt: skip

ROWS = (
    "pool:default_pool", "pool:warehouse", "pool:nope", "pause:schedule/hourly//", "pause:schedule/hourly",
    "pause:task/etl/again/report", "pause:task/fan/x/y", "stored_value:variable/b",
    "stored_value:variable/no/name",
    "backfill:2", "backfill:9", "callback:3", "asset_event:2", "quarantine:broken", "run:1", "nonsense",
)  # fmt: skip
DAGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "with unfinished runs": ("etl", ()),
    "with a backfill": ("hourly", ()),
    "with a queue": ("buyer", ()),
    "with a damaged file": ("fan", ("UPDATE dag SET file = x'ff' WHERE dag_id = 'fan'",)),
    "without unfinished runs": ("gone", ()),
    "not stored": ("nope", ()),
    "of which only runs are stored": ("dropped", ()),
    "with a live attempt in a run that has ended": (
        "gone",
        (
            (
                "UPDATE attempt SET end_us = NULL WHERE ti_id IN"
                " (SELECT id FROM task_instance WHERE task_id = 'last')"
            ),
        ),
    ),
    "with a name that is not UTF-8": ("\\xffodd",
    ("UPDATE dag SET dag_id = x'ff6f6464' WHERE dag_id = 'idle'",)),
}  # fmt: skip


def removals(store: Store) -> Iterator[list[str]]:
    """Every removal, in a transaction that is taken back."""
    usual: dict[str, list[str]] = {}
    for name, ((dag_id, run_id), damage) in RUNS.items():
        record = QuarantineRecord(f"{dag_id}/{run_id}", SubjectKind.RUN, dag_id, run_id, "bad", "", 0)
        found = _removed(store, f"run, {name}", record, damage)
        usual[record.id] = usual.get(record.id, found)
        yield found if found is usual[record.id] else _differing(found, usual[record.id])
    for name, (dag_id, damage) in DAGS.items():
        record = QuarantineRecord(dag_id, SubjectKind.DAG, dag_id, None, "bad", "", 0)
        yield _removed(store, f"DAG {name}", record, damage)
    for row_id in ROWS:
        record = QuarantineRecord(row_id, SubjectKind.ROW, None, None, "bad", "", 0)
        yield _removed(store, f"row {row_id}", record, ())
    order = QuarantineRecord("order 1", SubjectKind.ORDER, None, None, "bad", "", 0)
    yield _removed(store, "an order", order, ())
    ended = "UPDATE backfill_slot SET run_id = 'back 11' WHERE state = 'running'"
    for backfill in ("2", "6"):
        with store.database.write() as connection:
            connection.execute(sa.text(ended))
            before = _tables(connection)
            settle_points(connection, backfill)
            yield lines(f"points of backfill {backfill}", _changes(before, _tables(connection)))
            connection.rollback()


def _removed(store: Store, title: str, record: QuarantineRecord, damage: tuple[str, ...]) -> list[str]:
    with store.database.write() as connection:
        connection.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
        guards = connection.execute(sa.text(_GUARDS)).all() if damage else []
        for guard in guards:
            connection.execute(sa.text(f'DROP TRIGGER "{guard.name}"'))
        for statement in (*damage, *(guard.sql for guard in guards)):
            connection.execute(statement)
        before = _tables(connection)
        try:
            found = removal_of(connection, record, to_us(NOW), "it is bad")
            found.write(connection)
        except Exception as error:
            connection.rollback()
            return lines(title, error)
        told: list[str] = [
            *(f"said: {each}" for each in found.said),
            *(f"event: {word(each)}" for each in found.events),
            *(f"copy: {word(_said(each))}" for each in found.copies),
            *(f"live: {each}" for each in found.live),
            f"file: {found.file}",
            *_changes(before, _tables(connection)),
        ]
        connection.rollback()
    return lines(title, told)


def _said(copy: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in copy.items() if value is not None}


def _differing(found: list[str], usual: list[str]) -> list[str]:
    """Return an answer without what is the same when nothing is damaged, and with what is missing."""
    less = [f"- {line.strip()}" for line in usual[1:] if line not in found]
    return [found[0], *(line for line in found[1:] if line not in usual), *less]


def _tables(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return every row of every table that a removal may change."""
    names = (
        "run", "task_instance", "attempt", "dag", "pause", "pool", "stored_value", "backfill",
        "backfill_slot",
        "callback", "asset_event", "asset_queue", "quarantine", "edge",
    )  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        query = sa.text(f"SELECT rowid AS place, * FROM {name}")
        found[name] = {_place(row): dict(row) for row in connection.execute(query).mappings()}
    return found


def _place(row: Mapping[Any, Any]) -> str:
    """Return the number of a row, or its values where rows have no numbers."""
    number = row["place"]
    return f"{number:4}" if isinstance(number, int) else " ".join(map(word, [*row.values()][1:4]))


def _changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    found = []
    for table, rows in before.items():
        now = after[table]
        for key in sorted(rows.keys() | now.keys()):
            old, new = rows.get(key), now.get(key)
            if old is None or new is None:
                found.append(f"{table} {key.strip()} {'removed' if new is None else f'made: {word(new)}'}")
            elif old != new:
                moved = (f"{name}={word(value)}" for name, value in new.items() if value != old[name])
                found.append(f"{table} {key.strip()}: {', '.join(moved)}")
    return found

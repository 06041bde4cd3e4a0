"""What the gate does with records: each kind is added, put and dropped, and reads as it was handed over."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data.builders import NOON, add_attempt, add_dag, add_run, dag, insert, task, task_key
from penstock.clock import to_us
from penstock.model.backfills import BackfillPointState, BackfillState, Canary, Reprocess
from penstock.model.callbacks import CallbackState
from penstock.model.pauses import PauseKind
from penstock.model.points import PointState
from penstock.model.states import RunState, RunType
from penstock.model.subject import SubjectKind
from penstock.store import tables
from penstock.store.database import Database
from penstock.store.engine import failure_records, records
from penstock.store.engine.gate import Gate
from penstock.store.engine.record_kinds import KINDS, Kind, Record

NOW = to_us(NOON)
NUMBERED = {"LedgerRecord", "FailureRecord"}
BY_ID = {kind.record.__name__: kind for kind in KINDS.values()}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with a run, an attempt, a backfill and an asset event: what records may refer to."""
    opened = Database.open(tmp_path / "penstock.db")
    spec = dag("d", task("a"))
    run_id = add_run(opened, spec, add_dag(opened, spec))
    add_attempt(opened, task_key(opened, "d", run_id, "a"), "0190000000000000000000aaaa")
    add_dag(opened, dag("other", task("a")))
    insert(
        opened, tables.BackfillRow, id=7, dag_id="d", from_us=0, to_us=1, reprocess="none",
        max_active_runs=1, backwards=False, state="running", by="t", created_us=0,
    )  # fmt: skip
    insert(opened, tables.AssetEventRow, id=5, at_us=0, name="n", uri="u", extra="{}", by="t")
    yield opened
    opened.close()


def _records(database: Database) -> dict[str, Record]:
    """Return one record of each kind, every field with a value of its own."""
    with database.read() as connection:
        run_id, run_pk = connection.execute(sa.text("SELECT run_id, id FROM run")).one()
        attempt_id = connection.execute(sa.text("SELECT attempt_id FROM attempt")).scalar()
    ti_id = task_key(database, "d", run_id, "a")
    made: tuple[Record, ...] = (
        records.ActRecord("act", NOW, '{"act": "x"}'),
        records.AssetEventRecord(9, NOW, "asset", "uri", {"k": [1]}, ("one", "two"), {"dag_id": "d"}, "anna"),
        records.BackfillRecord(
            8,
            "e",
            1,
            2,
            Reprocess.FAILED,
            3,
            backwards=True,
            conf="{}",
            state=BackfillState.RUNNING,
            by="anna",
            created_us=NOW,
            canary=Canary.WAITING,
            stop_after=4,
        ),
        records.CallbackRecord(
            3, run_pk, "a", 2, "task_failure", "{}", NOW, CallbackState.WAITING, 1, attempt_id, None, "r"
        ),
        records.DagRecord("new", "new.py", 1, False, NOW, 1, 2, 3),  # noqa: FBT003
        failure_records.FailureNoteRecord("f1", "snoozed", "anna", NOW, "why", 3, NOW + 1),
        failure_records.FailureRecord(0, ti_id, attempt_id, 2, NOW, "f1", "exit 1"),
        failure_records.LookRecord("anna", "failures", 4, NOW),
        records.ImportErrorRecord("bad.py", "no", 4, "trace", NOW),
        records.LedgerRecord(0, "d", 1, 2, 2, PointState.SKIPPED, "paused", None, False, '{"kind": "cron"}'),  # noqa: FBT003
        records.MetaRecord("key", "value"),
        records.PauseRecord(PauseKind.TASK, "d", run_id, "a", "anna", NOW, "why", NOW + 1, True),  # noqa: FBT003
        records.PoolRecord("wide", 12, "words", True),  # noqa: FBT003
        records.QuarantineRecord("d/x", SubjectKind.RUN, "d", "x", "why", "place", NOW, NOW + 1, "v", "{}"),
        records.QuestionRecord(attempt_id, NOW, '{"subject": "s", "options": ["a"]}', '{"chosen": ["a"]}'),
        records.QueuedAssetRecord("d", 5),
        records.RunAssetRecord(run_pk, 5),
        records.SampleRecord(attempt_id, NOW, 1.5, 2, 3, 4, 5),
        records.BackfillPointRecord(2, 7, 0, 1, 2, 3, 4, BackfillPointState.WAITING, None, "r"),
        records.UndoRecord(6, NOW, "anna", "clear", "Clear a", "d", run_id, '{"runs": []}'),
        records.ValueRecord("variable", "name", '"value"', "words", NOW, "anna"),
        records.VersionRecord(3, "d", "hash", "source", "d.py", "{}", NOW),
        records.XComRecord(ti_id, "key", "1", attempt_id),
    )
    return {type(record).__name__: record for record in made}


def _rows(database: Database, kind: Kind) -> list[dict[str, Any]]:
    with database.read() as connection:
        return connection.execute(f"SELECT * FROM {kind.table}").mappings()


def _commit(database: Database, *writes: tuple[str, Record]) -> None:
    gate = Gate(database)
    gate.now_us = NOW
    for verb, record in writes:
        getattr(gate, verb)(record)
    gate.commit()


def test_every_record_that_may_be_handed_over_has_one_kind(database: Database) -> None:
    assert set(KINDS) == set(typing.get_args(Record))
    assert len({kind.table for kind in KINDS.values()}) == len(KINDS)
    assert set(_records(database)) == set(BY_ID)
    for record in _records(database).values():
        assert dataclasses.is_dataclass(record)


@pytest.mark.parametrize("name", sorted(BY_ID))
def test_a_record_is_added_as_it_is_and_dropped_alone(database: Database, name: str) -> None:
    kind, record = BY_ID[name], _records(database)[name]
    before = _rows(database, kind)
    _commit(database, ("add", record))
    (row,) = (row for row in _rows(database, kind) if row not in before)
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if name == "AssetEventRecord" and field.name in ("extra", "aliases", "source"):
            assert json.loads(row[field.name]) == (list(value) if isinstance(value, tuple) else value)
        elif name in NUMBERED and field.name == "id":
            assert row["id"] == 1  # the database numbers it
            record = dataclasses.replace(typing.cast("records.LedgerRecord", record), id=1)
        else:
            assert row[field.name] == value, field.name
    if name == "LedgerRecord":
        assert row["at_us"] == NOW
    _commit(database, ("drop", record))
    assert _rows(database, kind) == before
    _commit(database, ("drop", record))  # what is gone is no trouble
    assert _rows(database, kind) == before


@pytest.mark.parametrize("name", sorted(name for name, kind in BY_ID.items() if kind.changes))
def test_what_changes_in_place_changes_in_those_columns_alone(database: Database, name: str) -> None:
    kind, record = BY_ID[name], _records(database)[name]
    _commit(database, ("add", record))
    (before,) = (row for row in _rows(database, kind) if _is(row, record, kind))
    others = [row for row in _rows(database, kind) if not _is(row, record, kind)]
    changed = _changed(record, kind.changes)
    _commit(database, ("put", changed))
    (after,) = (row for row in _rows(database, kind) if _is(row, record, kind))
    assert {column for column in after if after[column] != before[column]} == set(kind.changes)
    assert {column: after[column] for column in kind.changes} == {
        column: getattr(changed, column) for column in kind.changes
    }
    assert [row for row in _rows(database, kind) if not _is(row, record, kind)] == others
    _commit(database, ("drop", record), ("put", changed))
    assert not any(_is(row, record, kind) for row in _rows(database, kind))  # nothing comes back to life


@pytest.mark.parametrize("name", sorted(name for name, kind in BY_ID.items() if not kind.changes))
def test_what_does_not_change_in_place_gives_way_to_the_new_row(database: Database, name: str) -> None:
    kind, record = BY_ID[name], _records(database)[name]
    before = _rows(database, kind)
    _commit(database, ("put", record))  # there was none
    fresh = [row for row in _rows(database, kind) if row not in before]
    assert len(fresh) == 1
    if name in NUMBERED:
        return  # its number is the database's
    _commit(database, ("put", record), ("put", record))
    assert [row for row in _rows(database, kind) if row not in before] == fresh


def test_what_a_run_refers_to_is_written_before_it(database: Database) -> None:
    """Whatever the order of the calls: a new DAG's first run is made in the tick that first saw it."""
    gate = Gate(database)
    gate.now_us = NOW
    run = records.RunRecord(
        0, "new", "r", RunType.BACKFILL, RunState.QUEUED, 0, 3, None, None, None, NOW, NOW, backfill_id=8
    )
    gate.create_run(run, [])
    made = _records(database)
    for name in ("VersionRecord", "DagRecord", "BackfillRecord"):
        gate.add(made[name])
    gate.commit()
    with database.read() as connection:
        assert connection.execute("PRAGMA foreign_key_check").all() == []
        assert connection.execute(sa.text("SELECT count(*) FROM run WHERE version_id = 3")).scalar() == 1


def test_a_record_is_written_as_it_was_when_it_was_handed_over(database: Database) -> None:
    slot = _records(database)["BackfillPointRecord"]
    assert isinstance(slot, records.BackfillPointRecord)
    gate = Gate(database)
    gate.add(slot)
    slot.state = BackfillPointState.RUNNING  # without a word to the gate
    gate.commit()
    assert [row["state"] for row in _rows(database, KINDS[records.BackfillPointRecord])] == ["waiting"]


def test_writes_are_carried_out_in_the_order_of_the_calls(database: Database) -> None:
    pool = records.PoolRecord("wide", 1)
    _commit(database, ("add", pool), ("drop", pool), ("put", dataclasses.replace(pool, slots=2)))
    rows = _rows(database, KINDS[records.PoolRecord])
    assert {row["name"]: row["slots"] for row in rows} == {"default_pool": 128, "wide": 2}


def test_a_commit_that_fails_writes_nothing_and_leaves_nothing_behind(database: Database) -> None:
    gate = Gate(database)
    made = _records(database)
    gate.add(made["MetaRecord"])
    gate.add(dataclasses.replace(typing.cast("records.XComRecord", made["XComRecord"]), ti_id=999))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        gate.commit()
    assert gate.empty
    assert "key" not in {row["key"] for row in _rows(database, KINDS[records.MetaRecord])}


def _is(row: dict[str, Any], record: Record, kind: Kind) -> bool:
    return all(row[name] == getattr(record, name) for name in kind.key)


def _changed(record: Record, names: tuple[str, ...]) -> Record:
    """Return the record with another value in each of *names*."""
    values: dict[str, Any] = {}
    for name in names:
        value = getattr(record, name)
        if isinstance(value, bool):
            values[name] = not value
        elif name == "version_id":
            values[name] = 2  # there is one
        elif isinstance(value, int) or name.endswith("_us"):
            values[name] = (value or 0) + 100
        else:
            values[name] = f"other {name}"
    return dataclasses.replace(record, **values)

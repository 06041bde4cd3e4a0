"""How each kind of record is written: its table, its key, and the columns that change in place.

The gate writes by this table (`Gate.add`, `Gate.put`, `Gate.drop`); no caller names a statement.
The gate writes runs, task instances, attempts and events itself: see `batch`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from penstock.store import tables
from penstock.store.engine import failure_records, records
from penstock.store.statement import Statement, table_of
from penstock.store.tables import FailureNoteRow, FailureRow, LookRow, QuarantineRow

Record = (
    records.ActRecord
    | records.AssetEventRecord
    | records.BackfillRecord
    | records.CallbackRecord
    | records.DagRecord
    | failure_records.FailureNoteRecord
    | failure_records.FailureRecord
    | records.ImportErrorRecord
    | records.LedgerRecord
    | failure_records.LookRecord
    | records.MetaRecord
    | records.PauseRecord
    | records.PoolRecord
    | records.QuarantineRecord
    | records.QuestionRecord
    | records.QueuedAssetRecord
    | records.RunAssetRecord
    | records.SampleRecord
    | records.BackfillPointRecord
    | records.UndoRecord
    | records.ValueRecord
    | records.VersionRecord
    | records.XComRecord
)
"""Every kind of record in the table below."""


class Kind:
    """How records of one kind are written.

    *key* are the columns that identify a row. *changes* are the columns that `Gate.put` updates; without
    any, the whole row is replaced. Rows that runs refer to are written *before_runs*, all others after the
    moves. *as_json* are fields stored as JSON; *numbered* rows get their ``id`` from the database;
    *stamped* is the column with the time of writing.
    """

    def __init__(
        self,
        record: type[Record],
        row: type[SQLModel],
        key: Sequence[str],
        *,
        changes: Sequence[str] = (),
        before_runs: bool = False,
        as_json: Sequence[str] = (),
        numbered: bool = False,
        stamped: str | None = None,
    ) -> None:
        self.record = record
        self.table = table_of(row)
        self.before_runs = before_runs
        self.changes = tuple(changes)
        self._key = tuple(key)
        self._names = tuple(name for name in record.__slots__ if not (numbered and name == "id"))
        self._values = attrgetter(*self._names)
        self._as_json = tuple(as_json)
        self._stamped = stamped
        here = [self.table.c[name] == sa.bindparam(f"b_{name}") for name in key]
        self.insert = Statement(sa.insert(self.table))
        self.delete = Statement(sa.delete(self.table).where(*here))
        changed: dict[str, Any] = {name: sa.bindparam(name) for name in changes}
        self.update = Statement(sa.update(self.table).where(*here).values(changed)) if changes else None

    def row(self, record: Record, now_us: int) -> dict[str, Any]:
        """Return the whole row of a record as it is now."""
        row = dict(zip(self._names, self._values(record), strict=True))
        for name in self._as_json:
            row[name] = json.dumps(row[name])
        if self._stamped is not None:
            row[self._stamped] = now_us
        return row

    def key(self, record: Record) -> dict[str, Any]:
        """Return the key of the record's row, as parameters of the statements."""
        return {f"b_{name}": getattr(record, name) for name in self._key}

    def changed(self, record: Record) -> dict[str, Any]:
        """Return the columns that an update writes, and the key."""
        return self.key(record) | {name: getattr(record, name) for name in self.changes}


_ALL = (
    Kind(
        records.DagRecord, tables.DagRow, ["dag_id"], before_runs=True,
        changes=[
            "file", "version_id", "missing", "first_seen_us", "cursor_us", "cursor_start_us", "cursor_end_us",
        ],
    ),
    Kind(records.VersionRecord, tables.DagVersionRow, ["id"], before_runs=True, changes=["spec"]),
    Kind(
        records.BackfillRecord, tables.BackfillRow, ["id"], before_runs=True,
        changes=["state", "max_active_runs", "end_us", "canary"],
    ),
    Kind(records.BackfillPointRecord, tables.BackfillPointRow, ["id"], changes=["state", "run_id", "reason"]),
    Kind(
        records.CallbackRecord, tables.CallbackRow, ["id"],
        changes=["state", "tries", "attempt_id", "end_us", "reason"],
    ),
    Kind(records.QuestionRecord, tables.QuestionRow, ["attempt_id"], changes=["reply"]),
    Kind(records.UndoRecord, tables.UndoRow, ["id"], changes=["before"]),
    Kind(records.LedgerRecord, tables.LedgerRow, ["id"], numbered=True, stamped="at_us"),
    Kind(records.PauseRecord, tables.PauseRow, ["kind", "dag_id", "run_id", "task_id"]),
    Kind(records.PoolRecord, tables.PoolRow, ["name"]),
    Kind(records.QuarantineRecord, QuarantineRow, ["id"]),
    Kind(records.ValueRecord, tables.StoredValueRow, ["kind", "name"]),
    Kind(records.ImportErrorRecord, tables.ImportErrorRow, ["file"]),
    Kind(records.MetaRecord, tables.MetaRow, ["key"]),
    Kind(records.XComRecord, tables.XComRow, ["ti_id", "key"]),
    Kind(records.AssetEventRecord, tables.AssetEventRow, ["id"], as_json=["extra", "aliases", "source"]),
    Kind(records.QueuedAssetRecord, tables.AssetQueueRow, ["dag_id", "event_id"]),
    Kind(records.RunAssetRecord, tables.RunAssetEventRow, ["run_pk", "event_id"]),
    Kind(records.ActRecord, tables.ActRow, ["act_id"]),
    Kind(failure_records.FailureRecord, FailureRow, ["id"], numbered=True),
    Kind(failure_records.FailureNoteRecord, FailureNoteRow, ["fingerprint", "kind"]),
    Kind(failure_records.LookRecord, LookRow, ["person", "place"]),
    Kind(records.SampleRecord, tables.SampleRow, ["attempt_id", "at_us"]),
)  # fmt: skip
KINDS: dict[type[Record], Kind] = {kind.record: kind for kind in _ALL}
"""How each kind is written."""

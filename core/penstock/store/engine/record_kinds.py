"""How each kind of record is written: its table, its key, and the columns that change in place.

The gate writes by this table (`Gate.add`, `Gate.put`, `Gate.drop`) with the statements of
`penstock.store.statements.engine.record_kinds`; no caller names one.
The gate writes runs, task instances, attempts and events itself: see `batch`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from penstock.store.engine import failure_records, records

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
        table: str,
        key: Sequence[str],
        *,
        changes: Sequence[str] = (),
        before_runs: bool = False,
        as_json: Sequence[str] = (),
        numbered: bool = False,
        stamped: str | None = None,
    ) -> None:
        self.record = record
        self.table = table
        self.before_runs = before_runs
        self.key = tuple(key)
        self.changes = tuple(changes)
        self.columns = tuple(name for name in record.__slots__ if not (numbered and name == "id"))
        """The columns of a new row."""
        if stamped is not None:
            self.columns += (stamped,)
        self._as_json = frozenset(as_json)
        self._stamped = stamped
        self._known: dict[tuple[str, ...], Callable[[Record, int], tuple[Any, ...]]] = {}

    def row(self, record: Record, names: tuple[str, ...], now_us: int) -> tuple[Any, ...]:
        """Return the values of a record as it is now for a statement's parameters, a key's with ``b_``."""
        make = self._known.get(names)
        if make is None:
            make = self._known[names] = self._maker(tuple(name.removeprefix("b_") for name in names))
        return make(record, now_us)

    def _maker(self, names: tuple[str, ...]) -> Callable[[Record, int], tuple[Any, ...]]:
        if self._as_json or self._stamped:
            return lambda record, now_us: tuple(self._value(record, name, now_us) for name in names)
        values = attrgetter(*names)
        if len(names) == 1:
            return lambda record, _: (values(record),)
        return lambda record, _: tuple(values(record))

    def _value(self, record: Record, name: str, now_us: int) -> Any:
        if name == self._stamped:
            return now_us
        value = getattr(record, name)
        return json.dumps(value) if name in self._as_json else value


_ALL = (
    Kind(
        records.DagRecord, "dag", ["dag_id"], before_runs=True,
        changes=[
            "file", "version_id", "missing", "first_seen_us", "cursor_us", "cursor_start_us", "cursor_end_us",
        ],
    ),
    Kind(records.VersionRecord, "dag_version", ["id"], before_runs=True, changes=["spec"]),
    Kind(
        records.BackfillRecord, "backfill", ["id"], before_runs=True,
        changes=["state", "max_active_runs", "end_us", "canary"],
    ),
    Kind(records.BackfillPointRecord, "backfill_slot", ["id"], changes=["state", "run_id", "reason"]),
    Kind(
        records.CallbackRecord, "callback", ["id"],
        changes=["state", "tries", "attempt_id", "end_us", "reason"],
    ),
    Kind(records.QuestionRecord, "question", ["attempt_id"], changes=["reply"]),
    Kind(records.UndoRecord, "undo", ["id"], changes=["before"]),
    Kind(records.LedgerRecord, "ledger", ["id"], numbered=True, stamped="at_us"),
    Kind(records.PauseRecord, "pause", ["kind", "dag_id", "run_id", "task_id"]),
    Kind(records.PoolRecord, "pool", ["name"]),
    Kind(records.QuarantineRecord, "quarantine", ["id"]),
    Kind(records.ValueRecord, "stored_value", ["kind", "name"]),
    Kind(records.ImportErrorRecord, "import_error", ["file"]),
    Kind(records.MetaRecord, "meta", ["key"]),
    Kind(records.XComRecord, "xcom", ["ti_id", "key"]),
    Kind(records.AssetEventRecord, "asset_event", ["id"], as_json=["extra", "aliases", "source"]),
    Kind(records.QueuedAssetRecord, "asset_queue", ["dag_id", "event_id", "partition_key"]),
    Kind(records.RunAssetRecord, "run_asset_event", ["run_pk", "event_id"]),
    Kind(records.ActRecord, "act", ["act_id"]),
    Kind(failure_records.FailureRecord, "failure", ["id"], numbered=True),
    Kind(failure_records.FailureNoteRecord, "failure_note", ["fingerprint", "kind"]),
    Kind(failure_records.LookRecord, "look", ["person", "place"]),
    Kind(records.SampleRecord, "sample", ["attempt_id", "at_us"]),
)  # fmt: skip
KINDS: dict[type[Record], Kind] = {kind.record: kind for kind in _ALL}
"""How each kind is written."""

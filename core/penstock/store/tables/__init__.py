"""The tables. Times are whole microseconds since 1970 UTC, JSON is text.

SQLModel declares them; statements elsewhere are Core over ``<Table>.__table__``, because the ORM costs
ten times a statement where it runs for every task.
"""

from __future__ import annotations

from penstock.store.tables.assets import AssetEventRow, AssetQueueRow, RunAssetEventRow
from penstock.store.tables.dags import DagRow, DagVersionRow, PauseRow
from penstock.store.tables.failures import FailureNoteRow, FailureRow
from penstock.store.tables.instance import (
    ImportErrorRow,
    LookRow,
    MetaRow,
    PoolRow,
    QuarantineRow,
    StoredValueRow,
)
from penstock.store.tables.points import BackfillPointRow, BackfillRow, LedgerRow
from penstock.store.tables.runs import (
    AttemptRow,
    CallbackRow,
    EdgeRow,
    QuestionRow,
    RunRow,
    SampleRow,
    TaskInstanceRow,
    XComRow,
)
from penstock.store.tables.trail import ActRow, EventRow, UndoRow

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "ActRow",
    "AssetEventRow",
    "AssetQueueRow",
    "AttemptRow",
    "BackfillPointRow",
    "BackfillRow",
    "CallbackRow",
    "DagRow",
    "DagVersionRow",
    "EdgeRow",
    "EventRow",
    "FailureNoteRow",
    "FailureRow",
    "ImportErrorRow",
    "LedgerRow",
    "LookRow",
    "MetaRow",
    "PauseRow",
    "PoolRow",
    "QuarantineRow",
    "QuestionRow",
    "RunAssetEventRow",
    "RunRow",
    "SampleRow",
    "StoredValueRow",
    "TaskInstanceRow",
    "UndoRow",
    "XComRow",
]

APPLICATION_ID = 0x50454E53
"""``PENS``: marks the file as Penstock's."""
SCHEMA_VERSION = 24
"""Kept in SQLite's user_version; each migration raises it by one."""

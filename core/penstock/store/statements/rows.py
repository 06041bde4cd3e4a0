"""The tables, by the names that statements have for them."""

from __future__ import annotations

from penstock.store import tables
from penstock.store.statement import table_of

act = table_of(tables.ActRow)
asset_event = table_of(tables.AssetEventRow)
asset_queue = table_of(tables.AssetQueueRow)
attempt = table_of(tables.AttemptRow)
backfill = table_of(tables.BackfillRow)
callback = table_of(tables.CallbackRow)
dag = table_of(tables.DagRow)
edge = table_of(tables.EdgeRow)
event = table_of(tables.EventRow)
failure = table_of(tables.FailureRow)
failure_note = table_of(tables.FailureNoteRow)
import_error = table_of(tables.ImportErrorRow)
ledger = table_of(tables.LedgerRow)
look = table_of(tables.LookRow)
meta = table_of(tables.MetaRow)
pause = table_of(tables.PauseRow)
point = table_of(tables.BackfillPointRow)
pool = table_of(tables.PoolRow)
question = table_of(tables.QuestionRow)
quarantine = table_of(tables.QuarantineRow)
run = table_of(tables.RunRow)
run_asset = table_of(tables.RunAssetEventRow)
sample = table_of(tables.SampleRow)
stored_value = table_of(tables.StoredValueRow)
task = table_of(tables.TaskInstanceRow)
undo = table_of(tables.UndoRow)
version = table_of(tables.DagVersionRow)
xcom = table_of(tables.XComRow)

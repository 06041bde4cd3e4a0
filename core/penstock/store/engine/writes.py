"""Compiled statements for what the engine writes besides states; the gate runs them with the moves."""

from __future__ import annotations

import sqlalchemy as sa

from penstock.store import tables
from penstock.store.quarantine_table import QuarantineRow
from penstock.store.statement import Statement, table_of

dag = table_of(tables.DagRow)
dag_version = table_of(tables.DagVersionRow)
import_error = table_of(tables.ImportErrorRow)
xcom = table_of(tables.XComRow)
callback = table_of(tables.CallbackRow)
pause = table_of(tables.PauseRow)
ledger = table_of(tables.LedgerRow)
backfill = table_of(tables.BackfillRow)
backfill_slot = table_of(tables.BackfillSlotRow)
pool = table_of(tables.PoolRow)
asset_event = table_of(tables.AssetEventRow)
asset_queue = table_of(tables.AssetQueueRow)
run_asset_event = table_of(tables.RunAssetEventRow)
stored_value = table_of(tables.StoredValueRow)
act = table_of(tables.ActRow)
attempt = table_of(tables.AttemptRow)
meta = table_of(tables.MetaRow)
sample = table_of(tables.SampleRow)
undo = table_of(tables.UndoRow)
quarantine = table_of(QuarantineRow)

DELETE_XCOMS = Statement(sa.delete(xcom).where(xcom.c.ti_id == sa.bindparam("b_ti_id")))
INSERT_XCOM = Statement(sa.insert(xcom))

INSERT_CALLBACK = Statement(sa.insert(callback))
UPDATE_CALLBACK = Statement(
    sa.update(callback)
    .where(callback.c.id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(name) for name in ("state", "tries", "attempt_id", "end_us", "reason")})
)
INSERT_PAUSE = Statement(sa.insert(pause))
DELETE_PAUSE = Statement(
    sa.delete(pause).where(
        pause.c.kind == sa.bindparam("b_kind"),
        pause.c.dag_id == sa.bindparam("b_dag_id"),
        pause.c.run_id == sa.bindparam("b_run_id"),
        pause.c.task_id == sa.bindparam("b_task_id"),
    )
)

INSERT_DAG = Statement(sa.insert(dag))
UPDATE_DAG = Statement(
    sa.update(dag)
    .where(dag.c.dag_id == sa.bindparam("b_dag_id"))
    .values({name: sa.bindparam(name) for name in ("file", "version_id", "missing")})
)
MOVE_CURSOR = Statement(
    sa.update(dag)
    .where(dag.c.dag_id == sa.bindparam("b_dag_id"))
    .values({name: sa.bindparam(name) for name in ("cursor_us", "cursor_start_us", "cursor_end_us")})
)
MOVE_FIRST_SEEN = Statement(
    sa.update(dag)
    .where(dag.c.dag_id == sa.bindparam("b_dag_id"))
    .values(first_seen_us=sa.bindparam("first_seen_us"))
)
MOVE_ATTEMPT = Statement(
    sa.update(attempt)
    .where(attempt.c.attempt_id == sa.bindparam("b_id"))
    .values(
        queued_us=attempt.c.queued_us + sa.bindparam("b_by_us"),
        start_us=attempt.c.start_us + sa.bindparam("b_by_us"),
    )
)
SAVE_META = Statement(sa.insert(meta).prefix_with("OR REPLACE"))
INSERT_VERSION = Statement(sa.insert(dag_version))
MEND_VERSION = Statement(
    sa.update(dag_version).where(dag_version.c.id == sa.bindparam("b_id")).values(spec=sa.bindparam("spec"))
)
DELETE_DAG = Statement(sa.delete(dag).where(dag.c.dag_id == sa.bindparam("b_dag_id")))
DELETE_IMPORT_ERROR = Statement(sa.delete(import_error).where(import_error.c.file == sa.bindparam("b_file")))
INSERT_IMPORT_ERROR = Statement(sa.insert(import_error))

INSERT_LEDGER = Statement(sa.insert(ledger))
DELETE_LEDGER = Statement(sa.delete(ledger).where(ledger.c.id == sa.bindparam("b_id")))

INSERT_BACKFILL = Statement(sa.insert(backfill))
UPDATE_BACKFILL = Statement(
    sa.update(backfill)
    .where(backfill.c.id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(name) for name in ("state", "max_active_runs", "end_us", "canary")})
)
INSERT_SLOT = Statement(sa.insert(backfill_slot))
UPDATE_SLOT = Statement(
    sa.update(backfill_slot)
    .where(backfill_slot.c.id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(name) for name in ("state", "run_id", "reason")})
)

INSERT_POOL = Statement(sa.insert(pool))
DELETE_POOL = Statement(sa.delete(pool).where(pool.c.name == sa.bindparam("b_name")))

INSERT_ASSET_EVENT = Statement(sa.insert(asset_event))
INSERT_QUEUED_ASSET = Statement(sa.insert(asset_queue))
DELETE_QUEUED_ASSET = Statement(
    sa.delete(asset_queue).where(
        asset_queue.c.dag_id == sa.bindparam("b_dag_id"), asset_queue.c.event_id == sa.bindparam("b_event_id")
    )
)
INSERT_RUN_ASSET = Statement(sa.insert(run_asset_event))

INSERT_VALUE = Statement(sa.insert(stored_value))
DELETE_VALUE = Statement(
    sa.delete(stored_value).where(
        stored_value.c.kind == sa.bindparam("b_kind"), stored_value.c.name == sa.bindparam("b_name")
    )
)

INSERT_UNDO = Statement(sa.insert(undo))
CLOSE_UNDO = Statement(
    sa.update(undo).where(undo.c.id == sa.bindparam("b_id")).values(before=sa.bindparam("before"))
)
FORGET_UNDOS = Statement(sa.delete(undo).where(undo.c.id <= sa.bindparam("b_id")))

INSERT_QUARANTINE = Statement(sa.insert(quarantine))
DELETE_QUARANTINE = Statement(sa.delete(quarantine).where(quarantine.c.id == sa.bindparam("b_id")))

INSERT_ACT = Statement(sa.insert(act))
INSERT_SAMPLE = Statement(sa.insert(sample))

"""The first schema.

Written out, not taken from the tables: those are the newest schema, this one stays as it was.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TYPES: dict[str, Any] = {
    "text": sa.String,
    "long": sa.Text,
    "int": sa.Integer,
    "big": sa.BigInteger,
    "real": sa.Float,
    "bool": sa.Boolean,
}

# Columns by table, parents first: ``name:type``, with a question mark where nothing may stand.
_COLUMNS = {
    "meta": "key:text value:text",
    "dag_version": "id:int dag_id:text spec_hash:text source_hash:text file:text spec:long created_us:big",
    "dag": "dag_id:text file:text version_id:int missing:bool first_seen_us:big cursor_us:big?"
    " cursor_start_us:big? cursor_end_us:big?",
    "import_error": "file:text message:text line:int? detail:text? since_us:big",
    "backfill": "id:int dag_id:text from_us:big to_us:big reprocess:text max_active_runs:int backwards:bool"
    " conf:text state:text by:text created_us:big end_us:big?",
    "run": "id:int dag_id:text run_id:text run_type:text state:text version:int version_id:int"
    " logical_us:big? interval_start_us:big? interval_end_us:big? run_after_us:big queued_us:big"
    " start_us:big? end_us:big? stood_us:big intent:text? reason:text? conf:text backfill_id:int? by:text?",
    "task_instance": "id:int run_pk:int task_id:text map_index:int state:text version:int try_number:int"
    " max_tries:int position:int queued_us:big? start_us:big? end_us:big? next_us:big? first_poke_us:big?"
    " stop_us:big? pokes:int intent:text? reason:text? attempt_id:text? attempts:int outcome:text?"
    " skips:text? peak_rss:big? cpu_seconds:real? read_bytes:big? write_bytes:big?",
    "attempt": "attempt_id:text ti_id:int try_number:int queued_us:big start_us:big? end_us:big? pid:int?"
    " outcome:text? log_bytes:big?",
    "xcom": "ti_id:int key:text value:text? attempt_id:text?",
    "sample": "attempt_id:text at_us:big cpu_percent:real rss:big read_bytes:big write_bytes:big"
    " processes:int",
    "pause": "kind:text dag_id:text run_id:text task_id:text by:text since_us:big why:text? until_us:big?",
    "ledger": "id:int dag_id:text first_us:big last_us:big count:int status:text reason:text? run_id:text?",
    "backfill_slot": "id:int backfill_id:int ordinal:int logical_us:big interval_start_us:big"
    " interval_end_us:big run_after_us:big state:text run_id:text? reason:text?",
    "pool": "name:text slots:int description:text?",
    "event": "seq:int at_us:big actor:text kind:text dag_id:text? run_id:text? task_id:text? map_index:int"
    " before:text? after:text? reason:text?",
    "act": "act_id:text at_us:big answer:text",
    "edge": "subject:text before:text after:text",
}
_KEYS = {
    "xcom": ("ti_id", "key"),
    "sample": ("attempt_id", "at_us"),
    "pause": ("kind", "dag_id", "run_id", "task_id"),
    "edge": ("subject", "before", "after"),
}
"""Keys of more than the first column."""
_PARENTS = {
    "dag": (("version_id", "dag_version.id", None),),
    "run": (("version_id", "dag_version.id", None), ("backfill_id", "backfill.id", None)),
    "task_instance": (("run_pk", "run.id", "CASCADE"),),
    "attempt": (("ti_id", "task_instance.id", "CASCADE"),),
    "xcom": (("ti_id", "task_instance.id", "CASCADE"),),
    "sample": (("attempt_id", "attempt.attempt_id", "CASCADE"),),
    "backfill_slot": (("backfill_id", "backfill.id", "CASCADE"),),
}
_INDEXES = (
    ("ux_dag_version", "dag_version", "dag_id spec_hash source_hash", None),
    ("ux_run_id", "run", "dag_id run_id", None),
    ("ux_run_logical_date", "run", "dag_id logical_us", "logical_us IS NOT NULL"),
    ("ix_run_after", "run", "dag_id run_after_us", None),
    ("ix_run_unfinished", "run", "state", "state IN ('queued', 'running')"),
    ("ix_run_backfill_id", "run", "backfill_id", None),
    ("ux_task_instance", "task_instance", "run_pk task_id map_index", None),
    ("ix_task_failed", "task_instance", "state end_us", "state = 'failed'"),
    ("ux_attempt_one_live", "attempt", "ti_id", "end_us IS NULL"),
    ("ix_attempt_ti", "attempt", "ti_id", None),
    ("ix_ledger", "ledger", "dag_id first_us", None),
    ("ux_backfill_active", "backfill", "dag_id", "end_us IS NULL"),
    ("ux_backfill_slot", "backfill_slot", "backfill_id ordinal", None),
    ("ix_event_run", "event", "dag_id run_id", None),
)
"""Name, table, columns, which rows. Those that begin with ``ux`` are unique."""


def upgrade() -> None:
    """Make every table, and the pool that always exists."""
    for table, columns in _COLUMNS.items():
        made = [_column(text) for text in columns.split()]
        key = _KEYS.get(table, (made[0].name,))
        parents = [
            sa.ForeignKeyConstraint([column], [parent], ondelete=ondelete)
            for column, parent, ondelete in _PARENTS.get(table, ())
        ]
        op.create_table(
            table, *made, sa.PrimaryKeyConstraint(*key), *parents, sqlite_autoincrement=table == "event"
        )
    for name, table, columns, rows in _INDEXES:
        where = None if rows is None else sa.text(rows)
        op.create_index(
            name,
            table,
            columns.split(),
            unique=name.startswith("ux"),
            sqlite_where=where,
            postgresql_where=where,
        )
    op.execute(
        "INSERT INTO pool (name, slots, description) VALUES ('default_pool', 128, 'Tasks without a pool')"
    )


def _column(text: str) -> sa.Column[Any]:
    name, kind = text.split(":")
    return sa.Column(name, _TYPES[kind.rstrip("?")](), nullable=kind.endswith("?"))

"""Runs and changes of assets may be about one partition; a change may wait for several runs of a DAG."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the columns; the queue becomes a new table, because the partition is part of its key."""
    op.add_column("run", sa.Column("partition_key", sa.String(), nullable=True))
    op.add_column("asset_event", sa.Column("partition_key", sa.String(), nullable=True))
    op.rename_table("asset_queue", "asset_queue_before")
    op.create_table(
        "asset_queue",
        sa.Column("dag_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("partition_key", sa.String(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("dag_id", "event_id", "partition_key"),
        sa.ForeignKeyConstraint(["event_id"], ["asset_event.id"], ondelete="CASCADE"),
    )
    op.execute("INSERT INTO asset_queue (dag_id, event_id) SELECT dag_id, event_id FROM asset_queue_before")
    op.drop_table("asset_queue_before")

"""Assets: what changed them, who waits for it, and which runs it made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "asset_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("aliases", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_asset_event", "asset_event", ["name", "id"])
    op.create_table(
        "asset_queue",
        sa.Column("dag_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dag_id", "event_id"),
        sa.ForeignKeyConstraint(["event_id"], ["asset_event.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "run_asset_event",
        sa.Column("run_pk", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_pk", "event_id"),
        sa.ForeignKeyConstraint(["run_pk"], ["run.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["asset_event.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_run_asset_event", "run_asset_event", ["event_id"])

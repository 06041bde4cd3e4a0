"""Callbacks that are due, and how they ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "callback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_pk", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String()),
        sa.Column("map_index", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.String()),
        sa.Column("end_us", sa.BigInteger()),
        sa.Column("reason", sa.String()),
        sa.ForeignKeyConstraint(["run_pk"], ["run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_callback_run", "callback", ["run_pk"])
    unfinished = sa.text("state IN ('waiting', 'running')")
    op.create_index("ix_callback_open", "callback", ["state"], sqlite_where=unfinished)

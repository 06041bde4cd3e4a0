"""What operators gained: going before the others, repeating a run, taking an act back, canaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add columns where nothing need stand, and the table of acts that may be taken back."""
    op.add_column("run", sa.Column("rush", sa.String()))
    op.add_column("run", sa.Column("rerun_of", sa.String()))
    op.add_column("run", sa.Column("stands_for_us", sa.BigInteger()))
    where = sa.text("rerun_of IS NOT NULL")
    op.create_index("ix_run_rerun", "run", ["dag_id", "rerun_of"], sqlite_where=where, postgresql_where=where)
    op.add_column("task_instance", sa.Column("rush", sa.String()))
    op.add_column("backfill", sa.Column("canary", sa.String()))
    op.add_column("backfill", sa.Column("stop_after", sa.Integer()))
    op.create_table(
        "undo",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("dag_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
    )

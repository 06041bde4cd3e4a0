"""A span of skipped points keeps the schedule that made them; a point says whether clocks moved it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two columns; spans of before are read by the DAG's present schedule."""
    with op.batch_alter_table("ledger", recreate="always") as batch:
        batch.add_column(sa.Column("moved", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("schedule", sa.String()))
    with op.batch_alter_table("ledger", recreate="always") as batch:
        batch.alter_column("moved", server_default=None)

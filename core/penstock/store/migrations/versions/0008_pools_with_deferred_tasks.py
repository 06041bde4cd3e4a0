"""A pool may count deferred task instances too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; pools of before do not count them."""
    with op.batch_alter_table("pool", recreate="always") as batch:
        batch.add_column(
            sa.Column("include_deferred", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("pool", recreate="always") as batch:
        batch.alter_column("include_deferred", server_default=None)

"""A pause of all DAGs is remembered, so that exactly what it stopped can be resumed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column; no pause so far was one of all."""
    op.add_column("pause", sa.Column("together", sa.Boolean(), nullable=False, server_default=sa.text("0")))

"""A record of the ledger knows when it was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; of older records nobody knows."""
    op.add_column("ledger", sa.Column("at_us", sa.BigInteger()))

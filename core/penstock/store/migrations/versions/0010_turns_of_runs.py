"""A run keeps its first start and what it worked, however often it is cleared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns; of older runs the last turn is all that is known."""
    op.add_column("run", sa.Column("turn_us", sa.BigInteger()))
    op.add_column("run", sa.Column("worked_us", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE run SET turn_us = start_us WHERE state = 'running'")
    op.execute(
        "UPDATE run SET worked_us = MAX(0, end_us - start_us)"
        " WHERE end_us IS NOT NULL AND start_us IS NOT NULL"
    )

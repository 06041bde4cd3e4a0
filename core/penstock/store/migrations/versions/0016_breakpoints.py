"""A breakpoint is a pause that a run gets to at some time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column; no pause so far was a breakpoint."""
    op.add_column("pause", sa.Column("reached_us", sa.BigInteger(), nullable=True))

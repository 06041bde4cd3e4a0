"""An attempt knows which executor runs it, and which worker took it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the two columns; null is the engine's own machine."""
    op.add_column("attempt", sa.Column("executor", sa.String(), nullable=True))
    op.add_column("attempt", sa.Column("worker", sa.String(), nullable=True))

"""A task instance knows the attempt that deferred, and when the try began that it belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the two columns."""
    op.add_column("task_instance", sa.Column("resumes", sa.String(), nullable=True))
    op.add_column("task_instance", sa.Column("began_us", sa.BigInteger(), nullable=True))

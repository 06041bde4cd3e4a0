"""Mapped task instances: the length of what a task returned, and what an instance calls itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the two columns."""
    op.add_column("task_instance", sa.Column("mapped_length", sa.Integer(), nullable=True))
    op.add_column("task_instance", sa.Column("rendered_map_index", sa.String(), nullable=True))

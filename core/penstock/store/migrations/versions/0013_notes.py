"""Notes about runs are found without reading the whole trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_event_note", "event", ["dag_id", "run_id"], sqlite_where=sa.text("kind = 'note'"))

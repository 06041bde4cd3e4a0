"""Runs of all DAGs are listed newest first, a page at a time."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_run_newest", "run", ["run_after_us"])

"""Changes of each asset are counted, and the newest found, from an index alone."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the index with the URI in it."""
    op.drop_index("ix_asset_event", "asset_event")
    op.create_index("ix_asset_event", "asset_event", ["name", "uri", "id"])

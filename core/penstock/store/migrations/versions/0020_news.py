"""What happened while somebody was away is found from indexes, however long the history is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_NEWS = (
    "actor <> 'engine' OR kind IN ('dag_new', 'dag_changed', 'dag_missing', 'dag_back', 'import_error',"
    " 'pause_schedule', 'pause_freeze', 'pause_run', 'pause_task', 'pause_before', 'pause_after',"
    " 'unpause', 'unfreeze', 'release', 'breakpoint_clear', 'pause_lifted', 'engine_start', 'engine_stop',"
    " 'deadline_missed')"
)


def upgrade() -> None:
    """Make the indexes: of events that are news, and of points that were skipped or ran late."""
    op.create_index("ix_event_news", "event", ["seq"], sqlite_where=sa.text(_NEWS))
    op.create_index(
        "ix_ledger_missed", "ledger", ["at_us"], sqlite_where=sa.text("status IN ('skipped', 'ran_late')")
    )

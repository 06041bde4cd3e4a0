"""When runs ended or failed, how large logs are, the events of a DAG: from indexes, not from every row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_run_end", "run", ["end_us"])
    op.create_index("ix_run_failed", "run", ["state", "end_us"], sqlite_where=sa.text("state = 'failed'"))
    op.create_index("ix_attempt_logs", "attempt", ["log_bytes"], sqlite_where=sa.text("log_bytes > 0"))
    op.create_index("ix_callback_attempt", "callback", ["attempt_id"])
    op.create_index("ix_event_dag", "event", ["dag_id"])

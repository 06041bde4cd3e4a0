"""What tasks ask people, and the answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the table, and the index of what waits for an answer."""
    op.create_table(
        "question",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.attempt_id"], ondelete="CASCADE"),
    )
    op.create_index("ix_question_open", "question", ["asked_us"], sqlite_where=sa.text("reply IS NULL"))

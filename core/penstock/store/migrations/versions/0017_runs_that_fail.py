"""A failure may be a run's, without a task instance that failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_COPY = """
INSERT INTO failure (id, ti_id, attempt_id, try_number, at_us, fingerprint, line)
SELECT id, ti_id, attempt_id, try_number, at_us, fingerprint, line FROM failure_before
"""
_SEQUENCE = (
    "DELETE FROM sqlite_sequence WHERE name = 'failure'",
    (
        "INSERT INTO sqlite_sequence (name, seq)"
        " SELECT 'failure', seq FROM sqlite_sequence WHERE name = 'failure_before'"
    ),
)
"""No number is given twice, or what was acknowledged up to one would hide failures to come."""


def upgrade() -> None:
    """Make the table again: SQLite cannot let a column be empty that could not be. Numbers stay."""
    for name in ("ix_failure_ti", "ix_failure_fingerprint"):
        op.drop_index(name, "failure")
    op.rename_table("failure", "failure_before")
    op.create_table(
        "failure",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column("ti_id", sa.Integer(), sa.ForeignKey("task_instance.id", ondelete="CASCADE")),
        sa.Column("run_pk", sa.Integer(), sa.ForeignKey("run.id", ondelete="CASCADE")),
        sa.Column("attempt_id", sa.String()),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.execute(_COPY)
    for statement in _SEQUENCE:
        op.execute(statement)
    op.drop_table("failure_before")
    op.create_index("ix_failure_ti", "failure", ["ti_id"])
    op.create_index("ix_failure_run", "failure", ["run_pk"])
    op.create_index("ix_failure_fingerprint", "failure", ["fingerprint"])

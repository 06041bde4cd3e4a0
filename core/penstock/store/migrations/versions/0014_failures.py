"""Failures are kept with the line that says why, so that those of all runs can be grouped."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from alembic import op

from penstock.model.error_line import error_line
from penstock.model.fingerprint import fingerprint
from penstock.model.outcome import Outcome

revision = "0014"
down_revision = "0013"

_FAILED = sa.text(
    "SELECT id, attempt_id, try_number, end_us, outcome, reason FROM task_instance"
    " WHERE state = 'failed' AND attempt_id IS NOT NULL ORDER BY end_us, id"
)


def upgrade() -> None:
    """Make the tables; of older failures the outcome is all that is known, because logs are not read here."""
    failure = op.create_table(
        "failure",
        sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
        sa.Column(
            "ti_id", sa.Integer(), sa.ForeignKey("task_instance.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("attempt_id", sa.String()),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_failure_ti", "failure", ["ti_id"])
    op.create_index("ix_failure_fingerprint", "failure", ["fingerprint"])
    op.create_table(
        "failure_note",
        sa.Column("fingerprint", sa.String(), primary_key=True, nullable=False),
        sa.Column("kind", sa.String(), primary_key=True, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String()),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("until_us", sa.BigInteger()),
    )
    op.create_table(
        "look",
        sa.Column("person", sa.String(), primary_key=True, nullable=False),
        sa.Column("place", sa.String(), primary_key=True, nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
    )
    rows = []
    for row in op.get_bind().execute(_FAILED):
        line = _line(row.outcome, row.reason)
        rows.append(
            {
                "ti_id": row.id,
                "attempt_id": row.attempt_id,
                "try_number": row.try_number,
                "at_us": row.end_us or 0,
                "fingerprint": fingerprint(line),
                "line": line,
            }
        )
    if rows:
        op.bulk_insert(failure, rows)


def _line(outcome: object, reason: object) -> str:
    try:
        return error_line(msgspec.json.decode(str(outcome), type=Outcome), b"")
    except msgspec.MsgspecError:
        return str(reason or "failed")

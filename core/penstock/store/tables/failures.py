"""Failures by cause, and what people said of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel


class FailureRow(SQLModel, table=True):
    """One failure of a task instance that no retry was left for, or of a run without such a task instance.

    It is about one of ``ti_id`` and ``run_pk``. Its number grows with each failure. It is open as long as the
    task instance is ``failed`` with the same attempt, or the run ``failed`` with the same end.
    """

    __tablename__ = "failure"
    __table_args__ = (
        Index("ix_failure_ti", "ti_id"),
        Index("ix_failure_run", "run_pk"),
        Index("ix_failure_fingerprint", "fingerprint"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    ti_id: int | None = Field(default=None, foreign_key="task_instance.id", ondelete="CASCADE")
    run_pk: int | None = Field(default=None, foreign_key="run.id", ondelete="CASCADE")
    attempt_id: str | None = None
    try_number: int
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    fingerprint: str
    line: str


class FailureNoteRow(SQLModel, table=True):
    """What somebody said about all failures with one fingerprint.

    ``kind``: ``acknowledged`` counts for those up to the number ``upto``, ``snoozed`` for all until
    ``until_us``.
    """

    __tablename__ = "failure_note"
    fingerprint: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    by: str
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    why: str | None = None
    upto: int = 0
    until_us: int | None = Field(default=None, sa_column=Column(BigInteger))

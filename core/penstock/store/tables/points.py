"""Schedule points: what happened to each, and backfills."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field, SQLModel


class LedgerRow(SQLModel, table=True):
    """One record of the missed-point ledger: a point, or a span of adjacent skips with one reason."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index("ix_ledger", "dag_id", "first_us"),
        Index("ix_ledger_missed", "at_us", sqlite_where=text("status IN ('skipped', 'ran_late')")),
    )
    id: int | None = Field(default=None, primary_key=True)
    dag_id: str
    first_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    count: int = 1
    status: str
    reason: str | None = None
    run_id: str | None = None
    moved: bool = False
    """Whether a clock change (DST) moved the point."""
    schedule: str | None = None
    """For a span: JSON of the schedule that made its points."""
    at_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When it was written; null in records from before that was kept."""


class BackfillRow(SQLModel, table=True):
    """One backfill."""

    __tablename__ = "backfill"
    __table_args__ = (
        Index(
            "ux_backfill_active",
            "dag_id",
            unique=True,
            sqlite_where=text("end_us IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    dag_id: str
    from_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    to_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    reprocess: str
    max_active_runs: int
    backwards: bool
    conf: str = "{}"
    state: str
    by: str
    created_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    end_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    canary: str | None = None
    """``waiting`` until the first point has ended, then ``passed`` or ``failed``."""
    stop_after: int | None = None
    """After so many failed points nothing more is started."""


class BackfillPointRow(SQLModel, table=True):
    """One schedule point of a backfill, in the order in which it runs."""

    __tablename__ = "backfill_slot"
    __table_args__ = (Index("ux_backfill_slot", "backfill_id", "ordinal", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    backfill_id: int = Field(foreign_key="backfill.id", ondelete="CASCADE")
    ordinal: int
    logical_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    interval_start_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    interval_end_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    run_after_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: str
    run_id: str | None = None
    reason: str | None = None

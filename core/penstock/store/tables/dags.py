"""DAGs: their versions, and what pauses them and their runs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlmodel import Field, SQLModel


class DagRow(SQLModel, table=True):
    """A DAG ever seen. ``missing``: no file makes it any more."""

    __tablename__ = "dag"
    dag_id: str = Field(primary_key=True)
    file: str
    version_id: int = Field(foreign_key="dag_version.id")
    missing: bool = False
    first_seen_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    cursor_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """run_after of the last settled schedule point; later ones are open."""
    cursor_start_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Data interval of that point, from which the next is computed."""
    cursor_end_us: int | None = Field(default=None, sa_column=Column(BigInteger))


class DagVersionRow(SQLModel, table=True):
    """One version of a DAG; runs are pinned to it."""

    __tablename__ = "dag_version"
    __table_args__ = (Index("ux_dag_version", "dag_id", "spec_hash", "source_hash", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    dag_id: str
    spec_hash: str
    source_hash: str
    file: str
    spec: str = Field(sa_column=Column(Text, nullable=False))
    created_us: int = Field(sa_column=Column(BigInteger, nullable=False))


class PauseRow(SQLModel, table=True):
    """One pause in force: kind ``schedule``, ``freeze``, ``run`` or ``task``; or a breakpoint.

    A breakpoint has the kind ``before`` or ``after``, and no run if it is for the next run.
    """

    __tablename__ = "pause"
    kind: str = Field(primary_key=True)
    dag_id: str = Field(primary_key=True)
    run_id: str = Field(default="", primary_key=True)
    task_id: str = Field(default="", primary_key=True)
    by: str
    since_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    why: str | None = None
    until_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    together: bool = Field(default=False, sa_column_kwargs={"server_default": text("0")})
    """Whether it was made by a pause of all DAGs, and by nothing since."""
    reached_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Of a breakpoint: since when the run has stopped there."""

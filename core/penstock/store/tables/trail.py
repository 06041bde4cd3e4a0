"""The event trail, and acts with what is needed to undo them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Text, text
from sqlmodel import Field, SQLModel

NEWS = (
    "actor <> 'engine' OR kind IN ('dag_new', 'dag_changed', 'dag_missing', 'dag_back', 'import_error',"
    " 'pause_schedule', 'pause_freeze', 'pause_run', 'pause_task', 'pause_before', 'pause_after',"
    " 'unpause', 'unfreeze', 'release', 'breakpoint_clear', 'pause_lifted', 'engine_start', 'engine_stop',"
    " 'deadline_missed')"
)
"""The condition of events that are news to people: acts, and what `penstock.model.digest` tells about.

Only with exactly these words SQLite uses the index; transitions of runs and tasks are not in it.
"""


class EventRow(SQLModel, table=True):
    """The append-only trail: one row per transition and per act."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_run", "dag_id", "run_id"),
        Index("ix_event_dag", "dag_id"),
        Index("ix_event_note", "dag_id", "run_id", sqlite_where=text("kind = 'note'")),
        Index("ix_event_news", "seq", sqlite_where=text(NEWS)),
        {"sqlite_autoincrement": True},
    )
    seq: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    actor: str
    kind: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    before: str | None = None
    after: str | None = None
    reason: str | None = None


class ActRow(SQLModel, table=True):
    """An act that was carried out, with its first answer: asking twice acts once."""

    __tablename__ = "act"
    act_id: str = Field(primary_key=True)
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    answer: str


class UndoRow(SQLModel, table=True):
    """A clear, retry or mark, with the state before (JSON); empty once it was undone."""

    __tablename__ = "undo"
    id: int | None = Field(default=None, primary_key=True)
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    by: str
    act: str
    title: str
    dag_id: str
    run_id: str
    before: str = Field(sa_column=Column(Text, nullable=False))

"""The table of what is in quarantine."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel


class QuarantineRow(SQLModel, table=True):
    """What the engine leaves out because it makes ticks fail, or cannot be read.

    ``kind``: run, dag, order, row. ``place`` is where in the code it failed.
    """

    __tablename__ = "quarantine"
    id: str = Field(primary_key=True)
    kind: str
    dag_id: str | None = None
    run_id: str | None = None
    reason: str
    place: str = ""
    since_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    retry_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When it is tried again automatically; null: it waits for an operator."""
    version: str | None = None
    """For a DAG: the hashes of the version that failed. Another version is tried."""
    act: str | None = None
    """For an order that was an act: its JSON."""

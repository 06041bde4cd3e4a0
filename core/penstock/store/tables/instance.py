"""The instance as a whole: its format, files that cannot be loaded, pools, values, what is left alone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class MetaRow(SQLModel, table=True):
    """Facts about the instance: ``epoch``, ``engine_pid``, ``engine_since``."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class ImportErrorRow(SQLModel, table=True):
    """A DAG file's current error."""

    __tablename__ = "import_error"
    file: str = Field(primary_key=True)
    message: str
    line: int | None = None
    detail: str | None = None
    since_us: int = Field(sa_column=Column(BigInteger, nullable=False))


class PoolRow(SQLModel, table=True):
    """A pool. ``default_pool`` always exists."""

    __tablename__ = "pool"
    name: str = Field(primary_key=True)
    slots: int
    description: str | None = None
    include_deferred: bool = False
    """Whether deferred task instances hold slots too."""


class StoredValueRow(SQLModel, table=True):
    """A variable or connection that somebody set; ``entry`` is JSON as `penstock.values` says."""

    __tablename__ = "stored_value"
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    entry: str = Field(sa_column=Column(Text, nullable=False))
    description: str | None = None
    updated_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    by: str


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


class LookRow(SQLModel, table=True):
    """How far a person has seen a list that grows: the number of its newest row at the last look."""

    __tablename__ = "look"
    person: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    upto: int
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))

"""Assets: their changes, and which runs those start."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Text
from sqlmodel import Field, SQLModel


class AssetEventRow(SQLModel, table=True):
    """One change of an asset. ``source`` is JSON: the task that made it, or {} if a person did."""

    __tablename__ = "asset_event"
    __table_args__ = (Index("ix_asset_event", "name", "uri", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    at_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    name: str
    uri: str
    extra: str = Field(sa_column=Column(Text, nullable=False))
    aliases: str = "[]"
    source: str = "{}"
    by: str
    partition_key: str | None = None
    """Which partition of the asset has changed."""


class AssetQueueRow(SQLModel, table=True):
    """An asset event that has not had a run of the DAG yet; ``partition_key`` is of the run, "" for none."""

    __tablename__ = "asset_queue"
    dag_id: str = Field(primary_key=True)
    event_id: int = Field(primary_key=True, foreign_key="asset_event.id", ondelete="CASCADE")
    partition_key: str = Field(
        default="", sa_column=Column(String, primary_key=True, nullable=False, server_default="")
    )


class RunAssetEventRow(SQLModel, table=True):
    """An asset event that made a run."""

    __tablename__ = "run_asset_event"
    __table_args__ = (Index("ix_run_asset_event", "event_id"),)
    run_pk: int = Field(primary_key=True, foreign_key="run.id", ondelete="CASCADE")
    event_id: int = Field(primary_key=True, foreign_key="asset_event.id", ondelete="CASCADE")

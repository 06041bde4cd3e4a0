"""Runs and what belongs to them: task instances, attempts and what those left."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Text, text
from sqlmodel import Field, SQLModel


class RunRow(SQLModel, table=True):
    """One run."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ux_run_id", "dag_id", "run_id", unique=True),
        Index(
            "ux_run_logical_date",
            "dag_id",
            "logical_us",
            unique=True,
            sqlite_where=text("logical_us IS NOT NULL"),
        ),
        Index("ix_run_after", "dag_id", "run_after_us"),
        Index("ix_run_newest", "run_after_us"),
        Index("ix_run_end", "end_us"),
        Index("ix_run_failed", "state", "end_us", sqlite_where=text("state = 'failed'")),
        Index(
            "ix_run_unfinished",
            "state",
            sqlite_where=text("state IN ('queued', 'running')"),
        ),
        Index(
            "ix_run_rerun",
            "dag_id",
            "rerun_of",
            sqlite_where=text("rerun_of IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    dag_id: str
    run_id: str
    run_type: str
    state: str
    version: int = 1
    version_id: int = Field(foreign_key="dag_version.id")
    logical_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    interval_start_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    interval_end_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    run_after_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    queued_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    start_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    end_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    stood_us: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """How long the run stood still while frozen or held: its timeout does not count it."""
    intent: str | None = None
    """``cancel`` or ``fail`` while its processes are being killed."""
    reason: str | None = None
    conf: str = "{}"
    backfill_id: int | None = Field(default=None, foreign_key="backfill.id", index=True)
    by: str | None = None
    rush: str | None = None
    """``next`` or ``now``: an operator wants it started before the others, or whatever the limits say."""
    rerun_of: str | None = None
    """The run that this one repeats, perhaps with other params."""
    stands_for_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """The date of the run that it repeats: the logical date for its tasks."""
    turn_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When this turn began: a clear or retry gives it another turn."""
    worked_us: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    """How long it ran in the turns that have ended."""
    partition_key: str | None = None
    """The partition that it is about, if its DAG has partitions."""


class TaskInstanceRow(SQLModel, table=True):
    """One task instance of a run."""

    __tablename__ = "task_instance"
    __table_args__ = (
        Index("ux_task_instance", "run_pk", "task_id", "map_index", unique=True),
        Index("ix_task_failed", "state", "end_us", sqlite_where=text("state = 'failed'")),
    )
    id: int | None = Field(default=None, primary_key=True)
    run_pk: int = Field(foreign_key="run.id", ondelete="CASCADE")
    task_id: str
    map_index: int = -1
    state: str = "pending"
    version: int = 1
    try_number: int = 0
    max_tries: int = 1
    position: int = 0
    """Place in the topological order."""
    queued_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    start_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    end_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    next_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When a retry or the next poke is due."""
    first_poke_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Since when a sensor waits: its timeout counts from here."""
    stop_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When SIGKILL follows, for a task that is stopping."""
    pokes: int = 0
    intent: str | None = None
    """What a stopping task becomes once it is dead: a `TaskEvent` such as ``cancel`` or ``mark_success``."""
    reason: str | None = None
    attempt_id: str | None = None
    """The newest attempt."""
    attempts: int = 0
    outcome: str | None = None
    """JSON of the last attempt's outcome."""
    skips: str | None = None
    """JSON list of task ids that this branch or short circuit ruled out."""
    peak_rss: int | None = Field(default=None, sa_column=Column(BigInteger))
    cpu_seconds: float | None = None
    read_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    write_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    rush: str | None = None
    """``next`` or ``now``, until its next launch."""
    mapped_length: int | None = None
    """Length of what it returned, if others are mapped over it."""
    rendered_map_index: str | None = None
    """The label of a mapped instance."""
    resumes: str | None = None
    """The attempt that deferred, from which the newest or the next one goes on."""
    began_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    """When this try began, of a task that deferred: its execution_timeout counts from here."""


class AttemptRow(SQLModel, table=True):
    """One launch. Live while ``end_us`` is null."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index(
            "ux_attempt_one_live",
            "ti_id",
            unique=True,
            sqlite_where=text("end_us IS NULL"),
        ),
        Index("ix_attempt_ti", "ti_id"),
        Index("ix_attempt_logs", "log_bytes", sqlite_where=text("log_bytes > 0")),
    )
    attempt_id: str = Field(primary_key=True)
    ti_id: int = Field(foreign_key="task_instance.id", ondelete="CASCADE")
    try_number: int
    queued_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    start_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    end_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    pid: int | None = None
    outcome: str | None = None
    log_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    executor: str | None = None
    """The executor that runs it; null for the engine's own machine."""
    worker: str | None = None
    """The worker that took it."""


class XComRow(SQLModel, table=True):
    """One value pushed by a task instance; ``value`` is null if it stays in the attempt directory."""

    __tablename__ = "xcom"
    ti_id: int = Field(foreign_key="task_instance.id", primary_key=True, ondelete="CASCADE")
    key: str = Field(primary_key=True)
    value: str | None = None
    attempt_id: str | None = None


class QuestionRow(SQLModel, table=True):
    """What an attempt asked a person before it deferred, and the answer.

    ``question`` is JSON of `model.questions.Question`, ``reply`` of `Reply`. It waits for an answer while its
    task instance is deferred in this attempt and ``reply`` is null.
    """

    __tablename__ = "question"
    __table_args__ = (Index("ix_question_open", "asked_us", sqlite_where=text("reply IS NULL")),)
    attempt_id: str = Field(primary_key=True, foreign_key="attempt.attempt_id", ondelete="CASCADE")
    asked_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    question: str = Field(sa_column=Column(Text, nullable=False))
    reply: str | None = Field(default=None, sa_column=Column(Text))


class CallbackRow(SQLModel, table=True):
    """One delivery of the author's callbacks: written with its event, carried out afterwards.

    ``state``: waiting, running, done, failed. ``kind`` is ``task_failure``, ``run_success``,
    ``deadline:0`` and the like; ``facts`` the JSON that the process gets.
    """

    __tablename__ = "callback"
    __table_args__ = (
        Index("ix_callback_run", "run_pk"),
        Index("ix_callback_attempt", "attempt_id"),
        Index(
            "ix_callback_open",
            "state",
            sqlite_where=text("state IN ('waiting', 'running')"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    run_pk: int = Field(foreign_key="run.id", ondelete="CASCADE")
    task_id: str | None = None
    map_index: int = -1
    kind: str
    facts: str = Field(sa_column=Column(Text, nullable=False))
    created_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: str = "waiting"
    tries: int = 0
    attempt_id: str | None = None
    end_us: int | None = Field(default=None, sa_column=Column(BigInteger))
    reason: str | None = None


class SampleRow(SQLModel, table=True):
    """Resources of one attempt at one moment. Bytes and CPU are totals since the attempt's start."""

    __tablename__ = "sample"
    attempt_id: str = Field(primary_key=True, foreign_key="attempt.attempt_id", ondelete="CASCADE")
    at_us: int = Field(sa_column=Column(BigInteger, primary_key=True))
    cpu_percent: float
    rss: int = Field(sa_column=Column(BigInteger, nullable=False))
    read_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    write_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    processes: int


class EdgeRow(SQLModel, table=True):
    """Legal moves, filled from `penstock.model.transitions`; the triggers use it."""

    __tablename__ = "edge"
    subject: str = Field(primary_key=True)
    before: str = Field(sa_column=Column(String, primary_key=True))
    after: str = Field(sa_column=Column(String, primary_key=True))

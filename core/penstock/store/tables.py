"""The tables. Times are whole microseconds since 1970 UTC, JSON is text.

SQLModel declares them; statements elsewhere are Core over ``<Table>.__table__``, because the ORM costs
ten times a statement where it runs for every task.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Text, text
from sqlmodel import Field, SQLModel

APPLICATION_ID = 0x50454E53
"""``PENS``: marks the file as Penstock's."""
SCHEMA_VERSION = 18
"""Kept in SQLite's user_version; each migration raises it by one."""


class MetaRow(SQLModel, table=True):
    """Facts about the instance: ``epoch``, ``engine_pid``, ``engine_since``."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


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


class ImportErrorRow(SQLModel, table=True):
    """A DAG file's current error."""

    __tablename__ = "import_error"
    file: str = Field(primary_key=True)
    message: str
    line: int | None = None
    detail: str | None = None
    since_us: int = Field(sa_column=Column(BigInteger, nullable=False))


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


class XComRow(SQLModel, table=True):
    """One value pushed by a task instance; ``value`` is null if it stays in the attempt directory."""

    __tablename__ = "xcom"
    ti_id: int = Field(foreign_key="task_instance.id", primary_key=True, ondelete="CASCADE")
    key: str = Field(primary_key=True)
    value: str | None = None
    attempt_id: str | None = None


class CallbackRow(SQLModel, table=True):
    """One delivery of the author's callbacks: written with its event, carried out afterwards.

    ``state``: waiting, running, done, failed. ``kind`` is ``task_failure``, ``run_success``,
    ``deadline:0`` and the like; ``facts`` the JSON that the process gets.
    """

    __tablename__ = "callback"
    __table_args__ = (
        Index("ix_callback_run", "run_pk"),
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


class LedgerRow(SQLModel, table=True):
    """One record of the missed-point ledger: a point, or a span of adjacent skips with one reason."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger", "dag_id", "first_us"),)
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


class AssetQueueRow(SQLModel, table=True):
    """An asset event that has not had a run of the DAG yet."""

    __tablename__ = "asset_queue"
    dag_id: str = Field(primary_key=True)
    event_id: int = Field(primary_key=True, foreign_key="asset_event.id", ondelete="CASCADE")


class RunAssetEventRow(SQLModel, table=True):
    """An asset event that made a run."""

    __tablename__ = "run_asset_event"
    __table_args__ = (Index("ix_run_asset_event", "event_id"),)
    run_pk: int = Field(primary_key=True, foreign_key="run.id", ondelete="CASCADE")
    event_id: int = Field(primary_key=True, foreign_key="asset_event.id", ondelete="CASCADE")


class EventRow(SQLModel, table=True):
    """The append-only trail: one row per transition and per act."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_run", "dag_id", "run_id"),
        Index("ix_event_note", "dag_id", "run_id", sqlite_where=text("kind = 'note'")),
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

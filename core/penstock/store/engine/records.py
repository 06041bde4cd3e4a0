"""The engine's working copies of rows: scheduling reads them, and gives them to the gate to write.

Only the engine uses them; many are changed in place. Times are microseconds since 1970 UTC, as in the
tables; field names are column names. How each kind is written is in `record_kinds`. Only the gate
(`gate.Gate`) changes ``state`` and ``version`` of runs and tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.ids import instance_key
from penstock.model.backfills import (
    BACKFILL_POINTS,
    BACKFILLS,
    BackfillPointState,
    BackfillState,
    Canary,
    Reprocess,
)
from penstock.model.callbacks import CALLBACKS, CallbackState
from penstock.model.pauses import BREAKPOINTS, PauseKind
from penstock.model.points import PointState
from penstock.model.rush import Rush
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.subject import SubjectKind

PauseKey = tuple[PauseKind, str, str, str]
"""What a pause is about: its kind, DAG, run and task; "" for none."""


@dataclass(slots=True)
class TaskRecord:
    """One task instance."""

    id: int
    run_pk: int
    task_id: str
    map_index: int
    state: TaskState
    version: int
    try_number: int
    max_tries: int
    position: int
    queued_us: int | None = None
    start_us: int | None = None
    end_us: int | None = None
    next_us: int | None = None
    first_poke_us: int | None = None
    stop_us: int | None = None
    pokes: int = 0
    intent: str | None = None
    reason: str | None = None
    attempt_id: str | None = None
    attempts: int = 0
    outcome: str | None = None
    skips: str | None = None
    peak_rss: int | None = None
    cpu_seconds: float | None = None
    read_bytes: int | None = None
    write_bytes: int | None = None
    rush: Rush | None = None
    mapped_length: int | None = None
    rendered_map_index: str | None = None
    resumes: str | None = None
    began_us: int | None = None

    @property
    def key(self) -> str:
        """Its key within its run: ``task``, or ``task[3]`` if mapped."""
        return instance_key(self.task_id, self.map_index)


@dataclass(slots=True)
class RunRecord:
    """One run."""

    id: int
    dag_id: str
    run_id: str
    run_type: RunType
    state: RunState
    version: int
    version_id: int
    logical_us: int | None
    interval_start_us: int | None
    interval_end_us: int | None
    run_after_us: int
    queued_us: int
    start_us: int | None = None
    end_us: int | None = None
    stood_us: int = 0
    turn_us: int | None = None
    worked_us: int = 0
    intent: str | None = None
    reason: str | None = None
    conf: str = "{}"
    backfill_id: int | None = None
    by: str | None = None
    rush: Rush | None = None
    rerun_of: str | None = None
    stands_for_us: int | None = None
    partition_key: str | None = None

    def end_turn(self, now_us: int) -> None:
        """Add the current turn, if there is one, to the time worked."""
        if self.turn_us is not None:
            self.worked_us += max(0, now_us - self.turn_us)
            self.turn_us = None

    @property
    def date_us(self) -> int | None:
        """The logical date for the run's tasks: its own, or that of the run it repeats."""
        return self.logical_us if self.logical_us is not None else self.stands_for_us


@dataclass(frozen=True, slots=True)
class DagRecord:
    """A DAG: which version is current, and how far its schedule is settled."""

    dag_id: str
    file: str
    version_id: int
    missing: bool
    first_seen_us: int
    cursor_us: int | None
    cursor_start_us: int | None
    cursor_end_us: int | None


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A version of a DAG as it is stored; ``spec`` is JSON. When read it becomes a `Structure`."""

    id: int
    dag_id: str
    spec_hash: str
    source_hash: str
    file: str
    spec: str
    created_us: int


@dataclass(frozen=True, slots=True)
class ImportErrorRecord:
    """The first problem of a DAG file, with its line and traceback if known."""

    file: str
    message: str
    line: int | None
    detail: str | None
    since_us: int


@dataclass(frozen=True, slots=True)
class XComRecord:
    """One value that an attempt pushed, as JSON; None if it is too large for the database."""

    ti_id: int
    key: str
    value: str | None
    attempt_id: str


@dataclass(slots=True)
class QuestionRecord:
    """What an attempt asked a person; ``question`` and ``reply`` are JSON; see `tables.QuestionRow`."""

    attempt_id: str
    asked_us: int
    question: str
    reply: str | None = None


@dataclass(slots=True)
class CallbackRecord:
    """One delivery of callbacks that is not done. ``facts`` is JSON; see `tables.CallbackRow`."""

    id: int
    run_pk: int
    task_id: str | None
    map_index: int
    kind: str
    facts: str
    created_us: int
    state: CallbackState = CallbackState.WAITING
    tries: int = 0
    attempt_id: str | None = None
    end_us: int | None = None
    reason: str | None = None

    def become(self, state: CallbackState) -> None:
        """Change to *state*; raise `IllegalMoveError` if that may not follow the current one."""
        self.state = CALLBACKS.become(self.state, state)


@dataclass(slots=True)
class PauseRecord:
    """One pause in force."""

    kind: PauseKind
    dag_id: str
    run_id: str
    task_id: str
    by: str
    since_us: int
    why: str | None = None
    until_us: int | None = None
    together: bool = False
    """Made by a pause of all DAGs."""
    reached_us: int | None = None
    """Of a breakpoint: since when the run has stopped there."""

    @property
    def key(self) -> PauseKey:
        """What it pauses."""
        return (self.kind, self.dag_id, self.run_id, self.task_id)

    @property
    def stops_since_us(self) -> int | None:
        """Since when it holds something back; None for a breakpoint that its run has not got to."""
        return self.reached_us if self.kind in BREAKPOINTS else self.since_us


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """One pool."""

    name: str
    slots: int
    description: str | None = None
    include_deferred: bool = False


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """One run, DAG, order or row that is left out; see `tables.QuarantineRow`."""

    id: str
    kind: SubjectKind
    dag_id: str | None
    run_id: str | None
    reason: str
    place: str
    since_us: int
    retry_us: int | None = None
    version: str | None = None
    act: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One record of the missed-point ledger: a point, or a span of adjacent skips with one reason."""

    id: int
    """0 until the record is written: the database numbers it."""
    dag_id: str
    first_us: int
    last_us: int
    count: int
    status: PointState
    reason: str | None
    run_id: str | None
    moved: bool = False
    """Whether a clock change (DST) moved the point."""
    schedule: str | None = None
    """For a span: its schedule, as `penstock.timetable.recorded` writes it."""


@dataclass(slots=True)
class BackfillRecord:
    """One backfill."""

    id: int
    dag_id: str
    from_us: int
    to_us: int
    reprocess: Reprocess
    max_active_runs: int
    backwards: bool
    conf: str
    state: BackfillState
    by: str
    created_us: int
    canary: Canary | None = None
    stop_after: int | None = None
    end_us: int | None = None

    def become(self, state: BackfillState) -> None:
        """Change to *state*; raise `IllegalMoveError` if that may not follow the current one."""
        self.state = BACKFILLS.become(self.state, state)


@dataclass(slots=True)
class BackfillPointRecord:
    """One schedule point of a backfill."""

    id: int
    backfill_id: int
    ordinal: int
    logical_us: int
    interval_start_us: int
    interval_end_us: int
    run_after_us: int
    state: BackfillPointState
    run_id: str | None = None
    reason: str | None = None

    def become(self, state: BackfillPointState) -> None:
        """Change to *state*; raise `IllegalMoveError` if that may not follow the current one."""
        self.state = BACKFILL_POINTS.become(self.state, state)


@dataclass(frozen=True, slots=True)
class ValueRecord:
    """A variable or connection (``kind``) of the store; ``entry`` is JSON."""

    kind: str
    name: str
    entry: str
    description: str | None
    updated_us: int
    by: str

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name."""
        return (self.kind, self.name)


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """A clear, retry or mark. ``before`` is JSON of the state before; empty once the act was undone."""

    id: int
    at_us: int
    by: str
    act: str
    title: str
    dag_id: str
    run_id: str
    before: str


@dataclass(frozen=True, slots=True)
class AssetEventRecord:
    """One change of an asset."""

    id: int
    at_us: int
    name: str
    uri: str
    extra: dict[str, Any]
    aliases: tuple[str, ...]
    source: dict[str, Any]
    """The task that made it: dag_id, run_id, task_id, map_index and the run's dates; {} if a person did."""
    by: str
    partition_key: str | None = None
    """Which partition of it has changed."""


@dataclass(frozen=True, slots=True)
class QueuedAssetRecord:
    """An asset event that a DAG has had no run for yet.

    ``partition_key`` is that of the run; "" if the DAG has no partitions.
    """

    dag_id: str
    event_id: int
    partition_key: str = ""


@dataclass(frozen=True, slots=True)
class RunAssetRecord:
    """An asset event that made a run."""

    run_pk: int
    event_id: int


@dataclass(frozen=True, slots=True)
class ActRecord:
    """An act that was carried out; ``answer`` is JSON of `views.Done`."""

    act_id: str
    at_us: int
    answer: str


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """What an attempt used at one time; read and written bytes are totals, memory is the current value."""

    attempt_id: str
    at_us: int
    cpu_percent: float
    rss: int
    read_bytes: int
    write_bytes: int
    processes: int


TRIGGERER = "triggerer"
"""The key of the attempt that runs triggers; absent while there is none."""
EVENT_HORIZON = "events_from_us"
"""The key of the time before which events may be deleted. A guard of the database has it as a literal."""
CLOCK = "clock"
"""The key of the difference between wall clock and steady clock."""


@dataclass(frozen=True, slots=True)
class MetaRecord:
    """A fact about the database as a whole, by name."""

    key: str
    value: str


class EventRecord(NamedTuple):
    """An event as it is written: the columns of its table, without the number that it gets."""

    at_us: int
    actor: str
    kind: str
    dag_id: str | None
    run_id: str | None
    task_id: str | None
    map_index: int
    before: str | None
    after: str | None
    reason: str | None

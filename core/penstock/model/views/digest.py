"""Views of what happened while a person was away."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from penstock.ids import instance_key
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.views.failures import FailureGroup
from penstock.model.views.view import View


def brief(seconds: float) -> str:
    """Return a duration in its two largest units: ``42s``, ``4m 10s``, ``3h 5m``, ``2d 3h``."""
    whole = round(seconds)
    for large, small, size, names in ((86400, 3600, 24, "dh"), (3600, 60, 60, "hm"), (60, 1, 60, "ms")):
        if whole >= large:
            rest = whole // small % size
            return f"{whole // large}{names[0]}" + (f" {rest}{names[1]}" if rest else "")
    return f"{whole}s"


class Recovered(View, frozen=True, kw_only=True):
    """A task that failed, and succeeded afterwards: again in its run, or in a later run of its DAG."""

    dag_id: str
    task_id: str
    failed_run_id: str
    failed: datetime
    """When it failed the last time before that."""
    line: str
    run_id: str
    at: datetime
    """When it was green again."""

    @property
    def same_run(self) -> bool:
        """Whether it was run again where it had failed."""
        return self.run_id == self.failed_run_id


class LateKind(StrEnum):
    """What a run was late against."""

    DEADLINE = "deadline"
    """A deadline that its DAG declares."""
    END = "end"
    """It ended later after it was due than 95 % of the runs do, or has not ended by then."""
    START = "start"
    """It was created more than a minute after it was due."""


class LateRun(View, frozen=True, kw_only=True):
    """A run that was late."""

    kind: LateKind
    dag_id: str
    run_id: str
    at: datetime
    """When it was known to be late."""
    seconds: float | None = None
    """By how much so far; None for a deadline, whose reason says it."""
    usual: float | None = None
    """Of an end: the seconds after it was due within which 95 % of the runs end."""
    ended: bool = True
    reason: str | None = None

    def words(self) -> str:
        """Return how it was late."""
        if self.kind is LateKind.DEADLINE:
            return self.reason or "it missed its deadline"
        by = brief(self.seconds or 0.0)
        if self.kind is LateKind.START:
            return f"started {by} late"
        usual = brief(self.usual or 0.0)
        verb = "ended" if self.ended else "has not ended,"
        return f"{verb} {by} later than usual ({usual} after it was due)"


class SlowTask(View, frozen=True, kw_only=True):
    """A task instance that took at least a minute more than 95 % of the task's other successes."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    at: datetime
    """When it ended; now if it still runs."""
    seconds: float
    p95: float
    """The seconds that 95 % of the others took at most."""
    ended: bool = True

    def words(self) -> str:
        """Return how slow it was."""
        name = instance_key(self.task_id, self.map_index)
        verb = "took" if self.ended else "has been running for"
        return f"{name} {verb} {brief(self.seconds)}: 95 % of its runs take {brief(self.p95)} at most"


class SkippedPoints(View, frozen=True, kw_only=True):
    """Adjacent schedule points that have no run, and why."""

    dag_id: str
    first: datetime
    last: datetime
    count: int
    reason: str | None
    at: datetime


class ActDone(View, frozen=True, kw_only=True):
    """What a person asked for, as its plan was called; ``undone`` by whom, None if it was not."""

    seq: int
    at: datetime
    actor: str
    act: str
    title: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    undone: str | None = None


class PauseMoved(View, frozen=True, kw_only=True):
    """A pause that was set or lifted; by ``engine`` if it set or lifted it itself."""

    seq: int
    at: datetime
    actor: str
    kind: PauseKind
    lifted: bool
    dag_id: str
    run_id: str | None = None
    task_id: str | None = None
    why: str | None = None

    def words(self) -> str:
        """Return what was paused or resumed."""
        term = PAUSES[self.kind]
        place = " ".join(filter(None, (self.dag_id, self.run_id, self.task_id)))
        return f"{term.lift_verb if self.lifted else term.pause_verb} {place}"


class FileMove(StrEnum):
    """What happened to a DAG file or to a DAG of it."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    BACK = "back"
    BROKEN = "broken"


class FileMoved(View, frozen=True, kw_only=True):
    """A DAG that is new, changed, gone or back (``text`` is its file), or a file that cannot be loaded."""

    seq: int
    at: datetime
    what: FileMove
    dag_id: str | None
    text: str


class EngineStart(View, frozen=True, kw_only=True):
    """A start of the engine, and the time without one before it."""

    seq: int
    at: datetime
    since: datetime | None
    """When the engine before it was last heard; None for the first."""
    stopped: bool
    """Whether that one was stopped; else it was killed, or its machine went down."""

    @property
    def seconds(self) -> float:
        """How long there was no engine at most."""
        return 0.0 if self.since is None else max(0.0, (self.at - self.since).total_seconds())

    def words(self) -> str:
        """Return what came before it."""
        if self.since is None:
            return "started for the first time"
        if self.stopped:
            return f"started, after {brief(self.seconds)} without one"
        return f"started; the one before was not stopped, and was last heard {brief(self.seconds)} earlier"


class Digest(View, frozen=True, kw_only=True):
    """What happened from ``since`` to ``until``: in each part the newest first, and no more than asked for.

    ``counts`` says how many there are in each part.
    """

    since: datetime
    until: datetime
    looked: datetime | None
    """When who asks looked last; None if never."""
    failed: tuple[FailureGroup, ...] = ()
    """By cause, as in Triage, dealt with or not."""
    recovered: tuple[Recovered, ...] = ()
    late: tuple[LateRun, ...] = ()
    slow: tuple[SlowTask, ...] = ()
    """The slowest first."""
    skipped: tuple[SkippedPoints, ...] = ()
    acts: tuple[ActDone, ...] = ()
    pauses: tuple[PauseMoved, ...] = ()
    files: tuple[FileMoved, ...] = ()
    engine: tuple[EngineStart, ...] = ()
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    own: int = 0
    """How many of the acts and pauses are of who asks."""
    seen_failures: int = 0
    """The number of the newest failure before ``since``: those above it are new."""
    upto: int = 0
    """The number of the newest event, to remember with a look."""
    newest_failure: int = 0

    @property
    def news(self) -> int:
        """How much there is that who asks did not do."""
        return sum(self.counts.values()) - self.own
